use super::*;
use crate::model::{Body, ExchangeTiming, Facts, Finding, FindingId, Outcome, Response, Severity, Target, Timestamp};

fn connection(id: u64) -> Connection {
    let mut connection =
        Connection::new(ConnectionId(id), Timestamp::from_unix(id.cast_signed()), "127.0.0.1:1".parse().unwrap());
    connection.target = Some(Target::parse("a.test:443", None).unwrap());
    connection.name = connection.target.as_ref().map(|target| target.host.clone());
    connection
}

fn closed(id: u64, outcome: Outcome) -> Connection {
    let mut connection = connection(id);
    connection.closed = Some(Timestamp::from_unix(id.cast_signed() + 1));
    connection.outcome = Some(outcome);
    connection
}

fn exchange(id: u64, connection: u64, body: usize) -> Exchange {
    let mut response = Response { status: 200, ..Response::default() };
    response.body = Body { kept: vec![b'x'; body].into(), seen: body as u64, ..Body::default() };
    Exchange {
        method: "GET".into(),
        url: format!("https://a.test/{id}"),
        response: Some(response),
        timing: ExchangeTiming { finished_ms: Some(5.0), ..ExchangeTiming::default() },
        ..Exchange::new(ExchangeId(id), ConnectionId(connection), Timestamp::from_unix(id.cast_signed()))
    }
}

fn requests(book: &Book) -> Vec<String> {
    book.places().filter_map(|place| book.row(place)).map(|row| row.request.to_string()).collect()
}

#[test]
fn a_connection_is_a_row_until_it_has_a_request() {
    let mut book = Book::new(Limits::default());
    book.fold_connection(Arc::new(connection(1)));
    assert_eq!(requests(&book), ["(connecting)"]);
    book.fold_connection(Arc::new(connection(2)));
    book.fold_exchange(Arc::new(exchange(1, 1, 0)));
    assert_eq!(requests(&book), ["GET /1", "(connecting)"], "the exchange stands where its connection stood");
    for place in book.places() {
        let id = book.row(place).unwrap().id;
        assert_eq!(book.place_of(id), Some(place), "places are right");
    }
    let mut with_exchange = closed(1, Outcome::Relayed);
    with_exchange.exchanges = 1;
    book.fold_connection(Arc::new(with_exchange));
    book.fold_connection(Arc::new(closed(2, Outcome::ClientFailed)));
    assert_eq!(requests(&book), ["GET /1", "(client failed)"]);
}

#[test]
fn findings_come_later_and_change_the_rows() {
    let mut book = Book::new(Limits::default());
    book.fold_connection(Arc::new(connection(1)));
    book.fold_exchange(Arc::new(exchange(1, 1, 0)));
    let before = book.version();
    let report = Report { findings: vec![Finding::new(FindingId::CertExpired, Facts::new())], ..Report::default() };
    book.fold_report(ConnectionId(1), Arc::new(report));
    assert_eq!(book.changed_since(before), Some(vec![0]));
    assert_eq!(book.line(ConnectionId(1)).unwrap().worst(), Some(Severity::Fatal));
    assert_eq!(book.totals().fatal, 1);
    let detail = book.detail(RowId::Exchange(ExchangeId(1))).unwrap();
    assert_eq!(detail.report.unwrap().findings.len(), 1);
    assert_eq!(book.changed_since(book.version()), Some(vec![]));
}

#[test]
fn memory_is_bounded_and_the_newest_stay() {
    let limits =
        Limits { rows: 10, connections: 3, exchanges: 4, exchange_bytes: 1000, messages: 2, message_bytes: 1000 };
    let mut book = Book::new(limits);
    for id in 1..=50 {
        book.fold_connection(Arc::new(connection(id)));
        book.fold_exchange(Arc::new(exchange(id, id, 300)));
        let mut done = closed(id, Outcome::Relayed);
        done.exchanges = 1;
        book.fold_connection(Arc::new(done));
    }
    assert_eq!(book.places(), 40..50);
    assert_eq!(book.row(49).unwrap().request.as_ref(), "GET /50");
    assert!(book.row(39).is_none());
    assert!(book.detail(RowId::Exchange(ExchangeId(50))).is_some());
    assert!(book.detail(RowId::Exchange(ExchangeId(1))).is_none());
    assert!(book.whole.len() <= 3 && book.exchanges.len() <= 3 && book.lines.len() <= 10, "{book:?}");
    assert_eq!((book.totals().connections, book.totals().exchanges, book.totals().open), (50, 50, 0));
}
