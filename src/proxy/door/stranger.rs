//! A client that is neither on this machine nor on `--allow`: what it wants, asking the person at the
//! screen, and telling it why it is not served.

use std::net::SocketAddr;

use bytes::{Bytes, BytesMut};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tracing::warn;

use super::access::Access;
use super::questions::Unanswered;
use super::refused::Denial;
use crate::model::{Answer, Facts, FindingId, Intake, QuestionKind, Standing, Target, Timestamp};
use crate::proxy::context::{Ctx, now};
use crate::proxy::intake::say_and_close;
use crate::proxy::pages;
use crate::wire::{HelloRead, Opening, read_client_hello};

/// No more of a first request is read to find out who asks.
const LONGEST_HEAD: usize = 16 << 10;

/// No more of what a device says of itself is kept, in characters.
const LONGEST_WORDS: usize = 120;

/// Why a device is not served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::proxy) enum Why {
    /// Nobody is there to be asked.
    NobodyToAsk,
    /// Nobody said anything, now or a moment ago; asked again from then on.
    NoAnswer(Timestamp),
    /// The person said no.
    Denied,
}

impl Why {
    /// For the record.
    fn words(self) -> &'static str {
        match self {
            Self::NobodyToAsk => "nobody to ask: tlscope runs without a screen, or too much is asked there already",
            Self::NoAnswer(_) => "nobody answered on the screen in time",
            Self::Denied => "it was not let in on the screen",
        }
    }
}

/// Waits until the client is let in; gives what it has sent by then.
pub(in crate::proxy) async fn let_in(
    ctx: &Ctx,
    stream: &mut TcpStream,
    client: SocketAddr,
    opening: Opening,
    bytes: Bytes,
) -> Result<Bytes, Why> {
    if let Some(known) = known(ctx, client) {
        return known.map(|()| bytes);
    }
    if !ctx.questions.is_attended() {
        return Err(Why::NobodyToAsk);
    }
    let bytes = whole_opening(ctx, stream, opening, bytes).await;
    let (wants, agent) = first_words(opening, &bytes);
    let kind = QuestionKind::Admit { wants, agent: agent.clone() };
    let answer = tokio::select! {
        answer = ctx.questions.try_ask(client.ip(), kind, ctx.config.answer_within) => answer,
        () = ctx.closing.cancelled() => return Err(Why::NobodyToAsk),
    };
    let answer = match answer {
        Err(Unanswered::NobodyThere | Unanswered::TooMany) => return Err(Why::NobodyToAsk),
        Err(Unanswered::TimeOver) => None,
        Ok(answer) => Some(answer),
    };
    settle(ctx, client, agent.as_deref(), answer);
    known(ctx, client).unwrap_or(Err(Why::Denied)).map(|()| bytes)
}

/// What was decided about the client before; `None` when nothing was.
fn known(ctx: &Ctx, client: SocketAddr) -> Option<Result<(), Why>> {
    ctx.guests.standing(client.ip()).map(|standing| match standing {
        Standing::Remembered { .. } | Standing::ForThisRun => Ok(()),
        Standing::TurnedAway { until: Some(until) } => Err(Why::NoAnswer(until)),
        Standing::TurnedAway { until: None } => Err(Why::Denied),
    })
}

/// Takes down what was answered, once for all connections that waited for it.
fn settle(ctx: &Ctx, client: SocketAddr, agent: Option<&str>, answer: Option<Answer>) {
    if ctx.guests.standing(client.ip()).is_none() {
        ctx.guests.decide(client.ip(), agent, answer);
    }
}

/// Reads on until the first request or hello is whole, so that the person sees who asks for what.
async fn whole_opening(ctx: &Ctx, stream: &mut TcpStream, opening: Opening, bytes: Bytes) -> Bytes {
    let is_whole = |bytes: &[u8]| match opening {
        Opening::Http1 => bytes.windows(4).any(|end| end == b"\r\n\r\n"),
        Opening::Tls => !matches!(read_client_hello(bytes), HelloRead::NeedMore),
        _ => true,
    };
    let mut bytes = BytesMut::from(&bytes[..]);
    let read_on = async {
        while !is_whole(&bytes) && bytes.len() < LONGEST_HEAD {
            if !matches!(stream.read_buf(&mut bytes).await, Ok(1..)) {
                return;
            }
        }
    };
    let _ = timeout(ctx.config.hello_timeout, read_on).await;
    bytes.freeze()
}

