//! Asking the person at the screen, and waiting for the answer as long as a client can.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use crate::model::{Answer, Question, QuestionKind};
use crate::proxy::context::now;

/// More questions than this are not put to anybody at a time: a person could not answer them.
const MOST_OPEN: usize = 32;

/// Why a question has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unanswered {
    /// Nobody is there to answer, or they left.
    NobodyThere,
    /// Too much is being asked already.
    TooMany,
    /// The time was over.
    TimeOver,
}

/// The questions of a run. Cheap to clone; every clone is the same.
#[derive(Clone, Debug, Default)]
pub struct Questions(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    desk: Mutex<Desk>,
    /// What the face sees: the open questions, oldest first.
    shown: watch::Sender<Vec<Question>>,
}

/// What lies on the person's desk.
#[derive(Debug, Default)]
struct Desk {
    is_attended: bool,
    last: u64,
    open: Vec<Open>,
}

/// A question, and those who wait for its answer.
#[derive(Debug)]
struct Open {
    question: Question,
    until: Instant,
    waiting: usize,
    answer: watch::Sender<Option<Answer>>,
}

impl Questions {
    /// Says whether there is somebody to answer. When they leave, nothing stays open.
    pub fn attend(&self, is_attended: bool) {
        let mut desk = self.desk();
        desk.is_attended = is_attended;
        if !is_attended {
            // Whoever waits hears that no answer will come.
            desk.open.clear();
        }
        self.show(&desk);
    }

    /// Whether there is somebody to answer.
    pub fn is_attended(&self) -> bool {
        self.desk().is_attended
    }

    /// Asks, and waits for the answer. `None` when nobody is there to give one, when the time is over,
    /// and when too much is being asked already: the caller then does what it does by default.
    ///
    /// A client that asks the same again while the question is open waits for the same answer, and
    /// not longer than whoever asked first. A question that nobody waits for any more is withdrawn.
    pub async fn ask(&self, client: IpAddr, kind: QuestionKind, deadline: Duration) -> Option<Answer> {
        self.try_ask(client, kind, deadline).await.ok()
    }

    /// The same, and why there is no answer.
    ///
    /// # Errors
    /// [`Unanswered`].
    pub async fn try_ask(&self, client: IpAddr, kind: QuestionKind, deadline: Duration) -> Result<Answer, Unanswered> {
        let mut waiting = self.put(client.to_canonical(), kind, deadline)?;
        let until = waiting.until.min(Instant::now() + deadline);
        let answered = timeout_at(until, waiting.answer.wait_for(Option::is_some)).await;
        let answer = answered.map_err(|_| Unanswered::TimeOver)?.map_err(|_| Unanswered::NobodyThere)?;
        answer.ok_or(Unanswered::NobodyThere)
    }

    /// What is open, oldest first.
    pub fn open(&self) -> Vec<Question> {
        self.0.shown.borrow().clone()
    }

    /// The same, and every change of it.
    pub fn watch(&self) -> watch::Receiver<Vec<Question>> {
        self.0.shown.subscribe()
    }

    /// Answers a question. `false` when it is not open any more.
    pub fn answer(&self, id: u64, answer: Answer) -> bool {
        let mut desk = self.desk();
        let Some(at) = desk.open.iter().position(|open| open.question.id == id) else { return false };
        desk.open.remove(at).answer.send_replace(Some(answer));
        self.show(&desk);
        true
    }

    /// Puts a question on the desk, or joins those who wait for it already.
    fn put(&self, client: IpAddr, kind: QuestionKind, deadline: Duration) -> Result<Waiting, Unanswered> {
        let mut desk = self.desk();
        let same = |open: &&mut Open| open.question.client == client && open.question.kind.is_same_as(&kind);
        if let Some(open) = desk.open.iter_mut().find(same) {
            open.waiting += 1;
            return Ok(Waiting::of(self, open));
        }
        if !desk.is_attended {
            return Err(Unanswered::NobodyThere);
        }
        if desk.open.len() >= MOST_OPEN {
            return Err(Unanswered::TooMany);
        }
        desk.last += 1;
        let asked = now();
        let until = asked.plus_ms(i64::try_from(deadline.as_millis()).unwrap_or(i64::MAX));
        let question = Question { id: desk.last, client, kind, asked, until };
        let open = Open { question, until: Instant::now() + deadline, waiting: 1, answer: watch::Sender::new(None) };
        let waiting = Waiting::of(self, &open);
        desk.open.push(open);
        self.show(&desk);
        Ok(waiting)
    }

