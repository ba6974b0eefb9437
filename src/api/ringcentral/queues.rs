//! `/account/{accountId}/call-queues/{groupId}/presence` and `…/extension/{extensionId}/call-queue-presence`: who takes
//! the calls of a queue, and of which queues somebody takes calls. A queue is an extension of the type `Department`.
//! Source: RingCentral's API reference, "Presence".

use std::collections::BTreeMap;

use axum::{Json, body::Body, extract::State, http::HeaderMap};
use serde_json::{Map, Value};

use super::{
    error::{CallerError, NotFound, RestRefusal, UnreadBody},
    extract::{Asker, Caller, PathIds, read_object},
    permission::Permission,
    rate::{Light, Medium},
    types::{
        CallQueueMember, CallQueueMemberPresence, CallQueuePresence, CallQueueUpdatePresence,
        ExtensionCallQueuePresence, ExtensionCallQueuePresenceList, ExtensionCallQueueUpdatePresenceList,
        PresenceCallQueueInfo,
    },
};
use crate::{
    api::refusal::refusals,
    app::App,
    directory::{Desk, DirectoryError, ExtensionType, User},
    id::UserId,
    presence::DoNotDisturb,
    service::ReadError,
    store::StoreError,
};

/// How many entries a change may have.
const MOST: usize = 100;

/// The queue of the caller's account that an id names.
fn queue<G>(app: &App, caller: &Caller<G>, id: &str) -> Result<User, NotFound> {
    let found = caller.find(app, id).ok().filter(is_queue);
    found.ok_or_else(|| RestRefusal::not_found("groupId"))
}

fn is_queue(user: &User) -> bool {
    user.extension.as_ref().is_some_and(|extension| extension.kind == ExtensionType::Department)
}

/// The members of a queue, in the order of their ids.
fn members(app: &App, queue: &User) -> Vec<User> {
    let account = queue.extension.as_ref().map_or(0, |extension| extension.account);
    let (mut users, _) = app.directory.extensions(account, 0, usize::MAX);
    let is_member = |user: &User| {
        user.extension.as_ref().is_some_and(|extension| extension.departments.contains(&queue.number))
    };
    users.retain(is_member);
    users
}

/// Who takes the calls of a queue, as a viewer sees it.
pub(super) async fn of_queue(
    app: &App,
    viewer: &UserId,
    queue: &User,
) -> Result<CallQueuePresence, StoreError> {
    let members = members(app, queue);
    let ids: Vec<&UserId> = members.iter().map(|user| &user.id).collect();
    let seen = app.service.extensions(viewer, &ids, app.service.now()).await?;
    let records = members.iter().zip(seen).filter_map(|(user, seen)| {
        let is_shown = seen.as_ref().ok()?.shown.is_some();
        let takes = matches!(
            seen.ok()?.settings.dnd,
            DoNotDisturb::TakeAllCalls | DoNotDisturb::TakeDepartmentCallsOnly
        );
        let is_open = !app.directory.desk(&user.id).closed_queues.contains(&queue.number);
        let extension_number = user.extension.as_ref()?.number.clone();
        let member = CallQueueMember {
            id: user.number.to_string(),
            name: user.display_name.clone(),
            extension_number,
        };
        Some(CallQueueMemberPresence {
            member,
            accept_queue_calls: is_shown.then_some(takes),
            accept_current_queue_calls: is_shown.then_some(is_open),
        })
    });
    Ok(CallQueuePresence { records: records.collect() })
}

/// Of which queues a user takes calls, for a viewer that the user is shown to or not.
pub(super) fn of_extension(app: &App, user: &User, is_shown: bool) -> ExtensionCallQueuePresenceList {
    let closed = app.directory.desk(&user.id).closed_queues;
    let records = queues_of(app, user).into_iter().filter_map(|queue| {
        let extension_number = queue.extension.as_ref()?.number.clone();
        let call_queue = PresenceCallQueueInfo {
            id: queue.number.to_string(),
            name: queue.display_name.clone(),
            extension_number,
            editable_member_status: true,
        };
        let accept_calls = is_shown.then_some(!closed.contains(&queue.number));
        Some(ExtensionCallQueuePresence { call_queue, accept_calls })
    });
    ExtensionCallQueuePresenceList { records: records.collect() }
}

/// The queues that a user is a member of, in the order of their ids.
fn queues_of(app: &App, user: &User) -> Vec<User> {
    let Some(extension) = &user.extension else { return Vec::new() };
    let queues = extension.departments.iter();
    let queues = queues.filter_map(|number| app.directory.extension(extension.account, *number));
    queues.filter(is_queue).collect()
}

