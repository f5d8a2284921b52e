//! A session that was kept, read back from its file.

use std::sync::Arc;

use super::book::{Book, Detail, Limits};
use crate::model::{Connection, Report, RowId};
use crate::store::{Archive, StoreError};

/// So many exchanges are read between two words of progress.
const STEP: u64 = 10_000;

/// The rows of a session, in the order in which things happened, with what a person said of them. Tells
/// now and then how many exchanges it has read.
///
/// # Errors
/// [`StoreError`] when the file cannot be read.
pub fn read_book(archive: &Archive, mut told: impl FnMut(u64)) -> Result<Book, StoreError> {
    let mut connections = Vec::new();
    archive.each_connection(|connection, report, _| {
        connections.push((connection, report));
        Ok::<_, StoreError>(())
    })?;
    let mut read = 0;
    let mut book = Book::new(Limits::default());
    let mut connections = connections.into_iter().peekable();
    archive.each_exchange_record(|exchange| {
        while let Some((connection, report)) = connections.next_if(|(c, _)| c.opened <= exchange.started) {
            fold_connection(&mut book, connection, report);
        }
        book.fold_record(&exchange);
        read += 1;
        if read % STEP == 0 {
            told(read);
        }
        Ok::<_, StoreError>(())
    })?;
    for (connection, report) in connections {
        fold_connection(&mut book, connection, report);
    }
    archive.notes()?.into_iter().for_each(|(row, note)| book.fold_note(row, note));
    book.forget_details();
    Ok(book)
}

fn fold_connection(book: &mut Book, connection: Connection, report: Option<Report>) {
    let id = connection.id;
    book.fold_connection(Arc::new(connection));
    if let Some(report) = report {
        book.fold_report(id, Arc::new(report));
    }
}

/// So many messages of a row are read, the newest.
const MESSAGES: usize = 2_000;

/// Everything about a row; `None` when it is not in the file.
///
/// # Errors
/// [`StoreError`] when the file cannot be read.
pub fn read_detail(archive: &Archive, id: RowId) -> Result<Option<Detail>, StoreError> {
    let messages = archive.newest_messages(id, MESSAGES)?;
    let (connection, exchange) = match id {
        RowId::Connection(id) => (id, None),
        RowId::Exchange(id) => {
            let Some(exchange) = archive.exchange(id)? else { return Ok(None) };
            (exchange.connection, Some(Arc::new(exchange)))
        }
    };
    let Some((connection, report)) = archive.connection(connection)? else { return Ok(None) };
    Ok(Some(Detail {
        connection: Arc::new(connection),
        report: report.map(Arc::new),
        exchange,
        messages: messages.into_iter().map(Arc::new).collect(),
    }))
}
