//! Carrying out what a person wants done from the screen.

use std::net::IpAddr;
use std::path::PathBuf;

use tokio::sync::mpsc::WeakSender;

use super::repeating::repeat;
use crate::check::{Question, check_server};
use crate::inquiry::Inquiry;
use crate::model::{self, BadUpstream, Command, Connection, ConnectionId, Event, ExchangeId, RowId, Target};
use crate::net::Dialler;
use crate::proxy::{Guests, Questions, Routes};
use crate::session::{Detail, Session, read_detail};
use crate::store::Archive;
use crate::tui::{Answer, Reply};

/// What it takes. Cheap to clone.
#[derive(Clone)]
pub(super) struct Commander {
    /// Where events go; gone when the run is over.
    pub(super) events: WeakSender<Event>,
    /// What was recorded, in memory.
    pub(super) session: Session,
    /// And in its file.
    pub(super) file: PathBuf,
    /// Where the proxy is, for a client on this machine.
    pub(super) proxy: std::net::SocketAddr,
    /// What is done with which host.
    pub(super) routes: Routes,
    /// What clients wait for a person to decide.
    pub(super) questions: Questions,
    /// What was decided about clients elsewhere.
    pub(super) guests: Guests,
    /// Reaches servers as the proxy does.
    pub(super) dialler: Dialler,
    /// Judges as for the proxy.
    pub(super) inquiry: Inquiry,
}

impl Commander {
    /// Carries a command out, and answers when it is done. What the recorder is told it is told in the
    /// order of the commands; what asks servers goes on beside.
    pub(super) fn obey(&self, command: Command, reply: Reply) {
        let own = self.clone();
        match command {
            Command::Note(row, note) => {
                let words = if note.is_empty() { "note taken away" } else { "noted" };
                reply(self.tell(Event::Noted(row, note), words));
            }
            Command::Record(true) => reply(self.tell(Event::Recording(true), "recording again")),
            Command::Record(false) => {
                reply(self.tell(Event::Recording(false), "not recording: what begins now goes by unseen"));
            }
            Command::Clear => reply(self.tell(Event::Cleared, "thrown away")),
            Command::Route { target, tunnel } => reply(self.route(&target, tunnel)),
            Command::Give { target, policy } => reply(self.give(target, policy)),
            Command::Answer { question, answer } => reply(self.answer(question, answer)),
            Command::Forget(address) => reply(self.forget(address)),
            Command::Recheck(id) => drop(tokio::spawn(async move { reply(own.recheck(id).await) })),
            Command::Repeat(id) => drop(tokio::spawn(async move { reply(own.repeat(id).await) })),
        }
    }

    /// Tells the recorder, and says so.
    fn tell(&self, event: Event, words: &str) -> Answer {
        let told = self.events.upgrade().is_some_and(|events| events.try_send(event).is_ok());
        Answer::Said(if told { words } else { "the recorder is too busy; once more in a moment" }.to_owned())
    }

    fn route(&self, target: &Target, tunnel: bool) -> Answer {
        let words = if tunnel { "tunnelled" } else { "intercepted" };
        self.routes.set(target.clone(), tunnel);
        Answer::Said(format!("{target} is {words} from its next connection on"))
    }

    fn give(&self, target: Target, policy: BadUpstream) -> Answer {
        let (done, more) = match policy {
            BadUpstream::Pass => ("passed", ": the app's own refusal is switched off"),
            BadUpstream::Mirror => ("mirrored", ""),
            BadUpstream::Refuse => ("refused", ""),
        };
        let words = format!("{target}, when bad, is {done} from its next connection on{more}");
        self.routes.give(target, policy);
        Answer::Said(words)
    }

    fn answer(&self, question: u64, answer: model::Answer) -> Answer {
        let words = match answer {
            _ if !self.questions.answer(question, answer) => "too late: the time to answer was over",
            model::Answer::Once => "yes, as long as this run lasts",
            model::Answer::Always => "yes, and the next runs remember it",
            model::Answer::Never => "no",
        };
        Answer::Said(words.to_owned())
    }

    fn forget(&self, address: IpAddr) -> Answer {
        Answer::Said(match self.guests.forget(address) {
            Ok(true) => format!("{address} is forgotten; you are asked when it comes again"),
            Ok(false) => format!("nothing was decided about {address}"),
            Err(error) => format!("cannot forget {address}: {error}"),
        })
    }

    /// The record, from memory or from the file.
    async fn detail(&self, id: RowId) -> Option<Detail> {
        if let Some(detail) = self.session.look(|book| book.detail(id)) {
            return Some(detail);
        }
        let file = self.file.clone();
        let read = move || Archive::attach(&file).and_then(|kept| read_detail(&kept, id)).ok().flatten();
        tokio::task::spawn_blocking(read).await.ok().flatten()
    }

    async fn recheck(&self, id: ConnectionId) -> Answer {
        let Some(detail) = self.detail(RowId::Connection(id)).await else {
            return Answer::Said("the record of this connection is gone".to_owned());
        };
        match question(&detail.connection) {
            Some(question) => {
                let again = check_server(&self.dialler, &self.inquiry, &question).await;
                Answer::Checked(again, Box::new(detail))
            }
            None => Answer::Said("it is not known where this connection went".to_owned()),
        }
    }

    async fn repeat(&self, id: ExchangeId) -> Answer {
        let Some(Detail { connection, exchange: Some(exchange), .. }) = self.detail(RowId::Exchange(id)).await else {
            return Answer::Said("the record of this request is gone".to_owned());
        };
        match repeat(&self.dialler, self.proxy, &connection, &exchange).await {
            Ok(status) => Answer::Said(format!("sent again; the answer was {status}: the newest row")),
            Err(error) => Answer::Said(format!("cannot send it again: {error:#}")),
        }
    }
}

/// What the proxy asked that server, asked again.
fn question(connection: &Connection) -> Option<Question> {
    let target = connection.target.clone()?;
    let name = connection.name.clone().filter(|name| *name != target.host);
    Some(Question { target, name, scan: false, every_address: false })
}
