//! The contract over a server of ours.

mod lines;
pub(super) mod queues;

use std::{collections::BTreeMap, ops::Range};

use async_trait::async_trait;
use axum::{extract::FromRef, http::HeaderMap};

use super::{
    error::{Forbidden, NotFound, RestRefusal},
    extract::note_use,
    rate::RateGroup,
    stub::{
        AccountPage, AuthenticateError, CallQueuePresence, Caller, Detail, ExtensionCallQueuePresenceList,
        GetPresenceInfo, Identity, MonitoredExtensions, MonitoredLine, Presence, ReadAccountPresenceError,
        ReadLinesError, ReadQueueError, ReadQueuesError, ReadUserPresenceError, Unread, Update,
        UpdateLinesError, UpdateQueueError, UpdateQueuesError, UpdateUserPresenceError, Uris,
    },
};
use crate::{
    api::{
        origin,
        stub::{Credentials, Limits, Stub},
    },
    app::{App, Parts},
    auth,
    directory::{Extension, ExtensionStatus, User},
    id::UserId,
    limit::Tally,
    presence::Timestamp,
    service::ReadError,
};

impl FromRef<App> for Stub<dyn Presence> {
    fn from_ref(app: &App) -> Self {
        let limits = &app.config.limits;
        Self { backend: app.parts(), limits: Limits::of(limits, limits.body_bytes) }
    }
}

/// The extension that a token opens. Logging in again brings no extension to users of tokens that others sign: an admin
/// has to.
fn identity(server: &Parts, token: auth::Caller, is_signed: bool) -> Result<Identity, AuthenticateError> {
    let user = server.directory.user(&token.user).ok_or_else(RestRefusal::unknown_token)?;
    match user.extension {
        Some(Extension { account, is_admin, .. }) => {
            Ok(Identity { account, extension: user.number, is_admin, token })
        }
        None if is_signed => Err(RestRefusal::extension_lacks().into()),
        None => Err(RestRefusal::no_extension().into()),
    }
}

#[async_trait]
impl Presence for Parts {
    async fn authenticate(&self, credentials: &Credentials) -> Result<Identity, AuthenticateError> {
        let secret = credentials.token.as_bytes();
        let identified = self.auth.known(secret.to_vec()).await?;
        let is_signed = identified.signed.is_some();
        let identity = identity(self, identified.caller()?, is_signed)?;
        note_use(secret, self).await;
        Ok(identity)
    }

    fn count(&self, caller: &Caller, group: RateGroup) -> Option<Tally> {
        let auth::Caller { user, device, scopes, .. } = &caller.token;
        group.tally(self, user, device, *scopes)
    }

    fn origin(&self, headers: &HeaderMap) -> String {
        origin(&self.config, headers)
    }

    fn now(&self) -> Timestamp {
        self.service.now()
    }

    async fn read_presence(
        &self,
        caller: &Caller,
        extensions: &[u64],
        detail: Detail,
        uris: &Uris,
    ) -> Result<Vec<Option<GetPresenceInfo>>, ReadUserPresenceError> {
        let find = |number: &u64| self.directory.extension(caller.account, *number);
        let users: Vec<Option<User>> = extensions.iter().map(find).collect();
        let ids: Vec<&UserId> = users.iter().flatten().map(|user| &user.id).collect();
        let mut seen =
            self.service.extensions(&caller.token.user, &ids, self.service.now()).await?.into_iter();
        let answers = users.iter().map(|user| {
            let Some(user) = user else { return Ok(None) };
            match seen.next().unwrap_or(Err(ReadError::UnknownUser)) {
                Ok(seen) => Ok(Some(GetPresenceInfo::new(uris, user, &seen, detail))),
                Err(ReadError::Store(error)) => Err(error.into()),
                Err(_) => Ok(None),
            }
        });
        answers.collect()
    }

    async fn update_presence(
        &self,
        caller: &Caller,
        extension: u64,
        update: Unread<Update>,
        uris: &Uris,
    ) -> Result<GetPresenceInfo, UpdateUserPresenceError> {
        let user = target(self, caller, extension)?;
        let own = &caller.token.user;
        let extension = user.extension.as_ref().ok_or_else(|| RestRefusal::not_found("extensionId"))?;
        let turn = self.service.turn(own).map_err(RestRefusal::too_many_requests)?;
        let update = update.read().await?;
        let now = self.service.now();
        let inputs = update.inputs(extension, now)?;
        let record = self.service.set(turn.over(&user.id), &inputs).await?;
        let seen = match user.id == *own {
            true => self.service.own_extension(&user.id, &record, now),
            false => self.service.extension(own, &user.id, now).await?,
        };
        Ok(GetPresenceInfo::new(uris, &user, &seen, Detail::default()))
    }

