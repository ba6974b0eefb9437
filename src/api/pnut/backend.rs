//! The contract over a server of ours.

use std::{
    cmp::Reverse,
    time::{Duration, UNIX_EPOCH},
};

use async_trait::async_trait;
use axum::extract::FromRef;

use super::{
    Own,
    caller::{AuthenticateError, Caller, Identity, UserRef},
    error::{NotFound, PnutRefusal},
    limit::{Allowance, Who},
    presence::{GetPresenceError, ListPresenceError},
    stub::{Call, Listed, Presence as Backend, Unread},
    types::UserPresence,
    update::{LONGEST, SetPresenceError, Update},
};
use crate::{
    api::stub::{Credentials, Limits, Stub},
    app::{App, Parts},
    auth::AuthError,
    directory::User,
    id::{DeviceId, UserId},
    presence::{Input, Presence, State as CoreState, Text, Timestamp},
};

impl FromRef<App> for Stub<dyn Backend> {
    fn from_ref(app: &App) -> Self {
        let limits = &app.config.limits;
        Self { backend: app.parts(), limits: Limits::of(limits, limits.body_bytes) }
    }
}

#[async_trait]
impl Backend for Parts {
    async fn authenticate(&self, credentials: &Credentials) -> Result<Identity, AuthenticateError> {
        Ok(self.auth.known(credentials.token.as_bytes().to_vec()).await?.holder.into())
    }

    fn count(&self, call: &Call<'_>) -> Option<Result<Allowance, Allowance>> {
        let limits = &self.own::<Own>().limits;
        let who = match call.caller {
            Some(caller) => limits.holder_of(caller.credentials.token.as_bytes()),
            None => Who::at(call.address),
        };
        limits.count(who, call.writes, self.service.now())
    }

    async fn list_presence(&self, caller: &Caller) -> Result<Listed, ListPresenceError> {
        let mut present = Vec::new();
        let keep = |user: &User, presence: Presence| {
            if presence.state != CoreState::Offline {
                present.push(Present::new(user, &presence));
            }
        };
        self.service.visit_openly(caller.own(), self.service.now(), keep).await?;
        present.sort_unstable_by_key(|one| Reverse((one.seen, one.number)));
        let directory = self.directory.clone();
        Ok(Box::new(present.into_iter().map(move |one| {
            let profile = directory.user(&one.user);
            one.write(profile)
        })))
    }

    async fn get_presence(&self, caller: &Caller, user: &UserRef) -> Result<UserPresence, GetPresenceError> {
        let user = find::<GetPresenceError>(self, caller, user)?;
        let presence = self.service.get_openly(caller.own(), &user.id, self.service.now()).await?;
        Ok(Present::new(&user, &presence).write(Some(user)))
    }

    async fn set_presence(
        &self,
        caller: &Caller,
        user: &UserRef,
        update: Option<Unread<Update>>,
    ) -> Result<UserPresence, SetPresenceError> {
        let own = caller.updater()?;
        let user = find::<SetPresenceError>(self, caller, user)?;
        if user.id != own.user {
            return Err(PnutRefusal::forbidden("Presence can only be set for oneself.").into());
        }
        let presence = match update {
            None => self.service.get_openly(Some(&own.user), &user.id, self.service.now()).await?,
            Some(update) => {
                let turn = self.service.turn(&own.user).map_err(PnutRefusal::too_fast)?;
                let input = update.read().await?.input(own.device.clone(), self.service.now());
                let record = self.service.set(turn, &[input]).await?;
                self.service.own_presence(&record, self.service.now())
            }
        };
        Ok(Present::new(&user, &presence).write(Some(user)))
    }
}

/// The user whom a call names.
pub(super) fn find<E: From<AuthError> + From<NotFound>>(
    server: &Parts,
    caller: &Identity,
    user: &UserRef,
) -> Result<User, E> {
    let directory = &server.directory;
    let found = match user {
        UserRef::Me => {
            let own = caller.own().ok_or(AuthError::NoUser)?;
            // A user may have been removed since the token was looked at, and the token with them.
            return directory.user(own).ok_or(AuthError::Unknown.into());
        }
        UserRef::Name(name) => directory.user_named(name, &server.config.server.name),
        UserRef::Number(number) => directory.user_with_number(*number),
    };
    found.ok_or_else(|| PnutRefusal::no_such_user().into())
}

/// The furthest end of a presence, from when it is set.
const FURTHEST: Duration = Duration::from_secs(7 * 24 * 60 * 60);

impl Update {
    /// What it says to the core. What has ended before it is set is the end of what was before.
    fn input(self, device: DeviceId, now: Timestamp) -> Input {
        let Self::Present { text, until } = self else { return Input::Leave };
        let end = until.map(|until| Timestamp::from_millis(0) + until);
        if end.is_some_and(|end| end <= now) {
            return Input::Leave;
        }
        let until = end.map(|end| end.min(now + FURTHEST));
        Input::Lease { device, text: text.map(Text::from), until }
    }
}

/// The longest name that is shown, in Unicode scalar values.
const LONGEST_NAME: usize = 50;

/// How a presence reads, in one word or in the user's own.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Reading {
    Offline,
    Online,
    Text(Text),
}

/// A user who is present: what has to be kept of them until they are written.
struct Present {
    /// When they were last seen, in seconds since the Unix epoch.
    seen: Option<u64>,
    number: u64,
    user: UserId,
    reading: Reading,
}

impl Reading {
    fn of(presence: &Presence) -> Self {
        match &presence.status {
            _ if presence.state == CoreState::Offline => Self::Offline,
            Some(text) if **text != *"offline" => Self::Text(text.clone()),
            // A text of another dialect that would read as the opposite.
            Some(_) | None => Self::Online,
        }
    }

    fn show(&self) -> String {
        match self {
            Self::Offline => "offline".to_owned(),
            Self::Online => "online".to_owned(),
            Self::Text(text) => text.chars().take(LONGEST).collect(),
        }
    }
}

/// How a user's presence reads.
pub(super) fn show(presence: &Presence) -> String {
    Reading::of(presence).show()
}

/// The name that people are shown, as far as this dialect shows it.
pub(super) fn shown_name(user: &User) -> Option<String> {
    let name = user.display_name.as_deref().filter(|name| !name.is_empty())?;
    Some(name.chars().take(LONGEST_NAME).collect())
}

/// A moment in seconds since the Unix epoch, as this dialect writes it.
pub(super) fn date(seconds: u64) -> String {
    humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(seconds)).to_string()
}

impl Present {
    fn new(user: &User, presence: &Presence) -> Self {
        let seen = presence.last_update.map(|at| at.as_millis() / 1_000);
        Self { seen, number: user.number, user: user.id.clone(), reading: Reading::of(presence) }
    }

    /// The whole of it. The profile of a user who was removed meanwhile is empty.
    fn write(self, profile: Option<User>) -> UserPresence {
        UserPresence {
            id: self.number.to_string(),
            username: self.user.localpart().to_owned(),
            name: profile.as_ref().and_then(shown_name),
            avatar_image: profile.and_then(|user| user.avatar_url),
            presence: self.reading.show(),
            last_seen_at: self.seen.map(date),
        }
    }
}
