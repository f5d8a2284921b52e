//! The tables, and opening a file that has them.

use std::fs::OpenOptions;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::files::open_private;

/// "tlsc": says that the file is one of ours.
const APPLICATION_ID: i32 = 0x746c_7363;

/// The version of the tables.
const VERSION: i32 = 2;

const TABLES: &str = "
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE certificates (sha256 BLOB PRIMARY KEY, der BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE connections (id INTEGER PRIMARY KEY, revision INTEGER NOT NULL, record TEXT NOT NULL, report TEXT);
CREATE TABLE exchanges (
    id INTEGER PRIMARY KEY, connection INTEGER NOT NULL, record TEXT NOT NULL, request_body BLOB, response_body BLOB
);
CREATE INDEX exchanges_of ON exchanges (connection);
CREATE TABLE messages (
    id INTEGER PRIMARY KEY, connection INTEGER NOT NULL, exchange INTEGER, record TEXT NOT NULL
);
CREATE INDEX messages_of_exchange ON messages (exchange) WHERE exchange IS NOT NULL;
CREATE INDEX messages_of_connection ON messages (connection);
";

/// What version 2 brought: marks and notes, on exchanges or on connections without one.
const NOTES: &str = "
CREATE TABLE IF NOT EXISTS notes (
    kind TEXT NOT NULL, id INTEGER NOT NULL, record TEXT NOT NULL, PRIMARY KEY (kind, id)
) WITHOUT ROWID;
";

/// Why a session file is of no use.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file system said no.
    #[error("cannot {what} the session file {}: {source}", path.display())]
    File {
        /// What was tried.
        what: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// There is a file already.
    #[error("{} is there already; choose another name{}", path.display(), if *ours { ", or look at it with `tlscope open`" } else { "" })]
    Exists {
        /// Which one.
        path: PathBuf,
        /// Whether it is a session of tlscope's.
        ours: bool,
    },
    /// It is no session.
    #[error("{} is no session of tlscope's", path.display())]
    Foreign {
        /// Which one.
        path: PathBuf,
    },
    /// It is of a later version.
    #[error("{} was written by a newer tlscope (format {found}; this one reads up to {VERSION})", path.display())]
    Newer {
        /// Which one.
        path: PathBuf,
        /// Its version.
        found: i32,
    },
    /// SQLite said no.
    #[error("the session file {}: {source}", path.display())]
    Database {
        /// Which one.
        path: PathBuf,
        /// Why not.
        source: rusqlite::Error,
    },
}

impl StoreError {
    pub(super) fn database(path: &Path) -> impl FnOnce(rusqlite::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Database { path, source }
    }
}

/// Makes a new session file.
pub(super) fn create(path: &Path) -> Result<Connection, StoreError> {
    make_file(path)?;
    let connection = Connection::open(path).map_err(StoreError::database(path))?;
    let set_up = || -> rusqlite::Result<()> {
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // A commit survives the process without reaching the platters.
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        // What is thrown away is overwritten, not only forgotten.
        connection.pragma_update(None, "secure_delete", "ON")?;
        connection.pragma_update(None, "application_id", APPLICATION_ID)?;
        connection.execute_batch(TABLES)?;
        connection.execute_batch(NOTES)?;
        connection.pragma_update(None, "user_version", VERSION)
    };
    set_up().map_err(StoreError::database(path))?;
    Ok(connection)
}

/// The file with its mode, before SQLite writes a byte of it.
fn make_file(path: &Path) -> Result<(), StoreError> {
    match open_private(path, OpenOptions::new().write(true).create_new(true)) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Err(StoreError::Exists { path: path.to_owned(), ours: open(path).is_ok() })
        }
        Err(source) => Err(StoreError::File { what: "create", path: path.to_owned(), source }),
    }
}

/// Opens a session that is there, and folds in what a killed process left beside it.
pub(super) fn open(path: &Path) -> Result<Connection, StoreError> {
    let unreadable = |source| StoreError::File { what: "read", path: path.to_owned(), source };
    std::fs::metadata(path).map_err(unreadable)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let read_only = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).or_else(|_| Connection::open_with_flags(path, read_only));
    let connection = connection.map_err(StoreError::database(path))?;
    let number = |pragma: &str| connection.pragma_query_value(None, pragma, |row| row.get::<_, i32>(0));
    match number("application_id") {
        Ok(APPLICATION_ID) => {}
        Ok(_) => return Err(StoreError::Foreign { path: path.to_owned() }),
        Err(rusqlite::Error::SqliteFailure(failure, _)) if failure.code == rusqlite::ErrorCode::NotADatabase => {
            return Err(StoreError::Foreign { path: path.to_owned() });
        }
        Err(source) => return Err(StoreError::Database { path: path.to_owned(), source }),
    }
    match number("user_version") {
        Ok(found) if found > VERSION => return Err(StoreError::Newer { path: path.to_owned(), found }),
        // An older one that may not be written has no notes, and that is that.
        Ok(1) => drop(migrate(&connection)),
        Ok(_) => {}
        Err(source) => return Err(StoreError::Database { path: path.to_owned(), source }),
    }
    let _ = connection.busy_timeout(Duration::from_secs(2));
    Ok(connection)
}

fn migrate(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(NOTES)?;
    connection.pragma_update(None, "user_version", VERSION)
}

/// Folds the write-ahead log in, so that the session is one file. Does nothing where somebody else
/// is writing, or the file may not be written.
pub(super) fn fold_in(connection: &Connection) {
    let _ = connection.busy_timeout(Duration::from_millis(100));
    let _ = connection.pragma_update(None, "wal_checkpoint", "TRUNCATE");
    let _ = connection.pragma_update(None, "journal_mode", "DELETE");
    let _ = connection.busy_timeout(Duration::from_secs(2));
}
