//! Wire types: call queues.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Who takes the calls of a queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CallQueuePresence {
    /// In the order of the members' ids.
    pub records: Vec<CallQueueMemberPresence>,
}

/// Whether one member of a queue takes its calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CallQueueMemberPresence {
    pub member: CallQueueMember,
    /// Whether the member takes calls of queues at all, as `dndStatus` says; absent if that is not to be seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = true, nullable = false)]
    pub accept_queue_calls: Option<bool>,
    /// Whether the member takes those of this queue; absent if that is not to be seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = true, nullable = false)]
    pub accept_current_queue_calls: Option<bool>,
}

/// A member of a queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CallQueueMember {
    /// The id of the member's extension.
    #[schema(example = "1")]
    pub id: String,
    /// The name that people are shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Alice", nullable = false)]
    pub name: Option<String>,
    /// The short number.
    #[schema(example = "101")]
    pub extension_number: String,
}

/// Of which queues somebody takes calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExtensionCallQueuePresenceList {
    /// In the order of the queues' ids.
    pub records: Vec<ExtensionCallQueuePresence>,
}

/// Whether somebody takes the calls of one queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExtensionCallQueuePresence {
    pub call_queue: PresenceCallQueueInfo,
    /// Whether its calls are taken; absent if that is not to be seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = true, nullable = false)]
    pub accept_calls: Option<bool>,
}

/// A queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PresenceCallQueueInfo {
    /// The id of the queue's extension.
    #[schema(example = "4")]
    pub id: String,
    /// The name that people are shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Sales", nullable = false)]
    pub name: Option<String>,
    /// The short number.
    #[schema(example = "900")]
    pub extension_number: String,
    /// Whether members may change whether they take its calls. Always true.
    #[schema(example = true)]
    pub editable_member_status: bool,
}

/// Who is to take the calls of a queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"records": [{"member": {"id": "1"}, "acceptCurrentQueueCalls": false}]}))]
pub struct CallQueueUpdatePresence {
    #[schema(max_items = 100)]
    pub records: Vec<CallQueueMemberUpdate>,
}

/// Whether one member is to take the calls of a queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CallQueueMemberUpdate {
    pub member: CallQueueId,
    #[schema(example = false)]
    pub accept_current_queue_calls: bool,
}

/// Of which queues somebody is to take calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"records": [{"callQueue": {"id": "4"}, "acceptCalls": false}]}))]
pub struct ExtensionCallQueueUpdatePresenceList {
    #[schema(max_items = 100)]
    pub records: Vec<ExtensionCallQueueUpdate>,
}

/// Whether somebody is to take the calls of one queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExtensionCallQueueUpdate {
    pub call_queue: CallQueueId,
    #[schema(example = false)]
    pub accept_calls: bool,
}

/// The extension of a queue, or of a member of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CallQueueId {
    /// The extension's id.
    #[schema(example = "4")]
    pub id: String,
}
