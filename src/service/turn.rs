//! How often users may set their presence, whichever dialect and operation they do it by.

use std::time::Duration;

use super::{Service, UpdateError};
use crate::{
    id::{DeviceId, UserId},
    limit::RateLimit,
    presence::{Input, Record},
};

/// The budgets of users: for what they set, for connections that say something of a device, and for being active.
pub struct Budgets {
    pub set: RateLimit<UserId>,
    pub connect: RateLimit<UserId>,
    pub activity: RateLimit<UserId>,
}

/// A user's turn to set their own presence once. Taken from the user's budget after it is clear that they may set
/// it, and before anything is done.
#[derive(Debug)]
#[must_use = "it is spent"]
pub struct Turn<'a> {
    pub(super) user: &'a UserId,
}

impl Turn<'_> {
    /// The same turn, to set the presence of another user, for callers who may.
    pub fn over(self, user: &UserId) -> Turn<'_> {
        Turn { user }
    }
}

impl Service {
    /// A user's turn to set their presence, or how long they have to wait for it.
    pub fn turn<'a>(&self, user: &'a UserId) -> Result<Turn<'a>, Duration> {
        self.budgets.set.check(user).map(|()| Turn { user })
    }

    /// A user's turn to say something of a device by a connection. None if that comes too soon after others:
    /// the connection is opened all the same, and says nothing.
    pub fn turn_to_connect<'a>(&self, user: &'a UserId) -> Option<Turn<'a>> {
        self.budgets.connect.check(user).ok().map(|()| Turn { user })
    }

    /// Notes that a user is active on a device. What comes too soon after others has no effect.
    pub async fn be_active(&self, user: &UserId, device: &DeviceId) -> Result<(), UpdateError> {
        if self.budgets.activity.check(user).is_ok() {
            self.update(user, &[Input::Active { device: device.clone() }]).await?;
        }
        Ok(())
    }

    /// Sets a user's presence: the one way for users, as [`update`](Self::update) is for those who report of
    /// them.
    pub async fn set(&self, turn: Turn<'_>, inputs: &[Input]) -> Result<Record, UpdateError> {
        self.update(turn.user, inputs).await
    }
}
