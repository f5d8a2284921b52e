//! The detail of the selected row: taken from the book or asked for, and laid out.

use std::sync::Arc;

use ratatui::text::Line;

use super::effect::{Effect, Layout};
use super::panes::Pane;
use super::style::Look;
use crate::model::{Exchange, RowId};
use crate::session::{Book, Detail};

/// A record of more bytes is laid out by others: the keys must not wait for it.
const MUCH: usize = 16 << 10;

/// The detail, laid out.
#[derive(Default)]
pub(super) struct Laid {
    /// The row.
    pub(super) id: Option<RowId>,
    pub(super) detail: Option<Arc<Detail>>,
    pub(super) lines: Vec<Line<'static>>,
    /// What the lines are for.
    layout: Option<Layout>,
    /// What others are at.
    asked: Option<Layout>,
    /// Whether the row is neither in memory nor in the file.
    pub(super) is_gone: bool,
    /// Whether the session file was asked for the row.
    is_asked_for: bool,
    record: u64,
}

impl Laid {
    /// To another row. Whether it is another.
    pub(super) fn turn_to(&mut self, id: Option<RowId>) -> bool {
        if id == self.id {
            return false;
        }
        *self = Self { id, record: self.record + 1, ..Self::default() };
        true
    }

    /// Takes the record from the book, or wants it from the session file.
    pub(super) fn look_at(&mut self, book: &Book) -> Option<Effect> {
        let id = self.id?;
        if let Some(detail) = book.detail(id) {
            if self.detail.as_ref().is_none_or(|known| is_other(known, &detail)) {
                self.take(detail);
            }
            return None;
        }
        (self.detail.is_none() && !std::mem::replace(&mut self.is_asked_for, true)).then_some(Effect::Load(id))
    }

    fn take(&mut self, detail: Detail) {
        self.record += 1;
        self.detail = Some(Arc::new(detail));
    }

    /// The session file has answered.
    pub(super) fn loaded(&mut self, id: RowId, detail: Option<Detail>) {
        if self.id != Some(id) || self.detail.is_some() {
            return;
        }
        self.is_gone = detail.is_none();
        if let Some(detail) = detail {
            self.take(detail);
        }
    }

    /// Lays out what is little; has others lay out what is much, one layout at a time, and keeps the old
    /// lines meanwhile.
    pub(super) fn lay_out(&mut self, pane: Pane, look: Look, columns: usize) -> Option<Effect> {
        let detail = self.detail.clone()?;
        let layout = Layout { pane, columns, look, record: self.record };
        if self.layout == Some(layout) {
            return None;
        }
        if weight(pane, &detail) <= MUCH {
            self.lines = pane.lines(&detail, look, columns);
            self.layout = Some(layout);
            self.asked = None;
            return None;
        }
        if self.layout.is_none_or(|known| known.pane != pane) {
            self.lines = vec![Line::from(Look::dim("laying out …"))];
        }
        if self.asked.is_some_and(|asked| asked.is_as_good_as(layout)) {
            return None;
        }
        self.asked = Some(layout);
        Some(Effect::LayOut(detail, layout))
    }

    /// Others have laid out what was asked, or an earlier state of it, which is better than none.
    pub(super) fn laid_out(&mut self, layout: Layout, lines: Vec<Line<'static>>) {
        if self.asked == Some(layout) {
            self.asked = None;
            self.lines = lines;
            self.layout = Some(layout);
        }
    }
}

/// What a pane reads of the record, in bytes.
fn weight(pane: Pane, detail: &Detail) -> usize {
    let exchange = detail.exchange.as_deref();
    let said = || detail.messages.iter().map(|message| message.kept.len()).sum::<usize>();
    match pane {
        Pane::Findings | Pane::Handshake | Pane::Timing => 0,
        Pane::Chain => detail.connection.upstream.sent.iter().map(|der| der.der.len()).sum(),
        Pane::Request => exchange.map_or(0, |own| own.request_head.raw.len() + own.request_body.kept.len()) + said(),
        Pane::Response => exchange.map_or(0, Exchange::weight) + said(),
    }
}

/// Whether the record has changed since it was laid out.
fn is_other(known: &Detail, new: &Detail) -> bool {
    fn same<T>(known: Option<&Arc<T>>, new: Option<&Arc<T>>) -> bool {
        known.map(Arc::as_ptr) == new.map(Arc::as_ptr)
    }
    !(Arc::ptr_eq(&known.connection, &new.connection)
        && same(known.report.as_ref(), new.report.as_ref())
        && same(known.exchange.as_ref(), new.exchange.as_ref())
        && known.messages.len() == new.messages.len()
        && same(known.messages.last(), new.messages.last()))
}
