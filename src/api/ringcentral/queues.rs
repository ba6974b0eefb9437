//! `/account/{accountId}/call-queues/{groupId}/presence` and `…/extension/{extensionId}/call-queue-presence`: who takes
//! the calls of a queue, and of which queues somebody takes calls. A queue is an extension of the type `Department`.
//! Source: RingCentral's API reference, "Presence".

use std::collections::BTreeMap;

use axum::{Json, body::Body, extract::State, http::HeaderMap};
use serde_json::{Map, Value};

use super::{
    error::{BadRequest, CallerError, RestRefusal},
    extract::{PathIds, read_object_within},
    permission::Permission,
    rate::{Light, Medium},
    stub::{Known, Presence, Unread, UnreadUpdate},
    types::{
        CallQueuePresence, CallQueueUpdatePresence, ExtensionCallQueuePresenceList,
        ExtensionCallQueueUpdatePresenceList,
    },
};
use crate::{
    api::{
        refusal::refusals,
        stub::{Limits, Stub},
    },
    directory::DirectoryError,
    service::ReadError,
    store::StoreError,
};

/// How many entries a change may have.
const MOST: usize = 100;

/// The body of a change, once it is asked for: extensions that its entries name in `what`, each with its flag.
fn unread(
    limits: Limits,
    headers: HeaderMap,
    body: Body,
    [what, flag]: [&'static str; 2],
) -> Unread<BTreeMap<u64, bool>> {
    Unread::new(async move {
        let body = read_object_within(limits, &headers, body).await?;
        Ok(entries(&body, what, flag)?)
    })
}

fn entries(body: &Map<String, Value>, what: &str, flag: &str) -> Result<BTreeMap<u64, bool>, BadRequest> {
    let entry = |record: &Value| {
        let id = record.get(what)?.get("id")?;
        let id = id.as_u64().or_else(|| id.as_str()?.parse().ok())?;
        Some((id, record.get(flag)?.as_bool()?))
    };
    let records = body.get("records").and_then(Value::as_array).filter(|records| records.len() <= MOST);
    let read = records.and_then(|records| records.iter().map(entry).collect());
    read.ok_or_else(|| RestRefusal::invalid("records"))
}

refusals! {
    /// Why it is not told who takes the calls of a queue.
    pub enum ReadQueueError: RestRefusal, from CallerError, StoreError {
        Unauthorized,
        Forbidden,
        /// There is no such account, or no such queue for the caller to see.
        NotFound => RestRefusal::not_found("groupId"),
        TooLarge,
        TooManyRequests,
        Unavailable,
    }
}

refusals! {
    /// Why it was not set who takes the calls of a queue. Nothing was changed.
    pub enum UpdateQueueError: RestRefusal,
        from CallerError, UnreadUpdate, DirectoryError, StoreError
    {
        /// The body is not valid, or names somebody who is no member. Nothing was changed.
        BadRequest => RestRefusal::invalid("records"),
        Unauthorized,
        /// The application or the user may not do this, or the body names another member.
        Forbidden => RestRefusal::another_extension(),
        /// There is no such account, or no such queue for the caller to see.
        NotFound => RestRefusal::not_found("groupId"),
        TooLarge,
        UnsupportedMediaType,
        TooManyRequests,
        Unavailable,
    }
}

refusals! {
    /// Why it is not told of which queues somebody takes calls.
    pub enum ReadQueuesError: RestRefusal, from CallerError, ReadError {
        Unauthorized,
        Forbidden,
        NotFound,
        TooLarge,
        TooManyRequests,
        Unavailable,
    }
}

refusals! {
    /// Why it was not set of which queues somebody takes calls. Nothing was changed.
    pub enum UpdateQueuesError: RestRefusal,
        from CallerError, UnreadUpdate, DirectoryError, ReadError
    {
        /// The body is not valid, or names a queue that the extension is no member of. Nothing was changed.
        BadRequest => RestRefusal::invalid("records"),
        Unauthorized,
        /// The application or the user may not do this, or the extension is not the caller's.
        Forbidden => RestRefusal::another_extension(),
        NotFound,
        TooLarge,
        UnsupportedMediaType,
        TooManyRequests,
        Unavailable,
    }
}

/// Read who takes the calls of a queue.
///
/// For everybody of the account. Of members who hide their presence it is not told.
#[utoipa::path(
    get,
    path = "/restapi/v1.0/account/{accountId}/call-queues/{groupId}/presence",
    operation_id = "readCallQueuePresence",
    params(
        ("accountId" = String, Path, description = "The account's id; `~` is the caller's.", example = "~"),
        ("groupId" = String, Path, description = "The id of the queue's extension.", example = "4"),
    ),
    security(("bearer" = [])),
    tag = "Presence",
    responses(
        (status = 200, description = "The members of the queue.", body = CallQueuePresence,
            examples(("ok" = (value = json!({"records": [{"member": {"id": "1", "name": "Alice", "extensionNumber": "101"},
                "acceptQueueCalls": true, "acceptCurrentQueueCalls": true}]}))))),
        ReadQueueError,
    ),
)]
pub(super) async fn read_call_queue_presence(
    State(stub): State<Stub<dyn Presence>>,
    known: Known<Light>,
    ids: PathIds,
) -> Result<Json<CallQueuePresence>, ReadQueueError> {
    let caller = known.caller()?;
    caller.require(Permission::ReadPresence)?;
    caller.account(&ids)?;
    let queue = caller.named(&ids.extension).ok_or_else(|| RestRefusal::not_found("groupId"))?;
    Ok(Json(stub.backend.read_call_queue_presence(&caller, queue).await?))
}

