//! Who takes the calls of queues of a server of ours. A queue is an extension of the type `Department`.

use std::collections::BTreeMap;

use crate::{
    api::ringcentral::{
        error::{NotFound, RestRefusal},
        stub::{
            CallQueuePresence, Caller, ExtensionCallQueuePresenceList, Unread, UpdateQueueError,
            UpdateQueuesError,
        },
        types::{
            CallQueueMember, CallQueueMemberPresence, ExtensionCallQueuePresence, PresenceCallQueueInfo,
        },
    },
    app::Parts,
    directory::{Desk, ExtensionType, User},
    id::UserId,
    presence::DoNotDisturb,
    store::StoreError,
};

/// A queue of the caller's account.
pub(super) fn queue(server: &Parts, caller: &Caller, number: u64) -> Result<User, NotFound> {
    let found = server.directory.extension(caller.account, number).filter(is_queue);
    found.ok_or_else(|| RestRefusal::not_found("groupId"))
}

fn is_queue(user: &User) -> bool {
    user.extension.as_ref().is_some_and(|extension| extension.kind == ExtensionType::Department)
}

/// The members of a queue, in the order of their ids.
fn members(server: &Parts, queue: &User) -> Vec<User> {
    let account = queue.extension.as_ref().map_or(0, |extension| extension.account);
    let (mut users, _) = server.directory.extensions(account, 0, usize::MAX);
    let is_member = |user: &User| {
        user.extension.as_ref().is_some_and(|extension| extension.departments.contains(&queue.number))
    };
    users.retain(is_member);
    users
}

/// Who takes the calls of a queue, as a viewer sees it.
pub(in crate::api::ringcentral) async fn of_queue(
    server: &Parts,
    viewer: &UserId,
    queue: &User,
) -> Result<CallQueuePresence, StoreError> {
    let members = members(server, queue);
    let ids: Vec<&UserId> = members.iter().map(|user| &user.id).collect();
    let seen = server.service.extensions(viewer, &ids, server.service.now()).await?;
    let records = members.iter().zip(seen).filter_map(|(user, seen)| {
        let is_shown = seen.as_ref().ok()?.shown.is_some();
        let takes = matches!(
            seen.ok()?.settings.dnd,
            DoNotDisturb::TakeAllCalls | DoNotDisturb::TakeDepartmentCallsOnly
        );
        let is_open = !server.directory.desk(&user.id).closed_queues.contains(&queue.number);
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
pub(in crate::api::ringcentral) fn of_extension(
    server: &Parts,
    user: &User,
    is_shown: bool,
) -> ExtensionCallQueuePresenceList {
    let closed = server.directory.desk(&user.id).closed_queues;
    let records = queues_of(server, user).into_iter().filter_map(|queue| {
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
fn queues_of(server: &Parts, user: &User) -> Vec<User> {
    let Some(extension) = &user.extension else { return Vec::new() };
    let queues = extension.departments.iter();
    let queues = queues.filter_map(|number| server.directory.extension(extension.account, *number));
    queues.filter(is_queue).collect()
}

/// Sets who takes the calls of a queue: an admin for every member, a member for themselves.
pub(super) async fn set_queue(
    server: &Parts,
    caller: &Caller,
    queue: &User,
    entries: BTreeMap<u64, bool>,
) -> Result<(), UpdateQueueError> {
    let members: BTreeMap<u64, User> =
        members(server, queue).into_iter().map(|user| (user.number, user)).collect();
    if !entries.keys().all(|number| members.contains_key(number)) {
        return Err(RestRefusal::invalid("records").into());
    }
    let is_own = entries.keys().all(|number| *number == caller.extension);
    if !is_own && !caller.is_admin {
        return Err(RestRefusal::another_extension().into());
    }
    let open: BTreeMap<UserId, bool> =
        entries.iter().map(|(number, is_open)| (members[number].id.clone(), *is_open)).collect();
    let (users, number) = (open.keys().cloned().collect(), queue.number);
    Ok(server.directory.set_desks(users, move |user, desk| set(desk, number, open[user])).await?)
}

/// Sets of which queues somebody takes calls: an admin for everybody, others for themselves.
pub(super) async fn set_extension(
    server: &Parts,
    caller: &Caller,
    user: &User,
    update: Unread<BTreeMap<u64, bool>>,
) -> Result<(), UpdateQueuesError> {
    if user.id != caller.token.user && !caller.is_admin {
        return Err(RestRefusal::another_extension().into());
    }
    let entries = update.read().await?;
    let queues = queues_of(server, user);
    if !entries.keys().all(|number| queues.iter().any(|queue| queue.number == *number)) {
        return Err(RestRefusal::invalid("records").into());
    }
    let set_all = move |desk: &mut Desk| entries.iter().for_each(|(queue, open)| set(desk, *queue, *open));
    Ok(server.directory.set_desk(&user.id, set_all).await?)
}

/// Opens or closes a queue for whoever's telephone it is.
fn set(desk: &mut Desk, queue: u64, is_open: bool) {
    match is_open {
        true => desk.closed_queues.remove(&queue),
        false => desk.closed_queues.insert(queue),
    };
}
