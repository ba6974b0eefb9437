//! A server as a process of its own.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread::{self, JoinHandle},
    time::Duration,
};

use rustix::{
    param::clock_ticks_per_second,
    process::{Pid, Resource, Rlimit, getrlimit, prlimit},
};

use super::{presenced, presenced_after};
use crate::support::secrets;

/// How long a test waits for a line.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running server that is killed if the test fails before it ends.
pub(crate) struct Running {
    child: Child,
    /// The log's lines as they come, and all that were taken.
    lines: mpsc::Receiver<String>,
    log: String,
    reader: Option<JoinHandle<()>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

impl Running {
    /// Starts the binary with everything logged.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::start_with(arguments, &[("PRESENCED_LOG__FILTER", "trace")])
    }

    /// The same in another environment.
    pub(crate) fn start_with(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        Self::spawn(presenced(arguments), environment)
    }

    /// The same after a command of the shell that changes what the process may have.
    pub(crate) fn start_after(preparing: &str, arguments: &[&str]) -> Self {
        Self::spawn(presenced_after(preparing, arguments), &[])
    }

    /// Starts a program that is or becomes the binary.
    pub(crate) fn spawn(mut command: Command, environment: &[(&str, &str)]) -> Self {
        command.envs(environment.iter().copied()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary runs");
        let log = BufReader::new(child.stderr.take().expect("standard error"));
        let (sender, lines) = mpsc::channel();
        // A server whose log nobody reads would stop at some point.
        let reader = thread::spawn(move || {
            for line in log.lines().map_while(Result::ok) {
                secrets::look_at(&line);
                let _nobody_looks = sender.send(line);
            }
        });
        Self { child, lines, log: String::new(), reader: Some(reader) }
    }

    /// Reads standard output up to the line that ends the greeting.
    pub(crate) fn greeting(&mut self) -> String {
        let mut lines = String::new();
        let mut reader = BufReader::new(self.child.stdout.as_mut().expect("standard output"));
        while !lines.contains("Ctrl-C") {
            assert_ne!(reader.read_line(&mut lines).expect("text"), 0, "it ended: {lines}");
        }
        lines
    }

    /// Reads the log up to a line with this text, and returns the line.
    pub(crate) fn line_with(&mut self, text: &str) -> String {
        loop {
            let line = self.lines.recv_timeout(PATIENCE);
            let line = line.unwrap_or_else(|_| panic!("no line with {text:?}: {}", self.log));
            self.log += &line;
            self.log += "\n";
            if line.contains(text) {
                return line;
            }
        }
    }

    /// Where it serves, as the log says; not for a demo.
    pub(crate) fn url(&mut self) -> String {
        let line = self.line_with("serving");
        let address = line.split("address=").nth(1).expect("an address").split_whitespace().next();
        format!("http://{}", address.expect("an address"))
    }

    /// Waits for its end, and returns the exit code and the log.
    pub(crate) fn ended(mut self) -> (Option<i32>, String) {
        let code = self.child.wait().expect("it ends").code();
        self.reader.take().expect("a reader").join().expect("text");
        let rest: Vec<String> = self.lines.try_iter().collect();
        (code, format!("{}{}\n", self.log, rest.join("\n")))
    }

    /// How much memory it uses.
    pub(crate) fn resident_bytes(&self) -> usize {
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("a process");
        let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a size");
        line.trim().trim_end_matches(" kB").parse::<usize>().expect("a number") * 1_024
    }

    /// For how long it has kept processors busy.
    pub(crate) fn processor_time(&self) -> Duration {
        let text = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).expect("a process");
        // Behind the name, which may have spaces; of the process itself, by user and system.
        let fields: Vec<&str> = text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks = |field: usize| fields[field].parse::<u64>().expect("a number");
        Duration::from_millis((ticks(11) + ticks(12)) * 1_000 / clock_ticks_per_second())
    }

    /// How many files it has open.
    pub(crate) fn open_files(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.child.id())).expect("a process").count()
    }

    /// Lets it have no more files open than so many.
    pub(crate) fn limit_files(&self, files: usize) {
        let id = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).expect("a process");
        let limit = Rlimit { current: Some(files as u64), maximum: getrlimit(Resource::Nofile).maximum };
        prlimit(Some(id), Resource::Nofile, limit).expect("a limit");
    }

    /// Sends a signal by name.
    pub(crate) fn signal(&self, signal: &str) {
        let kill = format!("kill -s {signal} {}", self.child.id());
        let status = Command::new("sh").args(["-c", &kill]).status();
        assert!(status.expect("a shell").success());
    }

    /// Kills it, and returns its log.
    pub(crate) fn ended_by_kill(self) -> String {
        self.signal("KILL");
        self.ended().1
    }

    /// Sends a signal by name, and returns the exit code and the log.
    pub(crate) fn end(self, signal: &str) -> (Option<i32>, String) {
        self.signal(signal);
        self.ended()
    }
}
