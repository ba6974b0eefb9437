//! The contracts over a server of ours.

mod presence_lists;

use async_trait::async_trait;
use axum::extract::FromRef;

use super::{
    config::Matrix,
    error::MatrixRefusal,
    presence::OWN_ALONE,
    stub::{
        AuthenticateError, Caller, GetPresenceError, Identity, Presence, PresenceStatus, PresenceUpdate,
        SetPresenceError, Unread,
    },
};
use crate::{
    api::stub::{Credentials, Limits, Stub},
    app::{App, Parts},
    directory::Scope,
    id::UserId,
    presence::{Input, Status},
    service::Viewer,
};

impl FromRef<App> for Stub<dyn Presence> {
    fn from_ref(app: &App) -> Self {
        let limits = &app.config.limits;
        Self { backend: app.parts(), limits: Limits::of(limits, limits.body_bytes) }
    }
}

#[async_trait]
impl Presence for Parts {
    async fn authenticate(&self, credentials: &Credentials) -> Result<Identity, AuthenticateError> {
        let Credentials { token, on_behalf_of } = credentials;
        let identified = self.auth.identify_by_token(token.as_bytes().to_vec(), on_behalf_of.as_deref());
        Ok(identified.await?.caller()?.refuse_guests()?)
    }

    async fn get_presence(&self, caller: &Caller, user: &str) -> Result<PresenceStatus, GetPresenceError> {
        caller.require(Scope::Read)?;
        let now = self.service.now();
        let user: UserId = user.parse().map_err(|_| self.service.nobody())?;
        let presence = self.service.get(Viewer::User(&caller.user), &user, now).await?;
        Ok(PresenceStatus::new(&presence, now, self.config.section::<Matrix>().busy))
    }

    async fn set_presence(
        &self,
        caller: &Caller,
        user: &str,
        update: Unread<PresenceUpdate>,
    ) -> Result<(), SetPresenceError> {
        caller.require(Scope::Write)?;
        if user != caller.user.as_str() {
            return Err(MatrixRefusal::forbidden(OWN_ALONE).into());
        }
        let turn = self.service.turn(&caller.user).map_err(MatrixRefusal::limit_exceeded)?;
        let update = update.read().await?;
        let inputs = [
            Input::Claim { device: caller.device.clone(), state: update.presence.into_core() },
            Input::Status(update.status_msg.as_deref().and_then(Status::lasting)),
        ];
        self.service.set(turn, &inputs).await?;
        Ok(())
    }

    fn takes_query_token(&self) -> bool {
        self.config.section::<Matrix>().query_token
    }

    fn knows_busy(&self) -> bool {
        self.config.section::<Matrix>().busy
    }
}
