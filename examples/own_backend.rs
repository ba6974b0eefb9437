//! Matrix presence over a `HashMap`, with refusals, document and Swagger UI as the contract has them.
//! Open <http://127.0.0.1:8009/swagger-ui/> and use the token `demo-alice` or `demo-bob`.
#![expect(clippy::disallowed_methods, reason = "this server has no clock that is handed on")]

use std::{collections::HashMap, io, num::NonZeroU32, sync::Arc, time::Instant};

use async_trait::async_trait;
use axum::Router;
use parking_lot::Mutex;
use presenced::stub::{Credentials, Limits, UserId, matrix::*};
use presenced::{clock::SystemClock, limit::RateLimit};
use utoipa_swagger_ui::SwaggerUi;

/// Every user, with what they said last.
struct Users {
    said: Mutex<HashMap<String, Option<(PresenceUpdate, Instant)>>>,
    rate: RateLimit<UserId>,
}

#[async_trait]
impl Presence for Users {
    async fn authenticate(&self, credentials: &Credentials) -> Result<Identity, AuthenticateError> {
        let user = match credentials.token.strip_prefix("demo-") {
            Some(name @ ("alice" | "bob" | "ghost")) => format!("@{name}:example.com"),
            Some("guest") => return Err(MatrixRefusal::guest().into()),
            Some("past") => return Err(MatrixRefusal::unknown_token("It has expired", true).into()),
            _ => return Err(MatrixRefusal::no_such_token().into()),
        };
        Ok(Identity::new(user.parse().expect("a user id"), "DEMO".parse().expect("a device id")))
    }

    async fn get_presence(&self, caller: &Caller, user: &str) -> Result<PresenceStatus, GetPresenceError> {
        let own = user == caller.user.as_str();
        match self.said.lock().get(user) {
            None => Err(MatrixRefusal::forbidden("There is nobody whom you may see").into()),
            Some(_) if user.starts_with("@ghost:") && !own => Err(MatrixRefusal::not_found("Hidden").into()),
            Some(None) => Ok(PresenceStatus::of(PresenceState::Offline)),
            Some(Some((update, at))) => Ok(PresenceStatus {
                last_active_ago: at.elapsed().as_millis().try_into().ok(),
                status_msg: update.status_msg.clone(),
                currently_active: (update.presence == PresenceState::Online).then_some(true),
                ..PresenceStatus::of(update.presence)
            }),
        }
    }

    async fn set_presence(
        &self,
        caller: &Caller,
        user: &str,
        update: Unread<PresenceUpdate>,
    ) -> Result<(), SetPresenceError> {
        if user != caller.user.as_str() {
            return Err(MatrixRefusal::forbidden("You can only set your own presence").into());
        }
        self.rate.check(&caller.user).map_err(MatrixRefusal::limit_exceeded)?;
        let update = update.read().await?;
        if update.status_msg.as_ref().is_some_and(|text| text.len() > 1_024) {
            return Err(MatrixRefusal::larger_than_allowed("A status has at most 1024 bytes").into());
        }
        self.said.lock().insert(user.to_owned(), Some((update, Instant::now())));
        Ok(())
    }
}

/// All routes; each user may set presence so often in a second, or as often as they like if that is 0.
pub(crate) fn app(per_second: f64) -> Router {
    let users = ["alice", "bob", "ghost"].map(|name| (format!("@{name}:example.com"), None));
    let rate = RateLimit::new(per_second, NonZeroU32::MIN, Arc::new(SystemClock::start()));
    let users = Users { said: Mutex::new(users.into()), rate };
    let swagger_ui = SwaggerUi::new("/swagger-ui").url("/openapi.json", document());
    routes(Arc::new(users), Limits::default()).merge(swagger_ui)
}

#[tokio::main]
async fn main() -> io::Result<()> {
    axum::serve(tokio::net::TcpListener::bind("127.0.0.1:8009").await?, app(1.0)).await
}
