use std::{iter, sync::Arc};

use smol_str::SmolStr;
use tokio::runtime::Handle;

use super::{Service, Turn, UpdateError};
use crate::{
    id::{DeviceId, UserId},
    presence::{Input, State},
};

/// A connection of a device that speaks for its user while it is open. However it ends, the grace starts
/// then.
pub struct Connection {
    service: Arc<Service>,
    device: Option<(UserId, DeviceId)>,
}

impl Service {
    /// Opens a connection of a device that says `state`.
    pub async fn connect(
        self: &Arc<Self>,
        turn: Turn<'_>,
        device: &DeviceId,
        state: State,
    ) -> Result<Connection, UpdateError> {
        self.connect_called(turn, device, state, None).await
    }

    /// The same of a device that is called something, if it is.
    pub async fn connect_called(
        self: &Arc<Self>,
        turn: Turn<'_>,
        device: &DeviceId,
        state: State,
        label: Option<SmolStr>,
    ) -> Result<Connection, UpdateError> {
        let connect = Input::Connect { device: device.clone(), node: self.node(), state };
        let label = label.map(|label| Input::Label { device: device.clone(), label: Some(label) });
        let user = turn.user.clone();
        let inputs: Vec<Input> = iter::once(connect).chain(label).collect();
        self.set(turn, &inputs).await?;
        Ok(self.connection(&user, device))
    }

    /// Notes that a user is active on a device with a connection that is open: what the device says holds on while that
    /// is. Returns the connection if it had an effect.
    pub async fn be_active_connected(
        self: &Arc<Self>,
        user: &UserId,
        device: &DeviceId,
    ) -> Result<Option<Connection>, UpdateError> {
        if self.budgets.activity.check(user).is_err() {
            return Ok(None);
        }
        self.update(user, &[Input::Active { device: device.clone() }, self.attach(device)]).await?;
        Ok(Some(self.connection(user, device)))
    }

    /// What makes that which a device says hold for as long as a connection is open.
    pub(super) fn attach(&self, device: &DeviceId) -> Input {
        Input::Attach { device: device.clone(), node: self.node() }
    }

    /// A connection of a device that is open.
    pub(super) fn connection(self: &Arc<Self>, user: &UserId, device: &DeviceId) -> Connection {
        Connection { service: self.clone(), device: Some((user.clone(), device.clone())) }
    }
}

impl Connection {
    /// Ends the connection, and waits until that is known.
    pub async fn close(mut self) -> Result<(), UpdateError> {
        let ended = self.device.take();
        disconnect(&self.service, ended).await
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // Without a runtime the whole server is going away, and with it all who could be told.
        if let (Some(ended), Ok(runtime)) = (self.device.take(), Handle::try_current()) {
            let service = self.service.clone();
            runtime.spawn(async move {
                if let Err(error) = disconnect(&service, Some(ended)).await {
                    tracing::warn!(%error, "the end of a connection could not be noted");
                }
            });
        }
    }
}

async fn disconnect(service: &Arc<Service>, ended: Option<(UserId, DeviceId)>) -> Result<(), UpdateError> {
    let Some((user, device)) = ended else { return Ok(()) };
    let input = Input::Disconnect { device, node: service.node() };
    match service.update(&user, &[input]).await {
        Ok(_) | Err(UpdateError::UnknownUser) => Ok(()),
        Err(error) => Err(error),
    }
}
