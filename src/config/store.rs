use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::invalid::{Check, in_range};

/// How what the server knows is kept on disk.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Store {
    /// How far activity times may lag behind on disk. What somebody sets never does.
    #[schemars(range(min = 1, max = 3600))]
    pub activity_lag_seconds: u16,
    /// Writes are refused while less than this is free on the disk, in MiB; 0 leaves it to the disk to
    /// refuse, after which the server has to be restarted.
    pub reserve_mebibytes: u64,
}

impl Store {
    pub(super) fn check(&self) -> Check {
        in_range("store.activity_lag_seconds", self.activity_lag_seconds, 1, 3_600)?;
        in_range("store.reserve_mebibytes", self.reserve_mebibytes, 0, 1 << 30)
    }
}