    async fn read_account_presence(
        &self,
        caller: &Caller,
        places: Range<usize>,
        detail: Detail,
        uris: &Uris,
    ) -> Result<AccountPage, ReadAccountPresenceError> {
        let (users, total) = self.directory.extensions(caller.account, places.start, places.len());
        let ids: Vec<&UserId> = users.iter().map(|user| &user.id).collect();
        let answers = self.service.extensions(&caller.token.user, &ids, self.service.now()).await?;
        // Whoever is removed from the account meanwhile is left out.
        let seen = users.iter().zip(&answers).filter_map(|(user, seen)| Some((user, seen.as_ref().ok()?)));
        let records = seen.map(|(user, seen)| GetPresenceInfo::new(uris, user, seen, detail));
        Ok(AccountPage { records: records.collect(), total })
    }

    async fn read_monitored_extensions(
        &self,
        caller: &Caller,
        extension: u64,
        uris: &Uris,
    ) -> Result<MonitoredExtensions, ReadLinesError> {
        let user = extension_of(self, caller, extension)?;
        own(caller, &user)?;
        Ok(lines::read(self, caller, uris).ok_or_else(RestRefusal::unknown_token)?)
    }

    async fn update_monitored_extensions(
        &self,
        caller: &Caller,
        extension: u64,
        lines: Unread<Vec<MonitoredLine>>,
        uris: &Uris,
    ) -> Result<MonitoredExtensions, UpdateLinesError> {
        let user = extension_of(self, caller, extension)?;
        own(caller, &user)?;
        lines::set(self, caller, lines).await?;
        Ok(lines::read(self, caller, uris).ok_or_else(RestRefusal::unknown_token)?)
    }

    async fn read_call_queue_presence(
        &self,
        caller: &Caller,
        queue: u64,
    ) -> Result<CallQueuePresence, ReadQueueError> {
        let queue = queues::queue(self, caller, queue)?;
        Ok(queues::of_queue(self, &caller.token.user, &queue).await?)
    }

    async fn update_call_queue_presence(
        &self,
        caller: &Caller,
        queue: u64,
        update: Unread<BTreeMap<u64, bool>>,
    ) -> Result<CallQueuePresence, UpdateQueueError> {
        let queue = queues::queue(self, caller, queue)?;
        queues::set_queue(self, caller, &queue, update.read().await?).await?;
        Ok(queues::of_queue(self, &caller.token.user, &queue).await?)
    }

    async fn read_extension_call_queue_presence(
        &self,
        caller: &Caller,
        extension: u64,
    ) -> Result<ExtensionCallQueuePresenceList, ReadQueuesError> {
        let user = extension_of(self, caller, extension)?;
        let seen = self.service.extension(&caller.token.user, &user.id, self.service.now()).await?;
        Ok(queues::of_extension(self, &user, seen.shown.is_some()))
    }

    async fn update_extension_call_queue_presence(
        &self,
        caller: &Caller,
        extension: u64,
        update: Unread<BTreeMap<u64, bool>>,
    ) -> Result<ExtensionCallQueuePresenceList, UpdateQueuesError> {
        let user = extension_of(self, caller, extension)?;
        queues::set_extension(self, caller, &user, update).await?;
        let seen = self.service.extension(&caller.token.user, &user.id, self.service.now()).await?;
        Ok(queues::of_extension(self, &user, seen.shown.is_some()))
    }

    fn on_socket(&self, opened_by: &auth::Caller) -> Result<Identity, AuthenticateError> {
        identity(self, opened_by.clone(), false)
    }
}

/// An extension of the caller's account.
fn extension_of(server: &Parts, caller: &Caller, number: u64) -> Result<User, NotFound> {
    let user = server.directory.extension(caller.account, number);
    user.ok_or_else(|| RestRefusal::not_found("extensionId"))
}

/// Refuses all but the caller's own extension.
fn own(caller: &Caller, user: &User) -> Result<(), Forbidden> {
    if user.id == caller.token.user { Ok(()) } else { Err(RestRefusal::another_extension()) }
}

/// Whose presence is updated: the caller's own, or for an admin anybody's in the account. Refuses an extension that
/// has no presence to set.
fn target(server: &Parts, caller: &Caller, extension: u64) -> Result<User, UpdateUserPresenceError> {
    let user = extension_of(server, caller, extension)?;
    if user.id != caller.token.user && !caller.is_admin {
        return Err(RestRefusal::another_extension().into());
    }
    match &user.extension {
        Some(Extension { kind, .. }) if !kind.has_presence() => {
            Err(RestRefusal::unsupported_type(*kind).into())
        }
        Some(Extension { status, .. }) if *status != ExtensionStatus::Enabled => {
            Err(RestRefusal::not_enabled(*status).into())
        }
        _ => Ok(user),
    }
}
