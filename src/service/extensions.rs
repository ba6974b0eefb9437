//! Extensions of telephone accounts: all users of an account see each other.

use super::{ReadError, Service};
use crate::{
    id::UserId,
    presence::{Audience, Call, CallSettings, CallerIdVisibility, Override, Record, Text, Timestamp},
    store::StoreError,
};

/// What one user sees of an extension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtensionPresence {
    pub hidden: bool,
    pub settings: CallSettings,
    /// None: the user is hidden from the viewer.
    pub shown: Option<Shown>,
    /// The number of the last change that the viewer could see.
    pub version: u64,
    /// Orders the changes that the viewer could see.
    pub sequence: u32,
}

/// What only those see from whom a user is not hidden.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    pub overridden: Override,
    pub status: Option<Text>,
    /// In the order of their beginnings.
    pub calls: Vec<Call>,
}

impl Service {
    /// One extension at `now`, as `viewer` sees it.
    pub async fn extension(
        &self,
        viewer: &UserId,
        user: &UserId,
        now: Timestamp,
    ) -> Result<ExtensionPresence, ReadError> {
        let mut answers = self.extensions(viewer, &[user], now).await?;
        answers.pop().unwrap_or(Err(ReadError::UnknownUser))
    }

    /// Several extensions at `now`, in the order asked for. Fails as a whole only if the store does.
    pub async fn extensions(
        &self,
        viewer: &UserId,
        users: &[&UserId],
        now: Timestamp,
    ) -> Result<Vec<Result<ExtensionPresence, ReadError>>, StoreError> {
        let mut answers = vec![Err(ReadError::UnknownUser); users.len()];
        let account = self.directory.account_of(viewer);
        let may_see = |user: &UserId| account.is_some() && self.directory.account_of(user) == account;
        let places: Vec<usize> = (0..users.len()).filter(|&place| may_see(users[place])).collect();
        let readable: Vec<&UserId> = places.iter().map(|&place| users[place]).collect();
        let mut look = |index: usize, record: &Record| {
            answers[places[index]] = Ok(self.look_at_extension(viewer, readable[index], record, now));
        };
        self.store.read(&readable, &mut look).await?;
        Ok(answers)
    }

    /// A user's own extension at `now`, as a record of theirs has it.
    pub fn own_extension(&self, user: &UserId, record: &Record, now: Timestamp) -> ExtensionPresence {
        self.look_at_extension(user, user, record, now)
    }

    fn look_at_extension(
        &self,
        viewer: &UserId,
        user: &UserId,
        record: &Record,
        now: Timestamp,
    ) -> ExtensionPresence {
        let is_own = viewer == user;
        let telephone = record.telephone_at(now);
        let settings = telephone.settings;
        let shown = (is_own || !record.is_hidden()).then(|| {
            let presence = if is_own { record.own_at(now, &self.rules) } else { record.at(now, &self.rules) };
            let calls = telephone.calls.into_iter();
            let calls = match is_own || self.sees_parties(viewer, user, settings.caller_id_visibility) {
                true => calls.collect(),
                false => calls.map(Call::without_parties).collect(),
            };
            Shown { overridden: telephone.overridden, status: presence.status, calls }
        });
        let audience = if is_own { Audience::OwnExtension } else { Audience::Account };
        ExtensionPresence {
            hidden: record.is_hidden(),
            settings,
            shown,
            version: record.versions().of(audience),
            sequence: record.sequence(audience),
        }
    }

    /// Whether a viewer sees with whom a user talks. Those who share a room with the user are permitted
    /// users.
    fn sees_parties(&self, viewer: &UserId, user: &UserId, visibility: Option<CallerIdVisibility>) -> bool {
        match visibility {
            None | Some(CallerIdVisibility::All) => true,
            Some(CallerIdVisibility::PermittedUsers) => self.directory.share_room(viewer, user),
            Some(CallerIdVisibility::None) => false,
        }
    }
}
