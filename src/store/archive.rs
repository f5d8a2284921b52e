//! Reading a session back.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::Path;

use bytes::Bytes;
use rusqlite::{Connection as Database, OptionalExtension as _, Row, params};
use serde::de::DeserializeOwned;

use super::schema::{StoreError, fold_in, open};
use crate::model::{
    CertDer, Connection, ConnectionId, Exchange, ExchangeId, Fingerprint, Message, Note, Report, RowId,
};

/// A session file, open for reading.
pub struct Archive {
    database: Database,
    path: std::path::PathBuf,
    /// Certificates that were read, so that each is in memory once.
    certificates: RefCell<HashMap<Fingerprint, Bytes>>,
}

/// So many certificates are remembered.
const CERTIFICATES: usize = 20_000;

/// An exchange with whether it is the first on its connection.
#[derive(Clone, Debug)]
pub struct ExchangeRow {
    /// The exchange, with its bodies.
    pub exchange: Exchange,
    /// Whether none on the same connection came before it.
    pub is_first: bool,
}

impl Archive {
    /// Opens a session that nobody writes any more; what a killed process left beside it is folded
    /// in first.
    ///
    /// # Errors
    /// [`StoreError`] when it is none.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let database = open(path)?;
        fold_in(&database);
        Ok(Self { database, path: path.to_owned(), certificates: RefCell::default() })
    }

    /// Opens a session that is being written.
    ///
    /// # Errors
    /// [`StoreError`] when it is none.
    pub fn attach(path: &Path) -> Result<Self, StoreError> {
        Ok(Self { database: open(path)?, path: path.to_owned(), certificates: RefCell::default() })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Something that is known of the whole session.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read.
    pub fn meta(&self, key: &str) -> Result<Option<String>, StoreError> {
        let value = self.database.query_row("SELECT value FROM meta WHERE key = ?1", [key], |row| row.get(0));
        value.optional().map_err(StoreError::database(&self.path))
    }

    /// How many connections and exchanges there are.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read.
    pub fn counts(&self) -> Result<(u64, u64), StoreError> {
        let query = "SELECT (SELECT count(*) FROM connections), (SELECT count(*) FROM exchanges)";
        let counts = self.database.query_row(query, [], |row| Ok((row.get(0)?, row.get(1)?)));
        counts.map_err(StoreError::database(&self.path))
    }

    /// Hands over every connection with its report and revision, in the order of their ids.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read, or what `each` returns.
    pub fn each_connection<E: From<StoreError>>(
        &self,
        mut each: impl FnMut(Connection, Option<Report>, u32) -> Result<(), E>,
    ) -> Result<(), E> {
        let query = "SELECT record, report, revision FROM connections ORDER BY id";
        self.each(
            query,
            params![],
            |row| {
                let (record, report): (String, Option<String>) = (row.get(0)?, row.get(1)?);
                Ok((record, report, row.get(2)?))
            },
            |(record, report, revision): (String, Option<String>, u32)| {
                let Some(connection) = self.read_connection(&record) else { return Ok(()) };
                each(connection, report.and_then(|report| self.read_report(&report)), revision)
            },
        )
    }

    /// One connection.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read.
    pub fn connection(&self, id: ConnectionId) -> Result<Option<(Connection, Option<Report>)>, StoreError> {
        let query = "SELECT record, report FROM connections WHERE id = ?1";
        let row = self
            .database
            .query_row(query, [id.0], |row| Ok((row.get::<_, String>(0)?, row.get::<_, Option<String>>(1)?)));
        let row = row.optional().map_err(StoreError::database(&self.path))?;
        Ok(row.and_then(|(record, report)| {
            Some((self.read_connection(&record)?, report.and_then(|report| self.read_report(&report))))
        }))
    }

    /// Hands over every exchange with its bodies, in the order of their ids.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read, or what `each` returns.
    pub fn each_exchange<E: From<StoreError>>(
        &self,
        mut each: impl FnMut(ExchangeRow) -> Result<(), E>,
    ) -> Result<(), E> {
        let query = "SELECT record, request_body, response_body, id = (SELECT min(id) FROM exchanges AS other \
                     WHERE other.connection = exchanges.connection) FROM exchanges ORDER BY id";
        self.each(
            query,
            params![],
            |row| Ok((read_exchange(row)?, row.get::<_, bool>(3)?)),
            |(exchange, is_first)| match exchange {
                Some(exchange) => each(ExchangeRow { exchange, is_first }),
                None => Ok(()),
            },
        )
    }

    /// Hands over every exchange without its bodies, in the order of their ids.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read, or what `each` returns.
    pub fn each_exchange_record<E: From<StoreError>>(
        &self,
        mut each: impl FnMut(Exchange) -> Result<(), E>,
    ) -> Result<(), E> {
        let query = "SELECT record FROM exchanges ORDER BY id";
        self.each(query, params![], |row| row.get::<_, String>(0), |record| read(&record).map_or(Ok(()), &mut each))
    }

    /// One exchange with its bodies.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read.
    pub fn exchange(&self, id: ExchangeId) -> Result<Option<Exchange>, StoreError> {
        let query = "SELECT record, request_body, response_body FROM exchanges WHERE id = ?1";
        let row = self.database.query_row(query, [id.0], read_exchange).optional();
        row.map(Option::flatten).map_err(StoreError::database(&self.path))
    }

    /// The messages of an exchange, in their order.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read.
    pub fn messages_of(&self, id: ExchangeId) -> Result<Vec<Message>, StoreError> {
        self.messages("SELECT record FROM messages WHERE exchange = ?1 ORDER BY id", id.0)
    }

    /// The messages of a connection that were part of no exchange, in their order.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read.
    pub fn raw_messages_of(&self, id: ConnectionId) -> Result<Vec<Message>, StoreError> {
        self.messages("SELECT record FROM messages WHERE connection = ?1 AND exchange IS NULL ORDER BY id", id.0)
    }

    /// The newest messages of a row, in their order.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read.
    pub fn newest_messages(&self, row: RowId, count: usize) -> Result<Vec<Message>, StoreError> {
        let (of, id) = match row {
            RowId::Exchange(id) => ("exchange = ?1", id.0),
            RowId::Connection(id) => ("connection = ?1 AND exchange IS NULL", id.0),
        };
        let query = format!("SELECT record FROM messages WHERE {of} ORDER BY id DESC LIMIT {count}");
        let mut messages = self.messages(&query, id)?;
        messages.reverse();
        Ok(messages)
    }

    /// Hands over the exchanges behind `after` with their bodies, in the order of their ids, until
    /// `each` says that it is enough.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read.
    pub fn exchanges_after(
        &self,
        after: ExchangeId,
        mut each: impl FnMut(Exchange) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let query = "SELECT record, request_body, response_body FROM exchanges WHERE id > ?1 ORDER BY id";
        let mut statement = self.database.prepare_cached(query).map_err(StoreError::database(&self.path))?;
        let mut rows = statement.query([after.0]).map_err(StoreError::database(&self.path))?;
        while let Some(row) = rows.next().map_err(StoreError::database(&self.path))? {
            let exchange = read_exchange(row).map_err(StoreError::database(&self.path))?;
            if exchange.is_some_and(|exchange| each(exchange).is_break()) {
                break;
            }
        }
        Ok(())
    }

    /// What a person says of rows. A session of before there were notes has none.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read.
    pub fn notes(&self) -> Result<Vec<(RowId, Note)>, StoreError> {
        let exists = "SELECT count(*) FROM sqlite_master WHERE name = 'notes'";
        let exists = self.database.query_row(exists, [], |row| row.get::<_, bool>(0));
        if !exists.map_err(StoreError::database(&self.path))? {
            return Ok(Vec::new());
        }
        let mut notes = Vec::new();
        let read_note = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
        self.each(
            "SELECT kind, id, record FROM notes",
            params![],
            read_note,
            |(kind, id, record): (String, u64, String)| {
                let row = match kind.as_str() {
                    "exchange" => RowId::Exchange(ExchangeId(id)),
                    _ => RowId::Connection(ConnectionId(id)),
                };
                notes.extend(read(&record).map(|note| (row, note)));
                Ok::<_, StoreError>(())
            },
        )?;
        Ok(notes)
    }

    fn messages(&self, query: &str, id: u64) -> Result<Vec<Message>, StoreError> {
        let mut found = Vec::new();
        let read_record = |row: &Row<'_>| row.get::<_, String>(0);
        self.each(query, params![id], read_record, |record| {
            found.extend(read::<Message>(&record));
            Ok::<_, StoreError>(())
        })?;
        Ok(found)
    }

    fn each<T, E: From<StoreError>>(
        &self,
        query: &str,
        params: impl rusqlite::Params,
        read: impl Fn(&Row<'_>) -> rusqlite::Result<T>,
        mut each: impl FnMut(T) -> Result<(), E>,
    ) -> Result<(), E> {
        let failed = |source| E::from(StoreError::Database { path: self.path.clone(), source });
        let mut statement = self.database.prepare_cached(query).map_err(failed)?;
        let mut rows = statement.query(params).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            each(read(row).map_err(failed)?)?;
        }
        Ok(())
    }

    fn read_connection(&self, record: &str) -> Option<Connection> {
        let mut connection: Connection = read(record)?;
        for der in &mut connection.upstream.sent {
            self.fill_in(der);
        }
        Some(connection)
    }

    fn read_report(&self, record: &str) -> Option<Report> {
        let mut report: Report = read(record)?;
        for (der, _) in &mut report.found {
            self.fill_in(der);
        }
        Some(report)
    }

    /// Certificates are kept once; a record names them.
    fn fill_in(&self, der: &mut CertDer) {
        if let Some(known) = self.certificates.borrow().get(&der.sha256) {
            der.der = known.clone();
            return;
        }
        let query = "SELECT der FROM certificates WHERE sha256 = ?1";
        let statement = self.database.prepare_cached(query);
        let bytes =
            statement.and_then(|mut found| found.query_row([&der.sha256.0[..]], |row| row.get::<_, Vec<u8>>(0)));
        if let Ok(bytes) = bytes {
            der.der = bytes.into();
            let mut known = self.certificates.borrow_mut();
            if known.len() < CERTIFICATES {
                known.insert(der.sha256, der.der.clone());
            }
        }
    }
}

/// A record that cannot be read is passed over: the rest of the session is worth more.
fn read<T: DeserializeOwned>(record: &str) -> Option<T> {
    serde_json::from_str(record).ok()
}

fn read_exchange(row: &Row<'_>) -> rusqlite::Result<Option<Exchange>> {
    let record: String = row.get(0)?;
    let Some(mut exchange) = read::<Exchange>(&record) else { return Ok(None) };
    let body = |at: usize| row.get::<_, Option<Vec<u8>>>(at).map(|bytes| bytes.map(Bytes::from).unwrap_or_default());
    exchange.request_body.kept = body(1)?;
    if let Some(response) = &mut exchange.response {
        response.body.kept = body(2)?;
    }
    Ok(Some(exchange))
}

#[cfg(test)]
mod tests;
