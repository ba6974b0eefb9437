//! Wire types: monitored extensions.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ExtensionInfo;

/// Whom an extension monitors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MonitoredExtensions {
    /// Where this resource is.
    #[schema(example = "http://127.0.0.1:8008/restapi/v1.0/account/1/extension/1/presence/line")]
    pub uri: String,
    /// In the order of the keys.
    pub records: Vec<MonitoredExtension>,
}

/// One monitored extension.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MonitoredExtension {
    /// The key that it is on.
    #[schema(example = "1")]
    pub id: String,
    pub extension: ExtensionInfo,
}

/// Whom an extension is to monitor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"records": [{"id": "1", "extension": {"id": "2"}}]}))]
pub struct MonitoredExtensionsUpdate {
    /// In the order of the keys.
    #[schema(max_items = 100)]
    pub records: Vec<MonitoredExtensionUpdate>,
}

/// One extension to monitor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct MonitoredExtensionUpdate {
    /// The key that it is on; its place in the list if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64, example = "1", nullable = false)]
    pub id: Option<String>,
    pub extension: MonitoredExtensionId,
}

/// The extension on a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct MonitoredExtensionId {
    /// The extension's id.
    #[schema(example = "2")]
    pub id: String,
}
