//! The command line. Each command has its file in `cli/`.
//!
//! Exit codes: 0 done; 1 the command's own "no" (a difference that breaks something, a refusal by the server);
//! 2 unusable input or start; 3 a difference that breaks nothing.

mod admin;
mod app_token;
mod config;
mod export;
mod health;
mod import;
mod openapi;
mod room;
mod schema;
mod serve;
mod subscription;
mod token;
mod user;
mod words;

use std::{fmt::Display, process::ExitCode};

use clap::{Parser, Subcommand};

/// A presence server: who is online, since when, with what status.
#[derive(Debug, Parser)]
#[command(version, disable_help_subcommand = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server.
    Serve(serve::Serve),
    /// Print a dialect's OpenAPI document, or compare a file with it.
    Openapi(openapi::OpenApi),
    /// Print a JSON Schema.
    Schema(schema::Schema),
    /// Check a configuration, or print the documented defaults.
    Config(config::Config),
    /// Manage the users of a running server.
    User(admin::Admin<user::User>),
    /// Manage the tokens of a running server.
    Token(admin::Admin<token::Token>),
    /// Manage the tokens of apps, which belong to no user, of a running server.
    AppToken(admin::Admin<app_token::AppToken>),
    /// Manage the rooms of a running server.
    Room(admin::Admin<room::Room>),
    /// List and end the subscriptions to changes on a running server.
    Subscription(admin::Admin<subscription::Subscription>),
    /// Write all that a running server keeps as JSON Lines.
    Export(export::Export),
    /// Fill a new data folder with an export.
    Import(import::Import),
    /// Tell by the exit code whether a server is ready: 0 if it is, 1 if not.
    Health(health::Health),
}

/// Why a command did not do what it was told.
#[derive(Debug)]
enum Failure {
    /// The command's own "no"; what there is to say about it.
    No(String),
    /// Unusable input or start; one line for the user.
    Unusable(String),
    /// A difference that breaks nothing.
    Compatible(String),
}

impl Failure {
    fn unusable(error: impl Display) -> Self {
        Self::Unusable(error.to_string())
    }

    /// What there is to say about it.
    fn message(&self) -> &str {
        let (Self::No(message) | Self::Unusable(message) | Self::Compatible(message)) = self;
        message
    }
}

type Done = Result<(), Failure>;

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Serve(serve) => serve.run(),
        Command::Openapi(openapi) => openapi.run(),
        Command::Schema(schema) => schema.run(),
        Command::Config(config) => config.run(),
        Command::User(admin) => admin.run(),
        Command::Token(admin) => admin.run(),
        Command::AppToken(admin) => admin.run(),
        Command::Room(admin) => admin.run(),
        Command::Subscription(admin) => admin.run(),
        Command::Export(export) => export.run(),
        Command::Import(import) => import.run(),
        Command::Health(health) => health.run(),
    };
    let (message, code) = match done {
        Ok(()) => return ExitCode::SUCCESS,
        Err(Failure::No(message)) => (message, 1),
        Err(Failure::Unusable(message)) => (message, 2),
        Err(Failure::Compatible(message)) => (message, 3),
    };
    eprintln!("presenced: {message}");
    ExitCode::from(code)
}

/// Prints to standard output; a reader that went away is no failure.
fn print(text: &str) {
    use std::io::Write as _;
    let _gone = std::io::stdout().lock().write_all(text.as_bytes());
}
