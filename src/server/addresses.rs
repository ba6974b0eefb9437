//! How many connections one address has.

use std::{collections::HashMap, net::IpAddr, sync::Arc};

use parking_lot::Mutex;

use crate::request::network;

/// The connections of all addresses that are counted.
#[derive(Debug, Default)]
pub(super) struct Addresses(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// One counted connection. Dropping it makes room for another.
#[derive(Debug)]
pub(super) struct Counted {
    all: Arc<Mutex<HashMap<IpAddr, usize>>>,
    address: IpAddr,
}

/// An address has as many connections as it may.
#[derive(Debug)]
pub(super) struct TooMany;

impl Addresses {
    /// Counts a connection, of which an address may have `most`; with 0 nothing is counted.
    pub(super) fn enter(&self, address: IpAddr, most: usize) -> Result<Option<Counted>, TooMany> {
        if most == 0 {
            return Ok(None);
        }
        let address = network(address);
        let mut all = self.0.lock();
        let count = all.entry(address).or_default();
        if *count >= most {
            return Err(TooMany);
        }
        *count += 1;
        Ok(Some(Counted { all: self.0.clone(), address }))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut all = self.all.lock();
        if let Some(count) = all.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                all.remove(&self.address);
            }
        }
    }
}
