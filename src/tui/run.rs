//! The loop: waits for keys, for the session and for answers, and draws when there is something new.

use std::future::pending;
use std::io::{self, stdout};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use crossterm::clipboard::CopyToClipboard;
use crossterm::event::{Event, EventStream, KeyEventKind, MouseEventKind};
use crossterm::execute;
use futures_util::{Stream, StreamExt as _};
use ratatui::Terminal;
use ratatui::backend::Backend;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::{spawn_blocking, yield_now};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use super::about::{About, Hooks};
use super::effect::Effect;
use super::settings::Settings;
use super::state::State;
use super::terminal::{Screen, suspend};
use super::update::Message;
use super::view;
use crate::model::Timestamp;
use crate::session::{Searched, Session};

/// A key is answered at once, but not more often than a screen can show.
const AFTER_INPUT: Duration = Duration::from_millis(8);

/// New rows are worth thirty frames a second.
const AFTER_DATA: Duration = Duration::from_millis(33);

/// What takes long is done in goes of this length, between frames.
const GO: Duration = Duration::from_millis(2);

/// Shows the session until the person quits or `ended` says so.
///
/// # Errors
/// When there is no terminal, or it is gone.
pub async fn run(
    session: Session,
    about: About,
    hooks: Hooks,
    settings: Settings,
    ended: impl Future<Output = ()>,
) -> io::Result<()> {
    let mut screen = Screen::enter(!settings.no_mouse)?;
    let result = drive(&mut screen.terminal, EventStream::new(), session, about, hooks, settings, ended).await;
    drop(screen);
    result
}

/// The loop over any terminal and any keys: [`run`] has those of the process, a benchmark its own.
///
/// # Errors
/// When the terminal is gone.
pub async fn drive<B: Backend<Error = io::Error>>(
    terminal: &mut Terminal<B>,
    mut keys: impl Stream<Item = io::Result<Event>> + Unpin,
    mut session: Session,
    about: About,
    hooks: Hooks,
    settings: Settings,
    ended: impl Future<Output = ()>,
) -> io::Result<()> {
    let mut state = State::new(about, settings, terminal.size()?, now());
    let (tell, mut told) = unbounded_channel();
    let mut clock = interval(Duration::from_secs(1));
    clock.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut ended = std::pin::pin!(ended);
    let mut is_live = state.is_live();
    let mut asked = hooks.asked.clone();
    // What was decided in earlier runs is no news, and shown all the same.
    asked.guests.mark_changed();
    let mut frames = Frames::start();
    loop {
        tokio::select! {
            // In this order, so that every key that waits is taken before a frame is drawn.
            biased;
            () = &mut ended => return Ok(()),
            key = keys.next() => {
                // A terminal that is gone ends or fails: either way there is nobody left to see.
                let Some(Ok(key)) = key else { return Ok(()) };
                if means_nothing(&key) {
                    continue;
                }
                let effect = apply(&mut state, Message::Terminal(key), &session);
                act(effect, terminal, &mut state, &hooks, &tell)?;
                frames.soon(AFTER_INPUT);
            }
            Some(message) = told.recv() => {
                let effect = apply(&mut state, message, &session);
                act(effect, terminal, &mut state, &hooks, &tell)?;
                frames.soon(AFTER_INPUT);
            }
            (questions, guests) = asked.changed() => {
                let effect = apply(&mut state, Message::Asked(questions, guests), &session);
                act(effect, terminal, &mut state, &hooks, &tell)?;
                frames.soon(AFTER_INPUT);
            }
            changed = session.changed(), if is_live => {
                is_live = changed;
                frames.soon(AFTER_DATA);
            }
            _ = clock.tick(), if is_live => frames.soon(AFTER_DATA),
            () = frames.due() => {
                state.now = now();
                let missing = draw(terminal, &mut state, &session)?;
                frames.drawn();
                for effect in missing {
                    carry_out(effect, &hooks, &tell);
                }
            }
            // Yielding lets the clocks and the sockets of this thread have their turn.
            () = yield_now(), if state.rows.is_busy() && !frames.is_urgent() => {
                work(&mut state, &session);
                frames.soon(AFTER_DATA);
            }
        }
        if state.is_quitting {
            return Ok(());
        }
    }
}

/// The mouse tells of every cell that it passes; a frame for each would be for nothing.
fn means_nothing(event: &Event) -> bool {
    match event {
        Event::Mouse(mouse) => {
            !matches!(mouse.kind, MouseEventKind::Down(_) | MouseEventKind::ScrollUp | MouseEventKind::ScrollDown)
        }
        Event::Key(key) => key.kind == KeyEventKind::Release,
        _ => false,
    }
}

/// When the next frame is due.
struct Frames {
    drawn: Instant,
    draw_at: Option<Instant>,
}

impl Frames {
    fn start() -> Self {
        let now = Instant::now();
        Self { drawn: now, draw_at: Some(now) }
    }

    /// A frame is wanted, not closer to the last one than this.
    fn soon(&mut self, wait: Duration) {
        let at = self.drawn + wait;
        self.draw_at = Some(self.draw_at.map_or(at, |before| before.min(at)));
    }

