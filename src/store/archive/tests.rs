use std::fs;
use std::sync::Arc;

use super::super::{Item, Kept, Writer};
use super::*;
use crate::model::{Direction, Facts, Finding, FindingId, Head, MessageKind, Provenance, Response, Timestamp};

fn connection(id: u64) -> Connection {
    let mut connection = Connection::new(ConnectionId(id), Timestamp::from_unix(1), "127.0.0.1:1".parse().unwrap());
    connection.upstream.sent = vec![CertDer::new(b"leaf".to_vec()), CertDer::new(b"issuer".to_vec())];
    connection.findings =
        vec![Finding::new(FindingId::PinSuspected, Facts::new().with("host", "a.test").with("times", 3i64))];
    connection
}

fn report() -> Report {
    Report { found: vec![(CertDer::new(b"anchor".to_vec()), Provenance::Anchor)], ..Report::default() }
}

fn exchange(id: u64, connection: u64, body: usize) -> Exchange {
    let text = serde_json::json!({
        "id": id, "connection": connection, "started": "2026-11-21T00:00:00.000Z", "method": "GET", "url": "https://a.test/",
        "request_head": {"version": "HTTP/1.1", "raw": ""}, "request_body": {"seen": 0, "end": null, "trailers": []},
        "informational": [], "response": null, "timing": {"sent_ms": null, "answered_ms": null, "finished_ms": 1.5},
        "changed": [], "error": null, "messages": 0,
    });
    let mut exchange: Exchange = serde_json::from_value(text).unwrap();
    let mut response = Response { status: 200, head: Head::default(), ..Response::default() };
    response.body.kept = vec![b'x'; body].into();
    response.body.seen = body as u64;
    exchange.response = Some(response);
    exchange
}

fn message(exchange: Option<u64>) -> Message {
    Message {
        connection: ConnectionId(1),
        exchange: exchange.map(ExchangeId),
        at: Timestamp::from_unix(2),
        direction: Direction::Up,
        kind: MessageKind::Text,
        kept: Bytes::from_static(b"hello"),
        seen: 5,
    }
}

#[test]
fn what_is_written_is_read_back() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.tlscope");
    let writer = Writer::create(&path, 1 << 20, &[("tlscope", "0.1.0".to_owned())]).unwrap();
    let earlier = Item::Connection(
        Arc::new(Connection::new(ConnectionId(1), Timestamp::from_unix(1), "127.0.0.1:1".parse().unwrap())),
        None,
        1,
    );
    for item in [
        earlier,
        Item::Connection(Arc::new(connection(1)), Some(Arc::new(report())), 2),
        Item::Exchange(Arc::new(exchange(1, 1, 10))),
        Item::Exchange(Arc::new(exchange(2, 1, 0))),
        Item::Message(Arc::new(message(Some(2)))),
        Item::Message(Arc::new(message(None))),
    ] {
        assert_eq!(writer.offer(item), Kept::Whole);
    }
    writer.finish();
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "a clean end leaves one file");

    let archive = Archive::open(&path).unwrap();
    assert_eq!(archive.meta("tlscope").unwrap().as_deref(), Some("0.1.0"));
    assert_eq!(archive.counts().unwrap(), (1, 2));
    let (read, judged) = archive.connection(ConnectionId(1)).unwrap().unwrap();
    assert_eq!(read, connection(1));
    assert_eq!(&read.upstream.sent[1].der[..], b"issuer");
    assert_eq!(&judged.unwrap().found[0].0.der[..], b"anchor");
    assert_eq!(archive.exchange(ExchangeId(1)).unwrap(), Some(exchange(1, 1, 10)));
    let mut firsts = Vec::new();
    archive
        .each_exchange(|row| {
            firsts.push(row.is_first);
            Ok::<_, StoreError>(())
        })
        .unwrap();
    assert_eq!(firsts, [true, false]);
    assert_eq!(archive.messages_of(ExchangeId(2)).unwrap(), [message(Some(2))]);
    assert_eq!(archive.raw_messages_of(ConnectionId(1)).unwrap(), [message(None)]);
}

#[test]
fn a_full_queue_loses_bodies_first() {
    let dir = tempfile::tempdir().unwrap();
    let writer = Writer::create(&dir.path().join("a.tlscope"), 10_000, &[]).unwrap();
    assert_eq!(writer.offer(Item::Exchange(Arc::new(exchange(1, 1, 20_000)))), Kept::WithoutBodies);
    let tiny = Writer::create(&dir.path().join("b.tlscope"), 100, &[]).unwrap();
    assert_eq!(tiny.offer(Item::Exchange(Arc::new(exchange(1, 1, 0)))), Kept::Not);
    writer.finish();
    let archive = Archive::open(&dir.path().join("a.tlscope")).unwrap();
    let kept = archive.exchange(ExchangeId(1)).unwrap().unwrap().response.unwrap().body;
    assert_eq!((kept.kept.len(), kept.seen), (0, 20_000));
    assert!(kept.is_truncated());
}

