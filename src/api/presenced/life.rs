//! The life of what is followed with a token.

use std::{future::pending, pin::Pin, time::Duration};

use super::types::EndReason;
use crate::{
    app::App,
    auth::{Access, AuthError},
    presence::Timestamp,
};

/// The life of something that goes on with a token. It ends with the token, with a scope that is needed, and with the
/// server.
pub(super) struct TokenLife {
    access: Access,
    expires: Option<Timestamp>,
    /// When its end is to be announced; none: that was done, or there is none.
    warn_at: Option<Timestamp>,
    /// What is waited for, over many waits that something else ended.
    coming: Option<Coming>,
}

type Coming = Pin<Box<dyn Future<Output = LifeNews> + Send>>;

/// What becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LifeNews {
    /// The token ends soon.
    Expires(Timestamp),
    Ended(EndReason),
}

impl TokenLife {
    /// The life of what a token is used for from now on.
    pub(super) fn begin(app: &App, access: Access) -> Self {
        let expires = app.auth.expires(&access);
        let warn_at = expires.map(|expires| {
            let left = expires.millis_since(app.service.now());
            let warning = app.config.limits.token_warning_seconds.saturating_mul(1_000).min(left / 2);
            Timestamp::from_millis(expires.as_millis() - warning)
        });
        Self { access, expires, warn_at, coming: None }
    }

    /// Completes with what becomes of it next. Nothing is lost by giving up the wait.
    pub(super) async fn next(&mut self, app: &App) -> LifeNews {
        let Self { access, expires, warn_at, coming } = self;
        let warning = warn_at.zip(*expires);
        let next = coming.get_or_insert_with(|| Box::pin(news(app.clone(), access.clone(), warning)));
        let news = next.await;
        *coming = None;
        if matches!(news, LifeNews::Expires(_)) {
            *warn_at = None;
        }
        news
    }

    /// Whether the token still holds; if not, why.
    pub(super) async fn check(&mut self, app: &App) -> Result<(), EndReason> {
        app.auth.check(&self.access).await.map_err(reason)
    }
}

/// What becomes of something next. `warning` is when to say that the token ends, and when it does.
async fn news(app: App, access: Access, warning: Option<(Timestamp, Timestamp)>) -> LifeNews {
    let warned = async {
        match warning {
            Some((at, expires)) => {
                app.alarms.until(at).await;
                expires
            }
            None => pending().await,
        }
    };
    tokio::select! {
        biased;
        () = app.drained() => LifeNews::Ended(EndReason::Stopping),
        error = app.access_ended(&access) => LifeNews::Ended(reason(error)),
        expires = warned => LifeNews::Expires(expires),
    }
}

fn reason(error: AuthError) -> EndReason {
    if error == AuthError::Expired { EndReason::Expired } else { EndReason::Revoked }
}

/// The longest that a client may take to read what is told at once.
pub(super) fn longest_write(app: &App) -> Duration {
    Duration::from_secs(app.config.limits.stream_write_seconds)
}
