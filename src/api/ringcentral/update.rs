//! The body of an update: what is left out, or null, stays as it is.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{
    choice::choose,
    error::{BadRequest, CallerError, RestRefusal},
    presence::MESSAGE_CHARACTERS,
    stub::UnreadUpdate,
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
    pub enum UpdateUserPresenceError: RestRefusal, from CallerError, UnreadUpdate, ReadError, UpdateError {
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

/// What an update says; what is left out stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Update {
    /// At most 75 characters; an empty one is none.
    pub message: Option<String>,
    pub user_status: Option<UserStatus>,
    pub allow_see_my_presence: Option<bool>,
    /// Do-not-disturb, the queues, and what else is set for calls.
    pub calls: CallSettingsChange,
}

impl Update {
    /// Reads it. One bad field and nothing is said.
    pub(super) fn read(body: &Map<String, Value>) -> Result<Self, BadRequest> {
        Ok(Self {
            message: message(body)?.map(str::to_owned),
            user_status: choice(body, "userStatus")?,
            allow_see_my_presence: flag(body, "allowSeeMyPresence")?,
            calls: CallSettingsChange {
                dnd: choice(body, "dndStatus")?,
                personal_dnd: choice(body, "dndStatusPersonal")?,
                accept_queue_calls: flag(body, "acceptCallQueueCalls")?,
                ring_on_monitored_call: flag(body, "ringOnMonitoredCall")?,
                pick_up_calls_on_hold: flag(body, "pickUpCallsOnHold")?,
                caller_id_visibility: choice(body, "callerIdVisibility")?,
            },
        })
    }

    /// What it says to the core.
    pub(super) fn inputs(
        self,
        extension: &Extension,
        now: Timestamp,
    ) -> Result<Vec<Input>, UpdateUserPresenceError> {
        check_dnd(self.calls, extension)?;
        // The text comes before the status: a user who goes offline leaves the text of this update behind.
        let message = self.message.map(|message| Input::Status(Status::lasting(&message)));
        let status = self.user_status.map(|status| {
            Input::Override(match status {
                UserStatus::Available => Override::None,
                UserStatus::Busy => Override::Busy,
                UserStatus::Offline => Override::Invisible { since: now },
            })
        });
        let hidden = self.allow_see_my_presence.map(|may_see| Input::Hidden(!may_see));
        let calls = (self.calls != CallSettingsChange::default()).then_some(Input::CallSettings(self.calls));
        Ok([message, status, hidden, calls].into_iter().flatten().collect())
    }
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
