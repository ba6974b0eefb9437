//! The contracts over a server of ours.

mod directory;
mod presence_lists;
mod server;
mod tokens;

use std::collections::BTreeSet;

use async_trait::async_trait;
use axum::extract::FromRef;

use super::{
    error::{BadRequest, ProblemRefusal, TooLarge},
    extract::{self, AccessError},
    heartbeats,
    stub::{
        ActivityError, AuthenticateError, CallReport, Caller, DeleteCallError, DeletePresenceError,
        GetPresenceError, GetSettingsError, HeartbeatResults, Heartbeats, HeartbeatsError, Identity,
        Presence, PresenceQuery, PresenceQueryResult, PresenceUpdate, PresenceUpdateResults, PresenceUpdates,
        PutCallError, PutPresenceError, PutSettingsError, QueryPresenceError, RoomPresence,
        RoomPresenceError, Unread, UpdatesError, UserPresence, UserRooms, UserRoomsError, UserSettings,
    },
    types::{OverrideName, PresenceUpdateResult},
    updates,
};
use crate::{
    api::stub::{Credentials, Stub},
    app::{App, Parts},
    id::{DeviceId, RoomId, UserId},
    presence::{Input, Override},
    service::{RoomQuery, Speaker, Turn, UpdateError, Viewer},
};

impl FromRef<App> for Stub<dyn Presence> {
    fn from_ref(app: &App) -> Self {
        Self { backend: app.parts(), limits: extract::of(app) }
    }
}

#[async_trait]
impl Presence for Parts {
    async fn authenticate(&self, credentials: &Credentials) -> Result<Identity, AuthenticateError> {
        let identified = self.auth.known(credentials.token.as_bytes().to_vec()).await;
        let identity = identified.and_then(|identified| Identity::of(identified.holder));
        Ok(identity.map_err(AccessError::from)?)
    }

    async fn get_user_presence(
        &self,
        caller: &Caller,
        user: &UserId,
    ) -> Result<UserPresence, GetPresenceError> {
        let seen = self.service.see(caller.eyes(), user, self.service.now()).await?;
        Ok(UserPresence::new(user, seen))
    }

    async fn put_user_presence(
        &self,
        caller: &Caller,
        user: &UserId,
        update: Unread<PresenceUpdate>,
    ) -> Result<UserPresence, PutPresenceError> {
        let turn = caller.turn(self)?;
        let update = update.read().await?;
        let saying = update.read(caller.device(), self.service.now()).map_err(ProblemRefusal::invalid)?;
        let record = self.service.say(speaker(turn, user), &saying).await?;
        let seen = self.service.see_in(caller.eyes(), user, &record, self.service.now())?;
        Ok(UserPresence::new(user, seen))
    }

    async fn delete_user_presence(
        &self,
        caller: &Caller,
        user: &UserId,
        device: &DeviceId,
    ) -> Result<(), DeletePresenceError> {
        let end = [Input::End { device: device.clone() }];
        match caller.turn(self)? {
            Some(turn) => self.service.set(turn, &end).await?,
            None => self.service.update(user, &end).await?,
        };
        Ok(())
    }

    async fn post_activity(&self, caller: &Caller, device: &DeviceId) -> Result<(), ActivityError> {
        match self.service.be_active(&caller.speaker()?.user, device).await {
            Ok(()) => Ok(()),
            Err(UpdateError::Store(error)) => Err(error.into()),
            // The user was removed since the token was looked at, and the token with them.
            Err(UpdateError::UnknownUser | UpdateError::StatusTooLong { .. }) => {
                Err(ProblemRefusal::no_such_token().into())
            }
        }
    }

    async fn query_presence(
        &self,
        caller: &Caller,
        query: PresenceQuery,
    ) -> Result<PresenceQueryResult, QueryPresenceError> {
        let (viewer, most) = (caller.eyes(), self.config.limits.bulk_users);
        query.check(most)?;
        let Resolved { users, members, unseen } = query.resolve(self, viewer, most)?;
        let asked: Vec<&UserId> = users.iter().flatten().chain(&members).collect();
        let mut answers = self.service.see_many(viewer, &asked, self.service.now()).await?.into_iter();
        let mut result = PresenceQueryResult { presence: Vec::new(), unavailable: Vec::new() };
        for user in users {
            let seen = user.and_then(|user| {
                let seen = answers.next().and_then(Result::ok);
                seen.map(|seen| UserPresence::new(&user, seen)).ok_or_else(|| String::from(user))
            });
            match seen {
                Ok(presence) => result.presence.push(presence),
                Err(unavailable) => result.unavailable.push(unavailable),
            }
        }
        let members = members.iter().zip(answers);
        result.presence.extend(members.filter_map(|(user, seen)| Some(UserPresence::new(user, seen.ok()?))));
        result.unavailable.extend(unseen);
        Ok(result)
    }

    async fn update_presence(
        &self,
        _caller: &Caller,
        PresenceUpdates { updates }: PresenceUpdates,
    ) -> Result<PresenceUpdateResults, UpdatesError> {
        let most = self.config.limits.bulk_users;
        if updates.len() > most {
            return Err(ProblemRefusal::invalid(format!("updates: at most {most} in one call")).into());
        }
        let verdicts = updates::apply(self, &updates).await;
        let results = updates.into_iter().zip(verdicts).map(|(update, (outcome, detail))| {
            PresenceUpdateResult { user_id: update.user_id, outcome: outcome.into(), detail }
        });
        Ok(PresenceUpdateResults { results: results.collect() })
    }

