use std::{collections::HashMap, iter, sync::Arc};

use futures_util::{StreamExt as _, stream};
use parking_lot::Mutex;
use smol_str::SmolStr;
use tokio::{runtime::Handle, sync::RwLock};

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

/// The connections that are open here.
#[derive(Default)]
pub(super) struct Connections {
    /// How many there are of each device.
    open: Mutex<HashMap<(UserId, DeviceId), u32>>,
    /// Held while connections are told anew; shared while one begins or ends.
    pub(super) told: RwLock<()>,
}

/// How many devices are told anew at a time.
const REATTACHED_AT_ONCE: usize = 32;

impl Connections {
    fn begin(&self, user: &UserId, device: &DeviceId) {
        *self.open.lock().entry((user.clone(), device.clone())).or_default() += 1;
    }

    fn end(&self, device: &(UserId, DeviceId)) {
        let mut open = self.open.lock();
        if let Some(count) = open.get_mut(device) {
            *count -= 1;
            if *count == 0 {
                open.remove(device);
            }
        }
    }
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
        let _told = self.connections.told.read().await;
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
        let _told = self.connections.told.read().await;
        self.update(user, &[Input::Active { device: device.clone() }, self.attach(device)]).await?;
        Ok(Some(self.connection(user, device)))
    }

    /// What makes that which a device says hold for as long as a connection is open.
    pub(super) fn attach(&self, device: &DeviceId) -> Input {
        Input::Attach { device: device.clone(), node: self.node() }
    }

    /// A connection of a device that is open.
    pub(super) fn connection(self: &Arc<Self>, user: &UserId, device: &DeviceId) -> Connection {
        self.connections.begin(user, device);
        Connection { service: self.clone(), device: Some((user.clone(), device.clone())) }
    }
}

impl Service {
    /// Tells of all connections anew: others took this node for gone, and ended them.
    pub(super) async fn reattach(&self) {
        let _told = self.connections.told.write().await;
        let open = self.connections.open.lock().clone();
        tracing::warn!(devices = open.len(), "this node was taken for gone: its connections are told anew");
        stream::iter(open)
            .for_each_concurrent(REATTACHED_AT_ONCE, async |((user, device), count)| {
                let input = Input::Reattach { device, node: self.node(), count };
                match self.update(&user, &[input]).await {
                    Ok(_) | Err(UpdateError::UnknownUser) => {}
                    Err(error) => tracing::warn!(%error, "a connection could not be told anew"),
                }
            })
            .await;
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
    let _told = service.connections.told.read().await;
    let ended = (user, device);
    service.connections.end(&ended);
    let (user, device) = ended;
    let input = Input::Disconnect { device, node: service.node() };
    match service.update(&user, &[input]).await {
        Ok(_) | Err(UpdateError::UnknownUser) => Ok(()),
        Err(error) => Err(error),
    }
}
