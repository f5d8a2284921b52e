//! Laying one set of options over another.

/// Options of which each may be absent.
pub(super) trait Layer {
    /// These, and where one is absent, that of `below`.
    #[must_use]
    fn over(self, below: Self) -> Self;
}

impl<T> Layer for Option<T> {
    fn over(self, below: Self) -> Self {
        self.or(below)
    }
}

/// A list is one value: it replaces the one below, it does not add to it.
impl<T> Layer for Vec<T> {
    fn over(self, below: Self) -> Self {
        if self.is_empty() { below } else { self }
    }
}

impl<K, V> Layer for std::collections::BTreeMap<K, V> {
    fn over(self, below: Self) -> Self {
        if self.is_empty() { below } else { self }
    }
}

/// Derives [`Layer`] field by field.
macro_rules! layered {
    ($($name:ident { $($field:ident),* $(,)? })*) => {
        $(impl $crate::config::layer::Layer for $name {
            fn over(self, below: Self) -> Self {
                Self { $($field: self.$field.over(below.$field)),* }
            }
        })*
    };
}

pub(super) use layered;