    async fn get_room_presence(
        &self,
        caller: &Caller,
        room: &RoomId,
        query: &RoomQuery,
    ) -> Result<RoomPresence, RoomPresenceError> {
        let page =
            self.service.room(caller.eyes(), room, query).await?.ok_or_else(RoomPresence::not_there)?;
        let users = page.users.into_iter().map(|(user, seen)| UserPresence::new(&user, seen)).collect();
        Ok(RoomPresence { users, counts: page.counts.into(), more: page.more })
    }

    async fn get_user_rooms(&self, _caller: &Caller, user: &UserId) -> Result<UserRooms, UserRoomsError> {
        if !self.directory.knows(user) {
            return Err(ProblemRefusal::no_user(user).into());
        }
        let mut rooms: Vec<String> = self.directory.rooms_of(user).into_iter().map(String::from).collect();
        rooms.sort_unstable();
        Ok(UserRooms { rooms })
    }

    async fn post_heartbeats(
        &self,
        _caller: &Caller,
        Heartbeats { heartbeats }: Heartbeats,
    ) -> Result<HeartbeatResults, HeartbeatsError> {
        let most = self.config.limits.heartbeats_per_call;
        if heartbeats.len() > most {
            return Err(ProblemRefusal::invalid(format!("heartbeats: at most {most} in one call")).into());
        }
        let verdicts = heartbeats::apply(self, &heartbeats).await;
        let results = heartbeats.into_iter().zip(verdicts);
        Ok(HeartbeatResults {
            results: results.map(|(heartbeat, verdict)| heartbeat.result(verdict)).collect(),
        })
    }

    async fn put_call(
        &self,
        _caller: &Caller,
        user: &UserId,
        call: &str,
        report: CallReport,
    ) -> Result<(), PutCallError> {
        let call = report.into_call(call.to_owned());
        self.service.update(user, &[Input::Call(Box::new(call))]).await?;
        Ok(())
    }

    async fn delete_call(&self, _caller: &Caller, user: &UserId, call: &str) -> Result<(), DeleteCallError> {
        self.service.update(user, &[Input::EndCall { id: call.to_owned() }]).await?;
        Ok(())
    }

    async fn get_settings(&self, _caller: &Caller, user: &UserId) -> Result<UserSettings, GetSettingsError> {
        Ok(self.service.settings(user).await?.into())
    }

    async fn put_settings(
        &self,
        caller: &Caller,
        user: &UserId,
        settings: Unread<UserSettings>,
    ) -> Result<UserSettings, PutSettingsError> {
        let turn = caller.turn(self)?;
        let settings = settings.read().await?;
        let overridden = match settings.overridden {
            OverrideName::None => Override::None,
            OverrideName::Busy => Override::Busy,
            OverrideName::Invisible => Override::Invisible { since: self.service.now() },
        };
        let inputs = [Input::Override(overridden), Input::Hidden(settings.hidden)];
        match turn {
            Some(turn) => self.service.set(turn, &inputs).await?,
            None => self.service.update(user, &inputs).await?,
        };
        Ok(settings)
    }
}

/// Whoever speaks of a user: the user, whose turn it is, or another.
fn speaker<'a>(turn: Option<Turn<'a>>, user: &'a UserId) -> Speaker<'a> {
    turn.map_or(Speaker::Other(user), Speaker::User)
}

/// Whom a query asks for.
struct Resolved {
    /// Those named; what is no id as it was named.
    users: Vec<Result<UserId, String>>,
    /// The members of rooms who were not named, in the order of their ids.
    members: Vec<UserId>,
    /// The rooms that the viewer may not see.
    unseen: Vec<String>,
}

impl PresenceQuery {
    fn check(&self, most: usize) -> Result<(), BadRequest> {
        for (name, list) in [("users", &self.users), ("rooms", &self.rooms)] {
            if list.as_ref().is_some_and(|list| list.len() > most) {
                return Err(ProblemRefusal::invalid(format!("{name}: at most {most} in one call")));
            }
        }
        match (&self.users, &self.rooms) {
            (None, None) => Err(ProblemRefusal::invalid("body: missing field `users`")),
            _ => Ok(()),
        }
    }

    /// Whom to look at.
    fn resolve(&self, app: &Parts, viewer: Viewer<'_>, most: usize) -> Result<Resolved, TooLarge> {
        let users = self.users.iter().flatten();
        let users: Vec<_> = users.map(|text| text.parse().map_err(|_| text.clone())).collect();
        let (mut count, mut members, mut unseen) = (users.len(), BTreeSet::new(), Vec::new());
        for text in self.rooms.iter().flatten() {
            let room = text.parse().ok().filter(|room: &RoomId| app.service.may_see_room(viewer, room));
            let Some(room) = room else {
                unseen.push(text.clone());
                continue;
            };
            let more = app.directory.members_after(&room, None, most + 1);
            count += more.len();
            if count > most {
                return Err(Self::too_many(most));
            }
            members.extend(more);
        }
        for user in users.iter().flatten() {
            members.remove(user);
        }
        Ok(Resolved { users, members: members.into_iter().collect(), unseen })
    }
}
