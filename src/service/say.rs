//! What is said of a user: by the user on a device, or by a program that speaks for them.

use std::{sync::Arc, time::Duration};

use smol_str::SmolStr;

use super::{Connection, Service, Turn, UpdateError};
use crate::{
    id::{DeviceId, UserId},
    presence::{Input, Record, State, Status, Timestamp},
};

/// What is said at once. What is left out stays as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saying {
    pub device: DeviceId,
    /// What the device says; `offline` ends what it said before.
    pub state: Option<State>,
    /// How long that holds without a connection, where that is another time than usual.
    pub lease: Option<Duration>,
    /// What the device is called, or that it is called nothing.
    pub label: Option<Option<SmolStr>>,
    /// The user's status, or that there is none.
    pub status: Option<Option<Status>>,
}

/// Who says it.
#[derive(Debug)]
pub enum Speaker<'a> {
    /// The user, whose turn it is. Whatever they say shows that they are there.
    User(Turn<'a>),
    /// Another caller, of that user.
    Other(&'a UserId),
}

/// Why nothing was said. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SayError {
    #[error("the device says nothing that a label could be kept with")]
    NoClaim,
    #[error(transparent)]
    Update(#[from] UpdateError),
}

impl Saying {
    fn inputs(&self, is_own: bool) -> Vec<Input> {
        let device = || self.device.clone();
        let said = match self.state {
            Some(State::Offline) => Some(Input::End { device: device() }),
            Some(state) => Some(Input::Say { device: device(), state, lease: self.lease }),
            None => is_own.then(|| Input::Touch { device: device() }),
        };
        let label = self.label.clone().map(|label| Input::Label { device: device(), label });
        said.into_iter().chain(label).chain(self.status.clone().map(Input::Status)).collect()
    }

    /// A label is kept with what the device says.
    fn fits(&self, record: &Record, now: Timestamp) -> bool {
        self.label.is_none() || self.state.is_some() || record.has_claim(&self.device, now)
    }
}

impl Service {
    /// Says something of a user, all of it or nothing. Returns the record as it is then.
    pub async fn say(&self, speaker: Speaker<'_>, saying: &Saying) -> Result<Record, SayError> {
        let (user, is_own) = match speaker {
            Speaker::User(turn) => (turn.user, true),
            Speaker::Other(user) => (user, false),
        };
        self.say_all(user, saying, saying.inputs(is_own)).await
    }

    /// The same, on a connection that is open: what the device says holds on while that is. Returns the connection if
    /// the device has said something on it now.
    pub async fn say_connected(
        self: &Arc<Self>,
        turn: Turn<'_>,
        saying: &Saying,
    ) -> Result<Option<Connection>, SayError> {
        let attach = saying.state.is_some_and(|state| state != State::Offline);
        let attach = attach.then(|| self.attach(&saying.device));
        let is_attached = attach.is_some();
        let inputs = saying.inputs(true).into_iter().chain(attach).collect();
        let user = turn.user.clone();
        let _told = self.connections.told.read().await;
        self.say_all(&user, saying, inputs).await?;
        Ok(is_attached.then(|| self.connection(&user, &saying.device)))
    }

    async fn say_all(&self, user: &UserId, saying: &Saying, inputs: Vec<Input>) -> Result<Record, SayError> {
        let fits = |record: &Record, now| saying.fits(record, now);
        let (record, did_fit) = self.update_if(user, &inputs, &fits).await?;
        did_fit.then_some(record).ok_or(SayError::NoClaim)
    }
}
