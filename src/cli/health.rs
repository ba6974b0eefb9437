//! `health`: whether a server is ready, for what supervises it.

use std::time::Duration;

use clap::Args;

use super::{Done, Failure, admin};
use crate::client::AdminClient;

/// How long a server may take to say how it is.
const PATIENCE: Duration = Duration::from_secs(2);

#[derive(Debug, Args)]
pub(super) struct Health {
    /// The server.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8008")]
    url: String,
}

impl Health {
    pub(super) fn run(self) -> Done {
        admin::block_on(self.ask())
    }

    /// Whatever is not ready is a "no", for supervisors tell nothing else apart.
    async fn ask(self) -> Done {
        let client = AdminClient::new(&self.url, "");
        let why = match tokio::time::timeout(PATIENCE, client.ready()).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("no answer within {} s", PATIENCE.as_secs()),
        };
        Err(Failure::No(format!("{} is not ready: {why}", self.url)))
    }
}
