//! Presence lists of a server of ours.

use async_trait::async_trait;
use axum::extract::FromRef;

use crate::{
    api::{
        matrix::{
            config::Matrix,
            error::{BadRequest, MatrixRefusal},
            list::OWN_ALONE,
            stub::{
                self, AuthenticateError, Caller, Identity, PresenceStatus, Unread,
                presence_lists::{
                    EventType, GetListError, ListedEvent, ListedPresence, ModifyListError,
                    PresenceListUpdate, PresenceLists,
                },
            },
        },
        stub::{Credentials, Limits, Stub},
    },
    app::{App, Parts},
    directory::{DirectoryError, Scope},
    id::UserId,
    service::Viewer,
};

impl FromRef<App> for Stub<dyn PresenceLists> {
    fn from_ref(app: &App) -> Self {
        let limits = &app.config.limits;
        Self { backend: app.parts(), limits: Limits::of(limits, limits.body_bytes) }
    }
}

#[async_trait]
impl PresenceLists for Parts {
    async fn authenticate(&self, credentials: &Credentials) -> Result<Identity, AuthenticateError> {
        stub::Presence::authenticate(self, credentials).await
    }

    async fn get_presence_list(&self, caller: &Caller, user: &str) -> Result<Vec<ListedEvent>, GetListError> {
        caller.require(Scope::Read)?;
        own_list(caller, user)?;
        let now = self.service.now();
        let list = self.directory.list(&caller.user);
        let users: Vec<&UserId> = list.accepted().collect();
        let answers = self.service.get_many(Viewer::User(&caller.user), &users, now).await?;
        // Whoever is hidden is not told of.
        let seen = users.into_iter().zip(answers).filter_map(|(user, answer)| Some((user, answer.ok()?)));
        let event = |(user, presence)| ListedEvent {
            kind: EventType::Presence.into(),
            content: ListedPresence {
                user_id: UserId::as_str(user).to_owned(),
                presence: PresenceStatus::new(&presence, now, self.config.section::<Matrix>().busy),
            },
        };
        Ok(seen.map(event).collect())
    }

    async fn modify_presence_list(
        &self,
        caller: &Caller,
        user: &str,
        update: Unread<PresenceListUpdate>,
    ) -> Result<(), ModifyListError> {
        caller.require(Scope::Write)?;
        own_list(caller, user)?;
        let turn = self.service.turn(&caller.user).map_err(MatrixRefusal::limit_exceeded)?;
        let update = update.read().await?;
        match self.service.change_list(turn, update.invite, update.drop).await {
            Ok(()) => Ok(()),
            Err(error @ DirectoryError::ListTooLong(_)) => {
                Err(MatrixRefusal::larger_than_allowed(error.to_string()).into())
            }
            Err(error) => Err(error.into()),
        }
    }

    fn takes_query_token(&self) -> bool {
        self.config.section::<Matrix>().query_token
    }
}

/// Refuses all lists but the caller's own.
fn own_list(caller: &Caller, user: &str) -> Result<(), BadRequest> {
    let refused = || MatrixRefusal::invalid_param(OWN_ALONE);
    (user == caller.user.as_str()).then_some(()).ok_or_else(refused)
}
