//! The server: the real binary as the demo runs it, in a process of its own, so that its memory and its
//! processor time can be told from the watchers'.

use std::{
    env, fs,
    io::{BufRead, BufReader},
    net::{SocketAddr, TcpListener},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use clap::ValueEnum as _;

use crate::{bare::Bare, machine};

/// Everybody may see everybody, and one user may have all the watchers.
const ENVIRONMENT: [(&str, &str); 5] = [
    ("PRESENCED_PRESENCE__VISIBILITY", "server"),
    ("PRESENCED_LIMITS__CONNECTIONS", "1000000"),
    ("PRESENCED_LIMITS__STREAMS", "1000000"),
    ("PRESENCED_LIMITS__STREAMS_PER_USER", "1000000"),
    ("PRESENCED_LOG__FILTER", "error"),
];

/// The admin token of all servers.
pub(super) const ADMIN_TOKEN: &str = "demo-admin";

/// A running server, which ends with this value.
pub(super) struct Server {
    child: Child,
    pub(super) address: SocketAddr,
}

impl Server {
    /// Starts a server that keeps what it is told in `data`, or in memory alone.
    pub(super) fn start(data: Option<&Path>) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_presenced"));
        command.args(["serve", "--demo", "--listen", "127.0.0.1:0"]).envs(ENVIRONMENT);
        if let Some(data) = data {
            command.arg("--data").arg(data);
        }
        Self::spawn(command)
    }

    /// Starts a server over much data, which takes its time, with users who are no demo's; and waits until it is ready.
    pub(super) async fn start_patiently(data: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("it listens");
        drop(listener);
        let token = Path::new(env!("CARGO_TARGET_TMPDIR")).join("admin-token");
        fs::write(&token, ADMIN_TOKEN).expect("a file can be written");
        let mut command = Command::new(env!("CARGO_BIN_EXE_presenced"));
        command.args(["serve", "--listen", &address.to_string(), "--data"]).arg(data).envs(ENVIRONMENT);
        command.env("PRESENCED_SERVER__ADMIN_TOKEN_FILE", token);
        let server = Self { child: command.spawn().expect("the server starts"), address };
        let is_ready = async || {
            let answer = reqwest::get(format!("http://{address}/readyz")).await;
            answer.is_ok_and(|answer| answer.status().is_success())
        };
        while !is_ready().await {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        server
    }

    /// Starts this program as a bare server.
    pub(super) fn start_bare(what: Bare) -> Self {
        let mut command = Command::new(env::current_exe().expect("this program has a file"));
        let what = what.to_possible_value().expect("every server has a name");
        command.args(["--bench", "--bare", what.get_name()]);
        Self::spawn(command)
    }

    fn spawn(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the server starts");
        let mut greeting = String::new();
        let stdout = child.stdout.take().expect("the output is piped");
        BufReader::new(stdout).read_line(&mut greeting).expect("the server greets");
        let address = greeting.split("http://").nth(1).and_then(|rest| rest.split([' ', '\n']).next());
        let address = address.and_then(|text| text.parse().ok()).expect("the greeting has the address");
        Self { child, address }
    }

    /// The processor time used so far.
    pub(super) fn processor_micros(&self) -> f64 {
        machine::processor_micros(self.child.id())
    }

    /// The resident memory, in KiB. What the kernel holds for sockets is not in it.
    pub(super) fn resident_kib(&self) -> f64 {
        self.status_kib("VmRSS:")
    }

    /// Begins to look for the highest resident memory, and returns what it is now.
    pub(super) fn begin_peak_kib(&self) -> f64 {
        // 5 resets the peak, as proc(5) has it.
        fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5").expect("the server runs");
        self.resident_kib()
    }

    /// The highest resident memory since then.
    pub(super) fn peak_kib(&self) -> f64 {
        self.status_kib("VmHWM:")
    }

    fn status_kib(&self, name: &str) -> f64 {
        let status =
            fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("the server runs");
        let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("proc(5)");
        line.trim().trim_end_matches(" kB").parse().expect("proc(5)")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _ended = self.child.wait();
    }
}
