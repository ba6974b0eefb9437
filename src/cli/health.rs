use std::time::Duration;

use clap::Args;

use super::{Done, Failure, admin};

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
        let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build();
        let url = format!("{}/readyz", self.url.trim_end_matches('/'));
        let answer = client.map_err(Failure::unusable)?.get(&url).send().await;
        let answer = answer.map_err(|error| Failure::No(format!("no answer from {url}: {error}")))?;
        if answer.status().is_success() {
            return Ok(());
        }
        let status = answer.status();
        Err(Failure::No(format!("{url}: {status}: {}", answer.text().await.unwrap_or_default())))
    }
}
