//! tlscope in a pseudo-terminal: keys go in, and what stands on its screen comes back.

use std::io::{Read as _, Write};
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use vt100::{MouseProtocolMode, Parser};

use crate::process::{command, run, until};

/// A terminal with a program in it.
pub(crate) struct Terminal {
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    parser: Arc<Mutex<Parser>>,
    /// The modes of the line before the program began.
    modes: String,
}

impl Terminal {
    /// Starts a program on a screen of so many columns and rows.
    pub(crate) fn start(command: &Command, columns: u16, rows: u16) -> Self {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let modes = modes(pair.master.tty_name().unwrap());
        let mut builder = CommandBuilder::new(command.get_program());
        builder.args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => builder.env(name, value),
                None => builder.env_remove(name),
            }
        }
        if let Some(dir) = command.get_current_dir() {
            builder.cwd(dir);
        }
        builder.env("TERM", "xterm-256color");
        let child = pair.slave.spawn_command(builder).unwrap();
        let parser = Arc::new(Mutex::new(Parser::new(rows, columns, 0)));
        let (own, mut reader) = (parser.clone(), pair.master.try_clone_reader().unwrap());
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(n @ 1..) = reader.read(&mut bytes) {
                own.lock().unwrap().process(&bytes[..n]);
            }
        });
        let keys = pair.master.take_writer().unwrap();
        Self { master: pair.master, keys, child, parser, modes }
    }

    /// What stands on the screen.
    pub(crate) fn text(&self) -> String {
        self.parser.lock().unwrap().screen().contents()
    }

    /// Looks at the screen itself.
    pub(crate) fn look<T>(&self, with: impl FnOnce(&vt100::Screen) -> T) -> T {
        with(self.parser.lock().unwrap().screen())
    }

    /// Waits until a text stands on the screen.
    #[track_caller]
    pub(crate) fn shows(&mut self, text: &str) -> &mut Self {
        let caller = std::panic::Location::caller();
        self.wait(&format!("{text:?} at {caller}"), |screen| screen.contains(text));
        self
    }

    /// Waits until a text stands on the screen no more.
    pub(crate) fn hides(&mut self, text: &str) -> &mut Self {
        self.wait(&format!("no {text:?}"), |screen| !screen.contains(text));
        self
    }

    fn wait(&mut self, what: &str, holds: impl Fn(&str) -> bool) {
        let began = std::time::Instant::now();
        until(what, || {
            let text = self.text();
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none() || holds(&text), "{what}: it ended with {ended:?}\n{text}");
            assert!(began.elapsed().as_secs() < 60 || holds(&text), "{what} did not come:\n{text}");
            holds(&text).then_some(())
        });
    }

    /// Presses keys.
    pub(crate) fn keys(&mut self, keys: &str) -> &mut Self {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
        self
    }

    /// Makes the window another size.
    pub(crate) fn resize(&mut self, columns: u16, rows: u16) {
        self.parser.lock().unwrap().screen_mut().set_size(rows, columns);
        self.master.resize(PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }).unwrap();
    }

    /// The process.
    pub(crate) fn id(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    /// Sends the process a signal by its name.
    pub(crate) fn signal(&self, name: &str) {
        run(command("kill").args(["-s", name, &self.id().to_string()])).well();
    }

    /// Waits for the program's end, and gives its exit code.
    pub(crate) fn ends(&mut self) -> u32 {
        until("the end of the program", || self.child.try_wait().unwrap()).exit_code()
    }

    /// The terminal is as it was before the program began.
    #[track_caller]
    pub(crate) fn is_clean(&self) {
        self.has_its_screen_back();
        assert_eq!(modes(self.master.tty_name().unwrap()), self.modes, "the modes of the line");
    }

    /// The screen is the shell's again: nothing of ours is left on.
    #[track_caller]
    pub(crate) fn has_its_screen_back(&self) {
        until("the screen of before", || self.look(|screen| !screen.alternate_screen()).then_some(()));
        self.look(|screen| {
            assert!(!screen.hide_cursor(), "the cursor is hidden");
            assert_eq!(screen.mouse_protocol_mode(), MouseProtocolMode::None);
            assert!(!screen.bracketed_paste(), "pastes are in brackets");
        });
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn modes(tty: PathBuf) -> String {
    run(command("stty").arg("-a").arg("-F").arg(tty)).well().text()
}