    fn drawn(&mut self) {
        *self = Self { drawn: Instant::now(), draw_at: None };
    }

    /// Whether somebody waits for the frame: nothing else is done before it.
    fn is_urgent(&self) -> bool {
        self.draw_at.is_some_and(|at| at <= self.drawn + AFTER_INPUT)
    }

    fn due(&self) -> impl Future<Output = ()> + use<> {
        let at = self.draw_at;
        async move {
            match at {
                Some(at) => sleep_until(at).await,
                None => pending().await,
            }
        }
    }
}

/// As much of what takes long as fits into a go. The recorder gets its turn in between.
fn work(state: &mut State, session: &Session) {
    let began = Instant::now();
    while session.look(|book| state.work(book)) && began.elapsed() < GO {}
}

fn apply(state: &mut State, message: Message, session: &Session) -> Option<Effect> {
    session.look(|book| state.update(message, book))
}

/// Does what concerns the terminal itself; the rest is done off the loop.
fn act<B: Backend<Error = io::Error>>(
    effect: Option<Effect>,
    terminal: &mut Terminal<B>,
    state: &mut State,
    hooks: &Hooks,
    tell: &UnboundedSender<Message>,
) -> io::Result<()> {
    match effect {
        Some(Effect::Suspend) => {
            suspend(!state.settings.no_mouse)?;
            draw_anew(terminal)
        }
        Some(Effect::Redraw) => draw_anew(terminal),
        Some(effect) => {
            carry_out(effect, hooks, tell);
            Ok(())
        }
        None => Ok(()),
    }
}

/// Whatever stands on the screen goes. Not by `Terminal::clear`: that asks the terminal where its cursor
/// is, and the answer would be read as a key.
fn draw_anew<B: Backend<Error = io::Error>>(terminal: &mut Terminal<B>) -> io::Result<()> {
    terminal.backend_mut().clear()?;
    terminal.swap_buffers();
    Ok(())
}

fn draw<B: Backend<Error = io::Error>>(
    terminal: &mut Terminal<B>,
    state: &mut State,
    session: &Session,
) -> io::Result<Vec<Effect>> {
    state.size = terminal.size()?;
    let effects = look(state, session);
    terminal.draw(|frame| view::draw(frame, state))?;
    Ok(effects)
}

/// Takes from the session what the next frame shows.
fn look(state: &mut State, session: &Session) -> Vec<Effect> {
    let (rows, _) = view::windows(state);
    let columns = view::pane_columns(state);
    let missing = session.look(|book| state.look_at(book, rows));
    let effects = [missing, state.lay_out(columns), state.search_on()];
    effects.into_iter().flatten().collect()
}

/// Off the loop: the disk may be slow, a record big, a server far away.
fn carry_out(effect: Effect, hooks: &Hooks, tell: &UnboundedSender<Message>) {
    let (hooks, tell) = (hooks.clone(), tell.clone());
    match effect {
        Effect::Suspend | Effect::Redraw => {}
        // OSC 52: over SSH as well; a terminal that does not know it passes it over.
        Effect::Copy(text) => {
            let _ = execute!(stdout(), CopyToClipboard::to_clipboard_from(text));
        }
        Effect::Keep(prefs) => {
            static CHOSEN: AtomicU64 = AtomicU64::new(0);
            let number = CHOSEN.fetch_add(1, Ordering::Relaxed);
            drop(spawn_blocking(move || (hooks.keep)(number, &prefs)));
        }
        Effect::Obey(command) => {
            let reply = move |answer| drop(tell.send(Message::Answered(answer)));
            (hooks.obey)(command, Box::new(reply));
        }
        effect => drop(spawn_blocking(move || carry_out_slowly(effect, &hooks, &tell))),
    }
}

fn carry_out_slowly(effect: Effect, hooks: &Hooks, tell: &UnboundedSender<Message>) {
    let answer = match effect {
        Effect::Load(id) => Message::Loaded(id, (hooks.load)(id).map(Box::new)),
        Effect::LayOut(detail, layout) => {
            Message::LaidOut(layout, layout.pane.lines(&detail, layout.look, layout.columns))
        }
        Effect::Export(path, rows) => {
            let done = (hooks.export)(&path, rows.as_ref());
            Message::Exported(path, done)
        }
        Effect::Search { wanted, number, current } => {
            let mut last = Searched { last: wanted.after.unwrap_or_default(), ..Searched::default() };
            (hooks.search)(&wanted, &mut |searched| {
                last.last = searched.last;
                let is_wanted = current.load(Ordering::Relaxed) == number;
                let sent = is_wanted && tell.send(Message::Searched(number, searched, false)).is_ok();
                if sent { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            });
            Message::Searched(number, last, true)
        }
        Effect::Suspend | Effect::Redraw | Effect::Copy(_) | Effect::Keep(_) | Effect::Obey(_) => return,
    };
    let _ = tell.send(answer);
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_unix_ms(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
