//! `health`: whether a server is ready, for what supervises it.

use std::time::Duration;

use clap::Args;

use super::{Done, Failure, admin};
use crate::client::Client;

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
        let ready = Client::new(&self.url).timeout(PATIENCE).ready().await;
        ready.map(drop).map_err(|why| Failure::No(format!("{} is not ready: {why}", self.url)))
    }
}
