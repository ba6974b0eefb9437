use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::invalid::{Check, require};

/// TLS on the server's own listener.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// The file with the certificate and those that vouch for it, as PEM; empty: no TLS.
    pub certificate: PathBuf,
    /// The file with the certificate's private key, as PEM.
    pub key: PathBuf,
}

impl Tls {
    /// Whether the listener speaks TLS, and nothing else.
    pub fn is_on(&self) -> bool {
        !self.certificate.as_os_str().is_empty()
    }

    pub(super) fn check(&self) -> Check {
        let is_whole = self.is_on() != self.key.as_os_str().is_empty();
        require(is_whole, "tls.key", "has to be given together with tls.certificate, or neither")
    }
}