/// What a client asks for, and what it calls itself.
fn first_words(opening: Opening, bytes: &[u8]) -> (String, Option<String>) {
    match opening {
        Opening::Http1 => {
            let head = String::from_utf8_lossy(bytes.get(..LONGEST_HEAD).unwrap_or(bytes));
            let mut lines = head.split("\r\n");
            let wants = request_words(lines.next().unwrap_or_default());
            let fields = lines.take_while(|line| !line.is_empty()).filter_map(|line| line.split_once(':'));
            let mut agents = fields.filter(|(name, _)| name.eq_ignore_ascii_case("user-agent"));
            (wants, agents.next().map(|(_, agent)| in_short(agent.trim())))
        }
        Opening::Tls => match read_client_hello(bytes) {
            HelloRead::Hello(hello) => (in_short(&format!("TLS to {}", hello.sni.as_deref().unwrap_or("?"))), None),
            _ => ("TLS".to_owned(), None),
        },
        Opening::Socks5 => ("a connection by SOCKS 5".to_owned(), None),
        _ => ("something that tlscope does not know".to_owned(), None),
    }
}

/// A request line without its version, and without a query, which may hold a secret.
fn request_words(line: &str) -> String {
    let mut words = line.split(' ');
    let (method, url) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    if url.starts_with('/') {
        return "tlscope's own page".to_owned();
    }
    in_short(&format!("{method} {}", url.split('?').next().unwrap_or_default()))
}

fn in_short(words: &str) -> String {
    words.chars().take(LONGEST_WORDS).collect()
}

/// Tells the client why it is not served, in its own protocol where that can be. `to` is where it would
/// have gone, when it came to a port that leads to one target.
pub(in crate::proxy) async fn deny(
    ctx: &Ctx,
    mut stream: TcpStream,
    client: SocketAddr,
    (opening, to): (Opening, Option<Target>),
    why: Why,
) {
    let flag = Access::flag_for(client.ip());
    let intake = match opening {
        _ if to.is_some() => Intake::Reverse,
        Opening::Tls => Intake::ClientHello,
        Opening::Socks5 => Intake::Socks5,
        _ => Intake::Unknown,
    };
    let facts = Facts::new().with("address", client.ip().to_string()).with("allow", flag.clone());
    let facts = facts.with("reason", why.words());
    if ctx.refused.note(ctx, client, Denial { finding: FindingId::ClientNotAllowed, facts, intake, target: to }) {
        let reason = why.words();
        warn!(client = %client.ip(), reason, "refused a client that is not on this machine; start with `{flag}` to let it in");
    }
    let answer = match opening {
        Opening::Http1 => pages::denied(client.ip(), &flag, why, now()),
        Opening::Socks5 => vec![5, 0xff],              // no acceptable method
        Opening::Tls => vec![0x15, 3, 1, 0, 2, 2, 49], // the fatal alert access_denied
        _ => Vec::new(),
    };
    say_and_close(&mut stream, &answer).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_person_sees_what_is_asked_for_and_by_whom() {
        let cases = [
            (
                "CONNECT a.test:443 HTTP/1.1\r\nHost: x\r\nUSER-agent:  curl/8 \r\n\r\n",
                "CONNECT a.test:443",
                Some("curl/8"),
            ),
            ("GET http://a.test/p?token=1 HTTP/1.1\r\n\r\n", "GET http://a.test/p", None),
            ("GET / HTTP/1.1\r\nHost: x\r\n\r\nUser-Agent: not this", "tlscope's own page", None),
            ("CONN", "CONN ", None),
        ];
        for (head, wants, agent) in cases {
            let said = first_words(Opening::Http1, head.as_bytes());
            assert_eq!(said, (wants.to_owned(), agent.map(str::to_owned)), "{head}");
            for end in 0..head.len() {
                first_words(Opening::Http1, &head.as_bytes()[..end]);
            }
        }
        let long = format!("CONNECT {} HTTP/1.1\r\nUser-Agent: {}\r\n\r\n", "é".repeat(500), "x".repeat(500));
        let (wants, agent) = first_words(Opening::Http1, long.as_bytes());
        assert_eq!((wants.chars().count(), agent.unwrap().len()), (LONGEST_WORDS, LONGEST_WORDS));
        assert_eq!(first_words(Opening::Tls, b"\x16\x03").0, "TLS");
        assert_eq!(first_words(Opening::Tls, b"\x16\x03\x01\x00\x01\xff").0, "TLS");
        assert!(first_words(Opening::Socks5, b"\x05").0.contains("SOCKS"));
    }
}
