use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    invalid::Invalid,
    registration::{self, Registration},
};

/// What is particular to the Matrix dialect.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Matrix {
    /// Whether `?access_token=` is accepted beside the Authorization header.
    pub query_token: bool,
    /// Whether the busy state of MSC3026 is accepted, shown and announced.
    pub busy: bool,
    /// The registration files of application services; relative paths are those from the folder of the
    /// configuration file.
    pub appservices: Vec<PathBuf>,
    /// What these files say.
    #[serde(skip)]
    pub registrations: Vec<Registration>,
}

impl Matrix {
    /// Reads the registration files, for a server of that name.
    pub(super) fn read_registrations(&mut self, folder: &Path, server: &str) -> Result<(), Invalid> {
        let read = registration::read(&self.appservices, folder, server);
        self.registrations = read.map_err(|why| Invalid::new("matrix.appservices", why))?;
        Ok(())
    }
}
