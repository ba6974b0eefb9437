//! What `user`, `token` and `room` share: how they reach a running server, and how they print.

use std::{fs, path::PathBuf};

use clap::{Args, Subcommand};
use comfy_table::{Table, presets};
use serde::Serialize;

use super::{Done, Failure, print};
use crate::client::{Client, Error, Told};

#[derive(Debug, Args)]
pub(super) struct Admin<A: Subcommand> {
    #[command(subcommand)]
    action: A,
    #[command(flatten)]
    connection: Connection,
    /// Print JSON instead of a table.
    #[arg(long, global = true)]
    json: bool,
}

/// Which server a command calls, and with which token.
#[derive(Debug, Args)]
pub(super) struct Connection {
    /// The server.
    #[arg(long, global = true, value_name = "URL", default_value = "http://127.0.0.1:8008")]
    url: String,
    /// The admin token; better kept in a file.
    #[arg(long, global = true, value_name = "TOKEN", conflicts_with = "token_file")]
    token: Option<String>,
    /// The file with the admin token.
    #[arg(long, global = true, value_name = "FILE", default_value = "presenced-data/admin-token")]
    token_file: PathBuf,
}

/// What an action gives back, in both forms that can be printed.
pub(super) struct Report {
    json: serde_json::Value,
    text: String,
}

impl Report {
    /// A table, and the same as JSON.
    pub(super) fn table<const N: usize>(
        json: &impl Serialize,
        header: [&str; N],
        rows: impl IntoIterator<Item = [String; N]>,
    ) -> Self {
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_header(header).add_rows(rows);
        for column in table.column_iter_mut() {
            column.set_padding((0, 2));
        }
        let lines = table.lines().map(|line| format!("{}\n", line.trim_end()));
        Self { json: to_json(json), text: lines.collect() }
    }

    /// A sentence, and JSON that says the same.
    pub(super) fn sentence(json: &impl Serialize, text: impl Into<String>) -> Self {
        Self { json: to_json(json), text: text.into() + "\n" }
    }
}

fn to_json(value: &impl Serialize) -> serde_json::Value {
    serde_json::to_value(value).expect("what the API answers is JSON")
}

/// One action of an admin command.
pub(super) trait Action: Subcommand {
    /// Calls the server.
    async fn call(self, client: &Client) -> Result<Report, Error>;
}

impl<A: Action> Admin<A> {
    pub(super) fn run(self) -> Done {
        let client = self.connection.client()?;
        let report = block_on(async { self.action.call(&client).await.map_err(failure) })?;
        if self.json {
            print(&format!("{:#}\n", report.json));
        } else {
            print(&report.text);
        }
        Ok(())
    }
}

/// Runs a command's calls to their end.
pub(super) fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(Failure::unusable)?.block_on(work)
}

/// What a call that went wrong is to the command.
pub(super) fn failure(error: Error) -> Failure {
    match error.refusal() {
        Some(refusal) if matches!(refusal.told, Told::Presenced(_)) => Failure::No(error.to_string()),
        _ => Failure::unusable(error),
    }
}

impl Connection {
    /// A client of that server.
    pub(super) fn client(&self) -> Result<Client, Failure> {
        if self.url.starts_with("https:") {
            let why = "--url: https is not spoken by this command; run it where the server is, over http";
            return Err(Failure::unusable(why));
        }
        Ok(Client::new(&self.url).token(&self.token()?))
    }

    fn token(&self) -> Result<String, Failure> {
        if let Some(token) = &self.token {
            return Ok(token.clone());
        }
        let file = &self.token_file;
        let text = fs::read_to_string(file).map_err(|error| {
            Failure::unusable(format!(
                "no admin token: {}: {error}; name the file with --token-file, or use --token",
                file.display()
            ))
        })?;
        Ok(text.trim().to_owned())
    }
}
