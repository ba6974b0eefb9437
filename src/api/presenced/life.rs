//! The life of a token with which presence is followed.

use std::{future::pending, time::Duration};

use super::types::EndReason;
use crate::{
    app::App,
    auth::{Access, AuthError},
    presence::Timestamp,
};

/// A token, with which what it opened ends; and so it does with a scope that is needed.
#[derive(Debug)]
pub(super) struct TokenLife {
    access: Access,
    expires: Option<Timestamp>,
    /// When its end is to be announced; none: that was done, or there is none.
    warn_at: Option<Timestamp>,
}

/// What becomes of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenNews {
    /// It ends soon.
    Expires(Timestamp),
    Ended(EndReason),
}

impl TokenLife {
    /// The life of a token that is used from now on.
    pub(super) fn begin(app: &App, access: Access) -> Self {
        let expires = app.auth.expires(&access);
        let warn_at = expires.map(|expires| {
            let left = expires.millis_since(app.service.now());
            let warning = app.config.limits.token_warning_seconds.saturating_mul(1_000).min(left / 2);
            Timestamp::from_millis(expires.as_millis() - warning)
        });
        Self { access, expires, warn_at }
    }

    /// Completes with what becomes of the token next.
    pub(super) async fn next(&mut self, app: &App) -> TokenNews {
        let warning = async {
            match self.warn_at.zip(self.expires) {
                Some((at, expires)) => {
                    app.alarms.until(at).await;
                    expires
                }
                None => pending().await,
            }
        };
        let turn = tokio::select! {
            biased;
            error = app.access_ended(&self.access) => TokenNews::Ended(reason(error)),
            expires = warning => TokenNews::Expires(expires),
        };
        if matches!(turn, TokenNews::Expires(_)) {
            self.warn_at = None;
        }
        turn
    }

    /// Whether the token still holds; if not, why.
    pub(super) async fn check(&self, app: &App) -> Result<(), EndReason> {
        app.auth.check(&self.access).await.map_err(reason)
    }
}

fn reason(error: AuthError) -> EndReason {
    if error == AuthError::Expired { EndReason::Expired } else { EndReason::Revoked }
}

/// The longest that a client may take to read what is told at once.
pub(super) fn longest_write(app: &App) -> Duration {
    Duration::from_secs(app.config.limits.stream_write_seconds)
}
