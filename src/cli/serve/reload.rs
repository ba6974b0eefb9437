//! SIGHUP: the configuration is read again, and what may change does.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{admin_token, log::Log};
use crate::{
    app::App,
    cli::Failure,
    config::{Config, Reloaded},
    directory::TokenSecret,
};

/// What is replaced when the configuration is read again.
pub(super) struct Reloading {
    hangup: Signal,
    log: Log,
    /// The admin token that is in, unless it is the demo's.
    admin: Option<TokenSecret>,
}

impl Reloading {
    /// Catches SIGHUP from now on.
    pub(super) fn new(log: Log) -> io::Result<Self> {
        Ok(Self { hangup: signal(SignalKind::hangup())?, log, admin: None })
    }

    /// Notes the token that is in.
    pub(super) fn admit(&mut self, token: TokenSecret) {
        self.admin = Some(token);
    }

    /// Reads the configuration again at each signal, for ever.
    pub(super) async fn run(mut self, app: &App, load: impl Fn() -> Result<Config, Failure>) {
        loop {
            if self.hangup.recv().await.is_none() {
                std::future::pending::<()>().await;
            }
            let reloaded = load().and_then(|config| self.reload(app, &config));
            let result = if reloaded.is_ok() { "done" } else { "refused" };
            app.metrics.families.reloads.get_or_create(&[("result", result)]).inc();
            if let Err(failure) = reloaded {
                let why = failure.message();
                tracing::error!("{why}; everything stays as it was");
            }
        }
    }

    fn reload(&mut self, app: &App, config: &Config) -> Result<(), Failure> {
        if let Some(former) = &self.admin {
            let token = admin_token::admit(app, &config.server)?;
            if token.reveal() != former.reveal() {
                app.directory.dismiss(former);
                tracing::info!("the former admin token opens nothing any more");
            }
            self.admin = Some(token);
        }
        self.log.replace_filter(&config.log)?;
        let Reloaded { now, later, .. } = app.reload(config);
        tracing::info!(changed = now.join(" "), "the configuration was read again");
        if !later.is_empty() {
            tracing::warn!(keys = later.join(" "), "these hold from the next start");
        }
        Ok(())
    }
}