#[test]
fn other_files_are_named_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let text = dir.path().join("notes.txt");
    fs::write(
        &text,
        "not a database, and longer than a header of one by a good deal, so that it is looked at\n".repeat(20),
    )
    .unwrap();
    let foreign = dir.path().join("other.db");
    Database::open(&foreign).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
    let newer = dir.path().join("newer.tlscope");
    Writer::create(&newer, 1000, &[]).unwrap().finish();
    Database::open(&newer).unwrap().pragma_update(None, "user_version", 99).unwrap();
    for (path, word) in
        [(&text, "no session"), (&foreign, "no session"), (&newer, "newer"), (&dir.path().join("none"), "cannot read")]
    {
        let error = Archive::open(path).err().unwrap().to_string();
        assert!(error.contains(word) && error.contains(&*path.to_string_lossy()), "{error}");
    }
    let before = fs::read(&text).unwrap();
    let error = Writer::create(&text, 1000, &[]).err().unwrap().to_string();
    assert!(error.contains("is there already"), "{error}");
    assert_eq!(fs::read(&text).unwrap(), before);
    let error = Writer::create(&dir.path().join("no/such/dir/a"), 1000, &[]).err().unwrap().to_string();
    assert!(error.contains("cannot create"), "{error}");
}

#[cfg(unix)]
#[test]
fn the_file_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.tlscope");
    let _writer = Writer::create(&path, 1000, &[]).unwrap();
    for entry in fs::read_dir(dir.path()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", entry.path().display());
    }
}

#[test]
fn notes_are_kept_and_thrown_away_with_the_rest() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.tlscope");
    let writer = Writer::create(&path, 1 << 20, &[]).unwrap();
    let (row, note) = (RowId::Exchange(ExchangeId(1)), Note { marked: true, text: "look".into() });
    let other = RowId::Connection(ConnectionId(1));
    for item in [
        Item::Connection(Arc::new(connection(1)), None, 1),
        Item::Exchange(Arc::new(exchange(1, 1, 10))),
        Item::Note(row, note.clone()),
        Item::Note(other, note.clone()),
        Item::Note(other, Note::default()),
    ] {
        assert_eq!(writer.offer(item), Kept::Whole);
    }
    writer.flusher().flush();
    let archive = Archive::attach(&path).unwrap();
    assert_eq!(archive.notes().unwrap(), [(row, note)]);
    assert_eq!(archive.counts().unwrap(), (1, 1), "after a flush everything is in the file");
    writer.offer(Item::Clear);
    writer.offer(Item::Exchange(Arc::new(exchange(2, 1, 10))));
    writer.flusher().flush();
    assert_eq!((archive.notes().unwrap().len(), archive.counts().unwrap()), (0, (0, 1)));
    let flusher = writer.flusher();
    writer.finish();
    flusher.flush();
    let bytes = fs::read(&path).unwrap();
    assert!(!bytes.windows(4).any(|part| part == b"leaf" || part == b"look"), "nothing of it is left in the file");
}

#[test]
fn a_session_of_before_there_were_notes_is_read_and_written() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.tlscope");
    Writer::create(&path, 1 << 20, &[]).unwrap().finish();
    let database = Database::open(&path).unwrap();
    database.execute_batch("DROP TABLE notes; PRAGMA user_version = 1;").unwrap();
    drop(database);
    assert_eq!(Archive::open(&path).unwrap().notes().unwrap(), []);
    let version: i32 =
        Database::open(&path).unwrap().pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    assert_eq!(version, 2);
}

#[test]
fn the_newest_messages_are_given_in_their_order() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.tlscope");
    let writer = Writer::create(&path, 1 << 20, &[]).unwrap();
    for at in 1..=5 {
        writer.offer(Item::Message(Arc::new(Message { at: Timestamp::from_unix(at), ..message(Some(1)) })));
    }
    writer.finish();
    let archive = Archive::open(&path).unwrap();
    let newest = archive.newest_messages(RowId::Exchange(ExchangeId(1)), 2).unwrap();
    assert_eq!(newest.iter().map(|message| message.at.unix_ms()).collect::<Vec<_>>(), [4000, 5000]);
    assert_eq!(archive.newest_messages(RowId::Connection(ConnectionId(1)), 2).unwrap(), []);
}

#[test]
fn exchanges_behind_one_are_handed_over_until_it_is_enough() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.tlscope");
    let writer = Writer::create(&path, 1 << 20, &[]).unwrap();
    for id in 1..=5 {
        writer.offer(Item::Exchange(Arc::new(exchange(id, 1, 3))));
    }
    writer.finish();
    let mut seen = Vec::new();
    let archive = Archive::open(&path).unwrap();
    let each = |exchange: Exchange| {
        seen.push((exchange.id.0, exchange.response.unwrap().body.kept.len()));
        if seen.len() == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    archive.exchanges_after(ExchangeId(2), each).unwrap();
    assert_eq!(seen, [(3, 3), (4, 3)]);
}
