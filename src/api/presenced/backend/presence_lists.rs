//! Presence lists of a server of ours.

use async_trait::async_trait;
use axum::extract::FromRef;

use crate::{
    api::{
        presenced::{
            error::{ProblemRefusal, found},
            extract,
            lists::no_invitation,
            stub::{
                self, AuthenticateError, Caller, Identity,
                presence_lists::{GetListError, ListEntry, ObserverError, PresenceList, PresenceLists},
            },
        },
        stub::{Credentials, Stub},
    },
    app::{App, Parts},
    directory::Standing,
    id::UserId,
};

impl FromRef<App> for Stub<dyn PresenceLists> {
    fn from_ref(app: &App) -> Self {
        Self { backend: app.parts(), limits: extract::of(app) }
    }
}

#[async_trait]
impl PresenceLists for Parts {
    async fn authenticate(&self, credentials: &Credentials) -> Result<Identity, AuthenticateError> {
        stub::Presence::authenticate(self, credentials).await
    }

    async fn get_presence_list(&self, _caller: &Caller, user: &UserId) -> Result<PresenceList, GetListError> {
        if !self.directory.knows(user) {
            return Err(ProblemRefusal::no_user(user).into());
        }
        Ok(self.service.listing(user).into())
    }

    async fn accept_observer(
        &self,
        caller: &Caller,
        user: &UserId,
        observer: &UserId,
    ) -> Result<ListEntry, ObserverError> {
        caller.turn(self)?;
        match found(self.service.accept_observer(user, observer).await)? {
            true => Ok((observer.clone(), Standing::Accepted).into()),
            false => Err(no_invitation(observer).into()),
        }
    }

    async fn deny_observer(
        &self,
        caller: &Caller,
        user: &UserId,
        observer: &UserId,
    ) -> Result<(), ObserverError> {
        caller.turn(self)?;
        match found(self.service.deny_observer(user, observer).await)? {
            true => Ok(()),
            false => Err(no_invitation(observer).into()),
        }
    }
}