/// The extensions that the entries of a body name in `what`, each with its flag; none if an entry has none.
fn entries(body: &Map<String, Value>, what: &str, flag: &str) -> Option<BTreeMap<u64, bool>> {
    let records = body.get("records")?.as_array().filter(|records| records.len() <= MOST)?;
    let entry = |record: &Value| {
        let id = record.get(what)?.get("id")?;
        let id = id.as_u64().or_else(|| id.as_str()?.parse().ok())?;
        Some((id, record.get(flag)?.as_bool()?))
    };
    records.iter().map(entry).collect()
}

/// Opens or closes a queue for whoever's telephone it is.
fn set(desk: &mut Desk, queue: u64, is_open: bool) {
    match is_open {
        true => desk.closed_queues.remove(&queue),
        false => desk.closed_queues.insert(queue),
    };
}

refusals! {
    /// Why it is not told who takes the calls of a queue.
    pub(super) enum ReadQueueError: RestRefusal, from CallerError, StoreError {
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
    pub(super) enum UpdateQueueError: RestRefusal,
        from CallerError, UnreadBody, DirectoryError, StoreError
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
    pub(super) enum ReadQueuesError: RestRefusal, from CallerError, ReadError {
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
    pub(super) enum UpdateQueuesError: RestRefusal,
        from CallerError, UnreadBody, DirectoryError, ReadError
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
    State(app): State<App>,
    asker: Asker<Light>,
    ids: PathIds,
) -> Result<Json<CallQueuePresence>, ReadQueueError> {
    let caller = asker.caller()?;
    caller.require(Permission::ReadPresence)?;
    caller.account(&ids)?;
    let queue = queue(&app, &caller, &ids.extension)?;
    Ok(Json(of_queue(&app, &caller.user.id, &queue).await?))
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
    State(app): State<App>,
    asker: Asker<Medium>,
    ids: PathIds,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<CallQueuePresence>, UpdateQueueError> {
    let caller = asker.caller()?;
    caller.require(Permission::EditPresence)?;
    caller.account(&ids)?;
    let queue = queue(&app, &caller, &ids.extension)?;
    let body = read_object(&app, &headers, body, app.config.limits.body_bytes).await?;
    let entries =
        entries(&body, "member", "acceptCurrentQueueCalls").ok_or_else(|| RestRefusal::invalid("records"))?;
    let members: BTreeMap<u64, User> =
        members(&app, &queue).into_iter().map(|user| (user.number, user)).collect();
    if !entries.keys().all(|number| members.contains_key(number)) {
        return Err(RestRefusal::invalid("records").into());
    }
    let is_own = entries.keys().all(|number| *number == caller.user.number);
    if !is_own && !caller.extension.is_admin {
        return Err(RestRefusal::another_extension().into());
    }
    let open: BTreeMap<UserId, bool> =
        entries.iter().map(|(number, is_open)| (members[number].id.clone(), *is_open)).collect();
    let (users, number) = (open.keys().cloned().collect(), queue.number);
    app.directory.set_desks(users, move |user, desk| set(desk, number, open[user])).await?;
    Ok(Json(of_queue(&app, &caller.user.id, &queue).await?))
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
    State(app): State<App>,
    asker: Asker<Light>,
    ids: PathIds,
) -> Result<Json<ExtensionCallQueuePresenceList>, ReadQueuesError> {
    let caller = asker.caller()?;
    caller.require(Permission::ReadPresence)?;
    caller.account(&ids)?;
    let user = caller.find(&app, &ids.extension)?;
    let seen = app.service.extension(&caller.user.id, &user.id, app.service.now()).await?;
    Ok(Json(of_extension(&app, &user, seen.shown.is_some())))
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
    State(app): State<App>,
    asker: Asker<Medium>,
    ids: PathIds,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<ExtensionCallQueuePresenceList>, UpdateQueuesError> {
    let caller = asker.caller()?;
    caller.require(Permission::EditPresence)?;
    caller.account(&ids)?;
    let user = caller.find(&app, &ids.extension)?;
    if user.id != caller.user.id && !caller.extension.is_admin {
        return Err(RestRefusal::another_extension().into());
    }
    let body = read_object(&app, &headers, body, app.config.limits.body_bytes).await?;
    let entries =
        entries(&body, "callQueue", "acceptCalls").ok_or_else(|| RestRefusal::invalid("records"))?;
    let queues = queues_of(&app, &user);
    if !entries.keys().all(|number| queues.iter().any(|queue| queue.number == *number)) {
        return Err(RestRefusal::invalid("records").into());
    }
    let set_all = move |desk: &mut Desk| entries.iter().for_each(|(queue, open)| set(desk, *queue, *open));
    app.directory.set_desk(&user.id, set_all).await?;
    let seen = app.service.extension(&caller.user.id, &user.id, app.service.now()).await?;
    Ok(Json(of_extension(&app, &user, seen.shown.is_some())))
}
