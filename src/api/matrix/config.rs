//! What the configuration says of the dialect.

use std::{
    path::{Path, PathBuf},
    sync::LazyLock,
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::{self, Check, Invalid, Registration, Section, read_registrations};

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

impl Section for Matrix {
    const NAME: &'static str = "matrix";
    const DEFAULTS: &'static str = include_str!("config.toml");

    fn defaults() -> &'static Self {
        static DEFAULTS: LazyLock<Matrix> = LazyLock::new(config::parsed);
        &DEFAULTS
    }

    /// Reads the registration files.
    fn read_files(&mut self, folder: &Path, server: &str) -> Check {
        let read = read_registrations(&self.appservices, folder, server);
        self.registrations = read.map_err(|why| Invalid::new("matrix.appservices", why))?;
        Ok(())
    }

    fn reload(&mut self, from: &Self) {
        self.query_token = from.query_token;
    }

    fn changed_files(&self, other: &Self) -> Option<&'static str> {
        (self.registrations != other.registrations).then_some("appservices")
    }

    fn registrations(&self) -> &[Registration] {
        &self.registrations
    }
}
