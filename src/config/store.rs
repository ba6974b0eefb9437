use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How what the server knows is kept on disk.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Store {
    /// How far activity times may lag behind on disk. What somebody sets never does.
    #[schemars(range(min = 1, max = 3_600))]
    pub activity_lag_seconds: u16,
    /// Writes are refused while less than this is free on the disk, in MiB; 0 leaves it to the disk to
    /// refuse, after which the server has to be restarted.
    #[schemars(range(min = 0, max = 1_u64 << 30))]
    pub reserve_mebibytes: u64,
}
