//! Programs that are none of ours and run beside a test.

use std::{
    fs,
    future::Future,
    net::TcpListener,
    os::unix::process::CommandExt as _,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process_group};

/// How often it is looked whether a program does what it was started for, and how long that takes at most.
const LOOKED_AT_EVERY: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_secs(60);

/// A program, with all that it starts. It ends with its test, whatever becomes of that, and leaves nothing running.
pub(crate) struct Program {
    pub child: Child,
}

impl Program {
    /// Starts a program. What it says goes to the file `log` in a folder, which is its home too.
    pub(crate) fn start(mut command: Command, folder: &Path) -> Self {
        command.current_dir(folder).env("HOME", folder).env("XDG_DATA_HOME", folder);
        let log = fs::File::create(folder.join("log")).expect("a file");
        command.stdout(log.try_clone().expect("a file")).stderr(log);
        Self::spawn(command)
    }

    /// Starts a program with an output of its own.
    pub(crate) fn spawn(mut command: Command) -> Self {
        command.stdin(Stdio::null()).process_group(0);
        Self { child: command.spawn().expect("the program runs") }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let group = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).expect("a process");
        let _ended = kill_process_group(group, Signal::KILL);
        let _reaped = self.child.wait();
    }
}

/// A port that is free now, for a program that can't be given a socket.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}

/// Looks again and again, until there is something to see.
pub(crate) async fn until<T, L: Future<Output = Option<T>>>(mut look: impl FnMut() -> L) -> Option<T> {
    let mut ticks = tokio::time::interval(LOOKED_AT_EVERY);
    let looking = async {
        loop {
            ticks.tick().await;
            if let Some(seen) = look().await {
                return seen;
            }
        }
    };
    tokio::time::timeout(PATIENCE, looking).await.ok()
}