    /// One fewer waits for this answer; without any the question is withdrawn.
    fn leave(&self, id: u64) {
        let mut desk = self.desk();
        let Some(at) = desk.open.iter().position(|open| open.question.id == id) else { return };
        if let Some(open) = desk.open.get_mut(at) {
            open.waiting -= 1;
            if open.waiting == 0 {
                desk.open.remove(at);
                self.show(&desk);
            }
        }
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.0.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn show(&self, desk: &Desk) {
        let questions: Vec<Question> = desk.open.iter().map(|open| open.question.clone()).collect();
        self.0.shown.send_if_modified(|shown| {
            let is_new = *shown != questions;
            *shown = questions;
            is_new
        });
    }
}

/// A place among those who wait for an answer; given up when it is dropped, by a client that left too.
struct Waiting {
    questions: Questions,
    id: u64,
    until: Instant,
    answer: watch::Receiver<Option<Answer>>,
}

impl Waiting {
    fn of(questions: &Questions, open: &Open) -> Self {
        let answer = open.answer.subscribe();
        Self { questions: questions.clone(), id: open.question.id, until: open.until, answer }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.questions.leave(self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(30);

    fn admit() -> QuestionKind {
        QuestionKind::Admit { wants: "CONNECT a.test:443".to_owned(), agent: None }
    }

    fn tunnel(target: &str) -> QuestionKind {
        QuestionKind::Tunnel { target: target.parse().unwrap(), why: "it refuses".to_owned() }
    }

    fn ip(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    /// Asks on a task of its own.
    fn asking(questions: &Questions, client: IpAddr, kind: QuestionKind) -> tokio::task::JoinHandle<Option<Answer>> {
        let questions = questions.clone();
        tokio::spawn(async move { questions.ask(client, kind, LONG).await })
    }

    /// Waits until so many questions are open.
    async fn open(questions: &Questions, count: usize) -> Vec<Question> {
        questions.watch().wait_for(|open| open.len() == count).await.unwrap().clone()
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_reaches_everybody_who_asked_the_same() {
        let questions = Questions::default();
        questions.attend(true);
        let mapped = "::ffff:192.0.2.1".parse().unwrap();
        let same = [asking(&questions, ip(1), admit()), asking(&questions, mapped, admit())];
        let others = [asking(&questions, ip(2), admit()), asking(&questions, ip(1), tunnel("a.test:443"))];
        let shown = open(&questions, 3).await;
        assert_eq!((shown[0].client, shown[0].until.ms_since(shown[0].asked)), (ip(1), 30_000));
        assert!(questions.answer(shown[0].id, Answer::Always) && !questions.answer(shown[0].id, Answer::Never));
        for asked in same {
            assert_eq!(asked.await.unwrap(), Some(Answer::Always));
        }
        assert_eq!(questions.open(), shown[1..]);
        for (question, answer) in shown[1..].iter().zip([Answer::Once, Answer::Never]) {
            assert!(questions.answer(question.id, answer));
        }
        let answers = [Answer::Once, Answer::Never];
        for (asked, answer) in others.into_iter().zip(answers) {
            assert_eq!(asked.await.unwrap(), Some(answer));
        }
        assert!(questions.open().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_there_and_no_time_left_are_no_answer() {
        let questions = Questions::default();
        assert_eq!(questions.ask(ip(1), admit(), LONG).await, None, "nobody attends");
        questions.attend(true);
        let began = Instant::now();
        let first = asking(&questions, ip(1), admit());
        open(&questions, 1).await;
        tokio::time::sleep(LONG / 2).await;
        let second = asking(&questions, ip(1), admit());
        assert_eq!((first.await.unwrap(), second.await.unwrap()), (None, None));
        assert_eq!(began.elapsed().as_secs(), 30, "who joins waits no longer than who asked first");
        assert!(questions.open().is_empty(), "a question whose time is over is not open");
        let asked = asking(&questions, ip(1), admit());
        open(&questions, 1).await;
        questions.attend(false);
        assert_eq!(asked.await.unwrap(), None, "the person left");
        assert!(questions.open().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn what_nobody_waits_for_is_withdrawn() {
        let questions = Questions::default();
        questions.attend(true);
        let (one, two) = (asking(&questions, ip(1), admit()), asking(&questions, ip(1), admit()));
        open(&questions, 1).await;
        one.abort();
        let _ = one.await;
        assert_eq!(questions.open().len(), 1, "somebody still waits");
        two.abort();
        let _ = two.await;
        assert!(questions.open().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_crowd_is_not_put_before_anybody() {
        let questions = Questions::default();
        questions.attend(true);
        let crowd: Vec<_> = (0..MOST_OPEN as u8).map(|last| asking(&questions, ip(last), admit())).collect();
        open(&questions, MOST_OPEN).await;
        assert_eq!(questions.ask(ip(200), admit(), LONG).await, None);
        let joined = asking(&questions, ip(0), admit());
        let first = questions.open()[0].id;
        tokio::task::yield_now().await;
        questions.answer(first, Answer::Once);
        assert_eq!(joined.await.unwrap(), Some(Answer::Once), "one that is open can still be joined");
        for asked in crowd {
            asked.abort();
        }
    }
}
