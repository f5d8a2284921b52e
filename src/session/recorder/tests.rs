use tokio::sync::mpsc::channel;

use super::*;
use crate::model::{ExchangeId, ExchangeTiming, Note, Timestamp};
use crate::store::Archive;

fn connection(id: u64, closed: bool) -> Event {
    let mut connection = Connection::new(ConnectionId(id), Timestamp::from_unix(1), "127.0.0.1:1".parse().unwrap());
    connection.target = Some(crate::model::Target::parse(&format!("h{id}.test"), Some(443)).unwrap());
    connection.exchanges = 1;
    connection.closed = closed.then(|| Timestamp::from_unix(2));
    Event::Connection(Box::new(connection))
}

/// A connection without requests.
fn quiet(id: u64) -> Event {
    let mut quiet = Connection::new(ConnectionId(id), Timestamp::from_unix(1), "127.0.0.1:1".parse().unwrap());
    quiet.target = Some(crate::model::Target::parse(&format!("h{id}.test"), Some(443)).unwrap());
    Event::Connection(Box::new(quiet))
}

fn exchange(id: u64, connection: u64) -> Event {
    Event::Exchange(Box::new(Exchange {
        method: "GET".into(),
        url: format!("https://h{connection}.test/{id}"),
        timing: ExchangeTiming { finished_ms: Some(1.0), ..ExchangeTiming::default() },
        ..Exchange::new(ExchangeId(id), ConnectionId(connection), Timestamp::from_unix(1))
    }))
}

/// Records the events, and gives the rows with their hosts and what is in the file.
async fn record(events: Vec<Event>) -> (Vec<(String, String)>, (u64, u64), Session, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s.tlscope");
    let writer = Writer::create(&path, 1 << 20, &[]).unwrap();
    let (send, inbox) = channel(100);
    let (recorder, session) = Recorder::new(Limits::default(), Some(writer), Vec::new());
    for event in events {
        send.send(event).await.unwrap();
    }
    drop(send);
    recorder.run(inbox, std::future::pending()).await;
    let rows = session.look(|book| {
        let rows = book.places().filter_map(|place| book.row(place));
        rows.map(|row| {
            (row.request.to_string(), book.line(row.connection).map_or(String::new(), |l| l.host.to_string()))
        })
        .collect()
    });
    let counts = Archive::open(&path).unwrap().counts().unwrap();
    (rows, counts, session, dir)
}

fn row(request: &str, host: &str) -> (String, String) {
    (request.to_owned(), host.to_owned())
}

#[tokio::test]
async fn what_begins_while_nothing_is_recorded_goes_by_and_what_lasts_is_known_later() {
    let (rows, counts, ..) = record(vec![
        connection(1, false),
        exchange(1, 1),
        Event::Recording(false),
        exchange(1, 1),
        exchange(2, 1),
        connection(2, false),
        exchange(3, 2),
        connection(3, false),
        connection(3, true),
        connection(1, true),
        Event::Judged { connection: ConnectionId(2), report: Arc::default() },
        Event::Recording(true),
        exchange(4, 2),
    ])
    .await;
    assert_eq!(rows, [row("GET /1", "h1.test"), row("GET /4", "h2.test")]);
    assert_eq!(counts, (2, 2), "the one that ended unseen is not in the file");
}

#[tokio::test]
async fn a_note_goes_with_its_connection_to_its_first_request() {
    let note = Note { marked: true, text: "first".into() };
    let noted = Event::Noted(RowId::Connection(ConnectionId(1)), note.clone());
    let (.., dir) = record(vec![quiet(1), noted, exchange(1, 1)]).await;
    let kept = Archive::open(&dir.path().join("s.tlscope")).unwrap().notes().unwrap();
    assert_eq!(kept, [(RowId::Exchange(ExchangeId(1)), note)]);
}

#[tokio::test]
async fn what_is_said_over_an_upgrade_that_is_not_recorded_is_not_recorded_either() {
    let said = |exchange| {
        Event::Message(Box::new(Message {
            connection: ConnectionId(1),
            exchange: Some(ExchangeId(exchange)),
            at: Timestamp::from_unix(1),
            direction: crate::model::Direction::Up,
            kind: crate::model::MessageKind::Text,
            kept: bytes::Bytes::from_static(b"hello"),
            seen: 5,
        }))
    };
    let events = vec![connection(1, false), exchange(1, 1), Event::Recording(false), said(1), exchange(2, 1), said(2)];
    let (.., dir) = record(events).await;
    let archive = Archive::open(&dir.path().join("s.tlscope")).unwrap();
    let said = [1, 2].map(|id| archive.messages_of(ExchangeId(id)).unwrap().len());
    assert_eq!(said, [1, 0]);
}

#[tokio::test]
async fn what_is_open_survives_clearing() {
    let note = Note { marked: true, text: String::new() };
    let (rows, counts, session, _dir) = record(vec![
        connection(1, false),
        exchange(1, 1),
        connection(2, true),
        exchange(2, 2),
        quiet(3),
        Event::Noted(RowId::Exchange(ExchangeId(1)), note),
        Event::Cleared,
        exchange(3, 1),
    ])
    .await;
    assert_eq!(rows, [row("(connecting)", "h3.test"), row("GET /3", "h1.test")]);
    assert_eq!(counts, (2, 1));
    session.look(|book| {
        assert_eq!(book.totals().connections, 2);
        assert!(book.notes().is_empty() && book.groups().by_host.len() == 2);
    });
}
