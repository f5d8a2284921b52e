//! A cursor over network-order fields. Reading past the end gives `None` and moves nothing.

/// The rest of a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct BytesReader<'a>(&'a [u8]);

impl<'a> BytesReader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        self.0
    }

    pub(super) fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(head)
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        self.take(2)?.try_into().ok().map(u16::from_be_bytes)
    }

    pub(super) fn u24(&mut self) -> Option<u32> {
        let [a, b, c] = self.take(3)?.try_into().ok()?;
        Some(u32::from_be_bytes([0, a, b, c]))
    }

    /// A field whose length stands before it in one byte.
    pub(super) fn block8(&mut self) -> Option<Self> {
        let n = self.u8()?;
        self.take(n.into()).map(Self)
    }

    /// A field whose length stands before it in two bytes.
    pub(super) fn block16(&mut self) -> Option<Self> {
        let n = self.u16()?;
        self.take(n.into()).map(Self)
    }

    /// A field whose length stands before it in three bytes.
    pub(super) fn block24(&mut self) -> Option<Self> {
        let n = self.u24()?;
        self.take(n as usize).map(Self)
    }

    /// The rest as 16-bit numbers; an odd last byte is left out.
    pub(super) fn u16s(&mut self) -> Vec<u16> {
        std::iter::from_fn(|| self.u16()).collect()
    }
}
