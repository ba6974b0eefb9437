//! The command line, as a process of its own.

mod admin;
mod admin_token;
mod data;
mod documents;
mod health;
mod issuers;
mod ledger;
mod logs;
mod reload;
pub(crate) mod running;
pub(crate) mod serve;
mod shared;
#[cfg(feature = "opentelemetry")]
mod traces;

use std::process::{Command, Output, Stdio};

use crate::support::secrets;

/// The binary, in an environment without configuration.
fn presenced(arguments: &[&str]) -> Command {
    presenced_in(Command::new(env!("CARGO_BIN_EXE_presenced")), arguments)
}

/// The same after a command of the shell that changes what the process may have.
fn presenced_after(preparing: &str, arguments: &[&str]) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("{preparing} && exec \"$0\" \"$@\""), env!("CARGO_BIN_EXE_presenced")]);
    presenced_in(shell, arguments)
}

fn presenced_in(mut command: Command, arguments: &[&str]) -> Command {
    for (key, _) in std::env::vars_os() {
        if key.to_string_lossy().starts_with("PRESENCED_") {
            command.env_remove(key);
        }
    }
    command.args(arguments).stdin(Stdio::null());
    command
}

/// Runs the binary to its end.
fn run(arguments: &[&str]) -> Output {
    presenced(arguments).output().expect("the binary runs")
}

/// Exit code, standard output and standard error, for snapshots.
fn shown(output: &Output) -> String {
    secrets::look_at(&String::from_utf8_lossy(&output.stderr));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let code = output.status.code().map_or_else(|| "killed".to_owned(), |code| code.to_string());
    format!("exit {code}\n{}{}", text(&output.stdout), text(&output.stderr))
}

#[test]
fn help_and_version() {
    let help = run(&["--help"]);
    crate::support::snapshots().bind(|| insta::assert_snapshot!("cli-help", shown(&help)));
    let version = run(&["--version"]);
    assert_eq!(shown(&version), format!("exit 0\npresenced {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn unusable_arguments_exit_with_2() {
    for arguments in
        [&["nonsense"] as &[&str], &["openapi", "nonsense"], &["serve", "--listen", "nowhere"], &[]]
    {
        assert_eq!(run(arguments).status.code(), Some(2), "{arguments:?}");
    }
}
