//! The body of an update: what is left out, or null, stays as it is.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{
    choice::choose,
    error::{BadRequest, CallerError, RestRefusal, UnreadBody},
    presence::MESSAGE_CHARACTERS,
    types::UserStatus,
};
use crate::{
    api::refusal::refusals,
    directory::Extension,
    presence::{CallSettingsChange, DoNotDisturb, Input, Override, Status, Timestamp},
    service::{ReadError, UpdateError},
};

refusals! {
    /// Why an extension's presence was not updated. Nothing was changed.
    pub(super) enum UpdateUserPresenceError: RestRefusal, from CallerError, UnreadBody, ReadError, UpdateError {
        /// The body is not valid. Nothing was changed.
        BadRequest => RestRefusal::invalid("userStatus"),
        Unauthorized,
        /// The application or the user may not do this, or the extension is not the caller's, or has no presence to
        /// set.
        Forbidden => RestRefusal::another_extension(),
        /// There is no such account or extension.
        NotFound,
        TooLarge,
        UnsupportedMediaType,
        TooManyRequests,
        Unavailable,
    }
}

/// What an update says to the core. One bad field and nothing is said.
pub(super) fn inputs(
    body: &Map<String, Value>,
    extension: &Extension,
    now: Timestamp,
) -> Result<Vec<Input>, UpdateUserPresenceError> {
    let mut inputs = Vec::new();
    // The text comes before the status: whoever goes offline leaves the text of this update behind.
    if let Some(message) = message(body)? {
        inputs.push(Input::Status(Status::lasting(message)));
    }
    if let Some(status) = choice(body, "userStatus")? {
        inputs.push(Input::Override(match status {
            UserStatus::Available => Override::None,
            UserStatus::Busy => Override::Busy,
            UserStatus::Offline => Override::Invisible { since: now },
        }));
    }
    if let Some(may_see) = flag(body, "allowSeeMyPresence")? {
        inputs.push(Input::Hidden(!may_see));
    }
    let change = CallSettingsChange {
        dnd: choice(body, "dndStatus")?,
        personal_dnd: choice(body, "dndStatusPersonal")?,
        accept_queue_calls: flag(body, "acceptCallQueueCalls")?,
        ring_on_monitored_call: flag(body, "ringOnMonitoredCall")?,
        pick_up_calls_on_hold: flag(body, "pickUpCallsOnHold")?,
        caller_id_visibility: choice(body, "callerIdVisibility")?,
    };
    check_dnd(change, extension)?;
    if change != CallSettingsChange::default() {
        inputs.push(Input::CallSettings(change));
    }
    Ok(inputs)
}

/// Turning calls away is a feature of some extensions, and turning those of a department away of those that
/// get such calls.
fn check_dnd(change: CallSettingsChange, extension: &Extension) -> Result<(), UpdateUserPresenceError> {
    let is_dnd = change.dnd.is_some() || change.personal_dnd.is_some();
    if is_dnd && !extension.has_dnd {
        return Err(RestRefusal::no_dnd().into());
    }
    match change.dnd {
        Some(DoNotDisturb::DoNotAcceptDepartmentCalls | DoNotDisturb::TakeDepartmentCallsOnly)
            if !extension.takes_department_calls() =>
        {
            Err(RestRefusal::invalid("dndStatus").into())
        }
        _ => Ok(()),
    }
}

fn member<'a>(body: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    body.get(name).filter(|value| !value.is_null())
}

fn message(body: &Map<String, Value>) -> Result<Option<&str>, BadRequest> {
    let invalid = || RestRefusal::invalid("message");
    let Some(value) = member(body, "message") else { return Ok(None) };
    let text = value.as_str().ok_or_else(invalid)?;
    if text.chars().count() > MESSAGE_CHARACTERS { Err(invalid()) } else { Ok(Some(text)) }
}

fn flag(body: &Map<String, Value>, name: &'static str) -> Result<Option<bool>, BadRequest> {
    let flag = |value: &Value| value.as_bool().ok_or_else(|| RestRefusal::invalid(name));
    member(body, name).map(flag).transpose()
}

/// One of the names of an enumeration.
fn choice<T: DeserializeOwned>(
    body: &Map<String, Value>,
    name: &'static str,
) -> Result<Option<T>, BadRequest> {
    // What is no text is refused as a text that is no name.
    let choose = |value: &Value| choose(name, value.as_str().unwrap_or_default());
    member(body, name).map(choose).transpose()
}
