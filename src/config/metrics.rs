use std::net::SocketAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::invalid::{Check, require};

/// Where figures are read.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    /// An address and port for `/metrics` alone, without a token; empty: on the server's own listener, with the
    /// admin token.
    #[schemars(example = "127.0.0.1:9108")]
    pub listen: String,
}

impl Metrics {
    /// The listener of its own, if there is one.
    pub fn address(&self) -> Option<SocketAddr> {
        self.listen.parse().ok()
    }

    pub(super) fn check(&self) -> Check {
        let is_address = self.listen.is_empty() || self.address().is_some();
        let why = "has to be empty, or an address and a port, such as \"127.0.0.1:9108\"";
        require(is_address, "metrics.listen", why)
    }
}
