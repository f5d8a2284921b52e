//! Looking at a tunnelled server with a connection of our own, where the tunnel shows no
//! certificate.
//!
//! It goes to the address that the client reached, so nobody sees what it may not. It is a
//! connection that nobody asked for: one a target, name and hour, shared by all tunnels there.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::sync::OnceCell;
use tokio::time::timeout;

use super::context::{Ctx, now};
use super::record::Record;
use crate::model::{Attempt, CertDer, ClientHello, Facts, FindingId, Handshake, Stage, Target, Timestamp};
use crate::net::{Dialler, Missed, Offer, Route, TlsLeg};
use crate::wire::Flight;

/// For so long what was seen is taken to be what is there.
const HOUR_MS: i64 = 3_600_000;

/// More targets are not looked at in an hour.
const MOST_TARGETS: usize = 2000;

/// How long a farewell may take.
const FAREWELL: Duration = Duration::from_secs(1);

/// What a server showed us.
#[derive(Debug)]
struct Seen {
    at: Timestamp,
    address: Option<SocketAddr>,
    handshake: Handshake,
    sent: Vec<CertDer>,
}

/// A target, and the name that was asked for there.
type Place = (Target, Option<String>);

/// What came of looking, for everybody who waits for it; nothing when the server showed nothing.
type Look = Arc<OnceCell<Option<Arc<Seen>>>>;

/// Everything that was looked at in the last hour.
#[derive(Debug, Default)]
pub(super) struct Observations(Mutex<HashMap<Place, (Timestamp, Look)>>);

impl Observations {
    /// The look at a place: the one of this hour, or a new one. `None` when there were too many.
    fn of(&self, place: Place, at: Timestamp) -> Option<Look> {
        let mut looks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((since, look)) = looks.get(&place)
            && at.ms_since(*since) < HOUR_MS
        {
            return Some(look.clone());
        }
        looks.retain(|_, (since, _)| at.ms_since(*since) < HOUR_MS);
        let look = Look::default();
        (looks.len() < MOST_TARGETS).then(|| looks.insert(place, (at, look.clone())))?;
        Some(look)
    }
}

/// Whether a server agreed to a handshake of which the certificates cannot be read: they are
/// encrypted in TLS 1.3, and not sent at all when a session is resumed.
pub(super) fn is_hidden(flight: &Flight) -> bool {
    let agreed = flight.stage >= Stage::ServerHello && flight.handshake.version.is_some();
    agreed && flight.certificates.is_empty() && flight.alert.is_none()
}

/// Puts what the server shows to us into the record of a tunnel, and says so there. `false` when it
/// showed nothing, or is not to be looked at.
pub(super) async fn beside(ctx: &Ctx, record: &Record, hello: &ClientHello) -> bool {
    if !ctx.config.observe_tunnelled {
        return false;
    }
    let reached = record.with(|connection| connection.target.clone().zip(Route::of(&connection.upstream)));
    let Some((target, route)) = reached else { return false };
    let begun = now();
    let route = route.with_target(&target);
    let Some(look) = ctx.observations.of((target, hello.sni.clone()), begun) else { return false };
    let looking = || look_at(&ctx.services.dialler, &route, hello);
    let Some(seen) = look.get_or_init(looking).await.clone() else { return false };
    record.note(FindingId::TunnelObserved, facts(record, &seen, begun));
    record.with(|connection| {
        connection.upstream.handshake = Some(seen.handshake.clone());
        connection.upstream.sent.clone_from(&seen.sent);
    });
    true
}

/// What the server agreed on with the client, which the record's handshake does not show any more.
fn facts(record: &Record, seen: &Seen, at: Timestamp) -> Facts {
    let client = record.with(|connection| connection.upstream.handshake.clone()).unwrap_or_default();
    let seconds = at.ms_since(seen.at) / 1000;
    let known = [
        ("client_version", client.version.map(|version| version.to_string())),
        ("client_suite", client.suite.map(|suite| suite.to_string())),
        ("client_group", client.group.map(|group| group.to_string())),
    ];
    let address = seen.address.map(|address| address.to_string());
    let facts = address.into_iter().fold(Facts::new(), |facts, address| facts.with("address", address));
    let facts = if seconds > 0 { facts.with("seconds", seconds) } else { facts };
    known.into_iter().fold(facts, |facts, (key, value)| match value {
        Some(value) => facts.with(key, value),
        None => facts,
    })
}

/// Shakes hands as the client would, and hangs up.
async fn look_at(dialler: &Dialler, route: &Route, hello: &ClientHello) -> Option<Arc<Seen>> {
    let at = now();
    let tcp = dialler.reconnect(route).await.ok()?;
    let (handshake, sent) = match dialler.handshake(tcp, &Offer::of(hello)).await {
        Ok(leg) => take_leave(leg).await,
        // It may have shown its certificates all the same.
        Err(Missed { handshake: Some(handshake), sent, .. }) if !sent.is_empty() => (*handshake, sent),
        Err(_) => return None,
    };
    let handshake = Handshake { attempt: Attempt::Observed, ..handshake };
    Some(Arc::new(Seen { at, address: route.address, handshake, sent }))
}

async fn take_leave(leg: TlsLeg) -> (Handshake, Vec<CertDer>) {
    let TlsLeg { mut stream, handshake, sent, .. } = leg;
    let _ = timeout(FAREWELL, stream.shutdown()).await;
    (handshake, sent)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(name: &str) -> Place {
        ("192.0.2.1:443".parse().unwrap(), Some(name.to_owned()))
    }

    #[test]
    fn a_place_is_looked_at_once_an_hour() {
        let (observations, at) = (Observations::default(), Timestamp::from_unix_ms(0));
        let first = observations.of(place("a.test"), at).unwrap();
        let later = Timestamp::from_unix_ms(HOUR_MS - 1);
        assert!(Arc::ptr_eq(&first, &observations.of(place("a.test"), later).unwrap()));
        assert!(!Arc::ptr_eq(&first, &observations.of(place("b.test"), later).unwrap()), "another name");
        let next = Timestamp::from_unix_ms(HOUR_MS);
        assert!(!Arc::ptr_eq(&first, &observations.of(place("a.test"), next).unwrap()));
    }

    #[test]
    fn what_is_remembered_is_bounded_and_never_looked_at_twice() {
        let (observations, at) = (Observations::default(), Timestamp::from_unix_ms(0));
        for n in 0..MOST_TARGETS {
            assert!(observations.of(place(&n.to_string()), at).is_some());
        }
        assert!(observations.of(place("one more"), at).is_none());
        assert!(observations.of(place("0"), at).is_some(), "what is known stays known");
        assert!(observations.of(place("one more"), Timestamp::from_unix_ms(HOUR_MS)).is_some());
    }

    #[test]
    fn only_a_handshake_without_certificates_is_hidden() {
        let flight = |stage, sent: &[CertDer], alert| Flight {
            handshake: Handshake { version: Some(crate::model::TlsVersion::TLS13), ..Handshake::default() },
            certificates: sent.to_vec(),
            stage,
            alert,
            ..Flight::default()
        };
        let refused = Some(crate::model::AlertCode::HANDSHAKE_FAILURE);
        assert!(is_hidden(&flight(Stage::ServerHello, &[], None)));
        assert!(!is_hidden(&flight(Stage::Nothing, &[], None)), "it has agreed to nothing");
        assert!(!is_hidden(&flight(Stage::ServerHello, &[], refused)));
        assert!(!is_hidden(&flight(Stage::Certificate, &[CertDer::new(vec![0x30, 0])], None)));
    }
}