/// Set who takes the calls of a queue.
///
/// An admin of the account sets it for every member, a member for themselves. Whom the body does not name stays as they
/// are.
#[utoipa::path(
    put,
    path = "/restapi/v1.0/account/{accountId}/call-queues/{groupId}/presence",
    operation_id = "updateCallQueuePresence",
    params(
        ("accountId" = String, Path, description = "The account's id; `~` is the caller's.", example = "~"),
        ("groupId" = String, Path, description = "The id of the queue's extension.", example = "4"),
    ),
    request_body(content = CallQueueUpdatePresence, description = "Who is to take its calls."),
    security(("bearer" = [])),
    tag = "Presence",
    responses(
        (status = 200, description = "The members of the queue now.", body = CallQueuePresence,
            examples(("ok" = (value = json!({"records": [{"member": {"id": "1", "name": "Alice", "extensionNumber": "101"},
                "acceptQueueCalls": true, "acceptCurrentQueueCalls": true}]}))))),
        UpdateQueueError,
    ),
)]
pub(super) async fn update_call_queue_presence(
    State(Stub { backend, limits }): State<Stub<dyn Presence>>,
    known: Known<Medium>,
    ids: PathIds,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<CallQueuePresence>, UpdateQueueError> {
    let caller = known.caller()?;
    caller.require(Permission::EditPresence)?;
    caller.account(&ids)?;
    let queue = caller.named(&ids.extension).ok_or_else(|| RestRefusal::not_found("groupId"))?;
    let update = unread(limits, headers, body, ["member", "acceptCurrentQueueCalls"]);
    Ok(Json(backend.update_call_queue_presence(&caller, queue, update).await?))
}

/// Read of which queues somebody takes calls.
///
/// For oneself and for admins of the account.
#[utoipa::path(
    get,
    path = "/restapi/v1.0/account/{accountId}/extension/{extensionId}/call-queue-presence",
    operation_id = "readExtensionCallQueuePresence",
    params(
        ("accountId" = String, Path, description = "The account's id; `~` is the caller's.", example = "~"),
        ("extensionId" = String, Path, description = "The extension's id; `~` is the caller's.", example = "~"),
    ),
    security(("bearer" = [])),
    tag = "Presence",
    responses(
        (status = 200, description = "The queues that the extension is a member of.",
            body = ExtensionCallQueuePresenceList, examples(("ok" = (value = json!({"records": [{"callQueue": {"id": "4", "name": "Sales", "extensionNumber": "900",
                "editableMemberStatus": true}, "acceptCalls": true}]}))))),
        ReadQueuesError,
    ),
)]
pub(super) async fn read_extension_call_queue_presence(
    State(stub): State<Stub<dyn Presence>>,
    known: Known<Light>,
    ids: PathIds,
) -> Result<Json<ExtensionCallQueuePresenceList>, ReadQueuesError> {
    let caller = known.caller()?;
    caller.require(Permission::ReadPresence)?;
    caller.account(&ids)?;
    let extension = caller.extension(&ids)?;
    Ok(Json(stub.backend.read_extension_call_queue_presence(&caller, extension).await?))
}

/// Set of which queues one takes calls, or as an admin of the account somebody else does.
///
/// Queues that the body does not name stay as they are.
#[utoipa::path(
    put,
    path = "/restapi/v1.0/account/{accountId}/extension/{extensionId}/call-queue-presence",
    operation_id = "updateExtensionCallQueuePresence",
    params(
        ("accountId" = String, Path, description = "The account's id; `~` is the caller's.", example = "~"),
        ("extensionId" = String, Path, description = "The extension's id; `~` is the caller's.", example = "~"),
    ),
    request_body(content = ExtensionCallQueueUpdatePresenceList, description = "Of which queues to take calls."),
    security(("bearer" = [])),
    tag = "Presence",
    responses(
        (status = 200, description = "The queues now.", body = ExtensionCallQueuePresenceList,
            examples(("ok" = (value = json!({"records": [{"callQueue": {"id": "4", "name": "Sales", "extensionNumber": "900",
                "editableMemberStatus": true}, "acceptCalls": true}]}))))),
        UpdateQueuesError,
    ),
)]
pub(super) async fn update_extension_call_queue_presence(
    State(Stub { backend, limits }): State<Stub<dyn Presence>>,
    known: Known<Medium>,
    ids: PathIds,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<ExtensionCallQueuePresenceList>, UpdateQueuesError> {
    let caller = known.caller()?;
    caller.require(Permission::EditPresence)?;
    caller.account(&ids)?;
    let extension = caller.extension(&ids)?;
    let update = unread(limits, headers, body, ["callQueue", "acceptCalls"]);
    Ok(Json(backend.update_extension_call_queue_presence(&caller, extension, update).await?))
}
