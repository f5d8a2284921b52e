//! The loop: waits for keys, for the session and for answers, and draws when there is something new.

use std::io::{self, stdout};
use std::time::{Duration, SystemTime};

use crossterm::clipboard::CopyToClipboard;
use crossterm::event::EventStream;
use crossterm::execute;
use futures_util::StreamExt as _;
use ratatui::layout::Size;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use super::about::{About, Effect, Hooks};
use super::state::State;
use super::style::Look;
use super::terminal::Screen;
use super::update::Message;
use super::view;
use crate::model::Timestamp;
use crate::session::Session;

/// A key is answered at once, but not more often than a screen can show.
const AFTER_INPUT: Duration = Duration::from_millis(8);

/// New rows are worth thirty frames a second.
const AFTER_DATA: Duration = Duration::from_millis(33);

/// Shows the session until the person quits or `ended` says so.
///
/// # Errors
/// When there is no terminal, or it is gone.
pub async fn run(
    mut session: Session,
    about: About,
    hooks: Hooks,
    colour: bool,
    ended: impl Future<Output = ()>,
) -> io::Result<()> {
    let mut screen = Screen::enter()?;
    let size = screen.terminal.size()?;
    let mut state = State::new(about, Look { colour }, size, now());
    let mut keys = EventStream::new();
    let (tell, mut told) = unbounded_channel();
    let mut clock = interval(Duration::from_secs(1));
    clock.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut ended = std::pin::pin!(ended);
    let mut is_live = state.is_live();
    let mut drawn = Instant::now();
    let mut draw_at = Some(drawn);
    loop {
        let frame_due = due(draw_at);
        let mut soon = |wait: Duration| {
            let at = drawn + wait;
            draw_at = Some(draw_at.map_or(at, |before| before.min(at)));
        };
        tokio::select! {
            // In this order, so that every key that waits is taken before a frame is drawn.
            biased;
            () = &mut ended => return Ok(()),
            key = keys.next() => {
                // A terminal that is gone ends or fails: either way there is nobody left to see.
                let Some(Ok(key)) = key else { return Ok(()) };
                apply(&mut state, Message::Terminal(key), &session, &hooks, &tell);
                soon(AFTER_INPUT);
            }
            Some(message) = told.recv() => {
                apply(&mut state, message, &session, &hooks, &tell);
                soon(AFTER_INPUT);
            }
            changed = session.changed(), if is_live => {
                is_live = changed;
                soon(AFTER_DATA);
            }
            _ = clock.tick(), if is_live => soon(AFTER_DATA),
            () = frame_due => {
                state.now = now();
                let missing = draw(&mut screen, &mut state, &session)?;
                drawn = Instant::now();
                draw_at = (!state.is_listed).then(|| drawn + AFTER_INPUT);
                if let Some(effect) = missing {
                    carry_out(effect, &hooks, &tell);
                }
            }
        }
        if state.is_quitting {
            return Ok(());
        }
    }
}

async fn due(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}

fn apply(state: &mut State, message: Message, session: &Session, hooks: &Hooks, tell: &UnboundedSender<Message>) {
    let effect = session.look(|book| state.update(message, book));
    if let Some(effect) = effect {
        carry_out(effect, hooks, tell);
    }
}

fn draw(screen: &mut Screen, state: &mut State, session: &Session) -> io::Result<Option<Effect>> {
    let Size { width, height } = screen.terminal.size()?;
    state.size = Size { width, height };
    let effect = look(state, session);
    screen.terminal.draw(|frame| view::draw(frame, state))?;
    Ok(effect)
}

/// Takes from the session what the next frame shows.
fn look(state: &mut State, session: &Session) -> Option<Effect> {
    let (rows, _) = view::windows(state);
    let columns = view::pane_columns(state);
    let effect = session.look(|book| state.look_at(book, rows));
    state.lay_out(columns);
    effect
}

/// Off the loop: the disk may be slow.
fn carry_out(effect: Effect, hooks: &Hooks, tell: &UnboundedSender<Message>) {
    let (hooks, tell) = (hooks.clone(), tell.clone());
    match effect {
        Effect::Quit => {}
        // OSC 52: over SSH as well; a terminal that does not know it passes it over.
        Effect::Copy(text) => {
            let _ = execute!(stdout(), CopyToClipboard::to_clipboard_from(text));
        }
        Effect::Load(id) => {
            tokio::task::spawn_blocking(move || {
                let _ = tell.send(Message::Loaded(id, (hooks.load)(id).map(Box::new)));
            });
        }
        Effect::Export(path) => {
            tokio::task::spawn_blocking(move || {
                let done = (hooks.export)(&path);
                let _ = tell.send(Message::Exported(path, done));
            });
        }
    }
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_unix_ms(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
