use tokio::sync::mpsc::channel;

use super::*;
use crate::model::{ExchangeId, ExchangeTiming, Head, Note, Timestamp};
use crate::store::Archive;

fn connection(id: u64, closed: bool) -> Event {
    let mut connection = Connection::new(ConnectionId(id), Timestamp::from_unix(1), "127.0.0.1:1".parse().unwrap());
    connection.target = Some(crate::model::Target::parse(&format!("h{id}.test"), Some(443)).unwrap());
    connection.exchanges = 1;
    connection.closed = closed.then(|| Timestamp::from_unix(2));
    Event::Connection(Box::new(connection))
}

fn exchange(id: u64, connection: u64) -> Event {
    Event::Exchange(Box::new(Exchange {
        id: ExchangeId(id),
        connection: ConnectionId(connection),
        started: Timestamp::from_unix(1),
        method: "GET".into(),
        url: format!("https://h{connection}.test/{id}"),
        request_head: Head::default(),
        request_body: crate::model::Body::default(),
        informational: Vec::new(),
        response: None,
        timing: ExchangeTiming { finished_ms: Some(1.0), ..ExchangeTiming::default() },
        changed: Vec::new(),
        error: None,
        messages: 0,
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
async fn what_is_open_survives_clearing() {
    let note = Note { marked: true, text: String::new() };
    let (rows, counts, session, _dir) = record(vec![
        connection(1, false),
        exchange(1, 1),
        connection(2, true),
        exchange(2, 2),
        Event::Noted(RowId::Exchange(ExchangeId(1)), note),
        Event::Cleared,
        exchange(3, 1),
    ])
    .await;
    assert_eq!(rows, [row("GET /3", "h1.test")]);
    assert_eq!(counts, (1, 1));
    session.look(|book| {
        assert_eq!(book.totals().connections, 1);
        assert!(book.notes().is_empty() && book.groups().by_host.len() == 1);
        assert_eq!(book.row(book.places().start).map(|row| row.id), Some(RowId::Exchange(ExchangeId(3))));
    });
}
