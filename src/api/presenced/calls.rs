//! `/presenced/v1/users/{userId}/calls/{callId}`: the legs of a user's calls, as gateways report them.

use axum::{body::Body, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    error::{BadRequest, ProblemRefusal},
    extract::{AccessError, Asker, Ids, JsonError, read_json},
};
use crate::{
    api::refusal::refusals,
    app::App,
    auth::AuthError,
    directory::{HIGHEST_NUMBER, Scope},
    id::UserId,
    presence::{
        Appearance, Call, CallDetails, CallInfo, CallKind, CallLabel, CallLabelType, Direction, Input,
        Parties, SipData, TelephonyStatus, Termination, Timestamp,
    },
    service::UpdateError,
};

refusals! {
    /// Why a report was refused. Nothing was changed.
    pub(super) enum PutCallError: ProblemRefusal, from AccessError, JsonError, UpdateError {
        /// An id or the body is not valid. Nothing was changed.
        BadRequest => ProblemRefusal::invalid("terminationType: only where telephonyStatus is NoCall"),
        Unauthorized,
        Forbidden => ProblemRefusal::forbidden(AuthError::MissingScope(Scope::Gateway)),
        NotFound,
        TooLarge,
        Unavailable,
    }
}

refusals! {
    /// Why the end of a call was not noted. Nothing was changed.
    pub(super) enum DeleteCallError: ProblemRefusal, from AccessError, UpdateError {
        /// An id is not valid.
        BadRequest => ProblemRefusal::invalid(CALL_ID),
        Unauthorized,
        Forbidden => ProblemRefusal::forbidden(AuthError::MissingScope(Scope::Gateway)),
        NotFound,
        TooLarge,
        Unavailable,
    }
}

const CALL_ID: &str = "callId: has to be from 1 to 255 bytes, without control characters";

/// The `{callId}` of the path.
fn call_id(ids: &Ids) -> Result<String, BadRequest> {
    let call: String = ids.get("callId")?;
    let is_one = (1..=255).contains(&call.len()) && !call.chars().any(char::is_control);
    is_one.then_some(call).ok_or_else(|| ProblemRefusal::invalid(CALL_ID))
}

/// The largest report, in bytes of JSON.
const REPORT_BYTES: usize = 8_192;

/// The latest moment that a date can name: the end of the year 9999.
const LATEST: u64 = 253_402_300_799_999;

/// One leg of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"direction": "Outbound", "telephonyStatus": "CallConnected", "from": "101", "to": "102",
    "sessionId": "501"}))]
pub struct CallReport {
    /// What the leg belongs to; the telephone if left out.
    #[serde(default)]
    pub kind: CallKind,
    /// From where the call came.
    pub direction: Direction,
    /// How far the call is; `NoCall` for one that has ended and is shown a while longer.
    pub telephony_status: TelephonyStatus,
    /// When the call began, in milliseconds since the Unix epoch; left out: when it was first reported.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>, example = 1_767_603_600_000_u64, nullable = false)]
    pub started_at: Option<u64>,
    /// The caller's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "101", nullable = false)]
    pub from: Option<String>,
    /// The caller's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Alice", nullable = false)]
    pub from_name: Option<String>,
    /// The called number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "102", nullable = false)]
    pub to: Option<String>,
    /// The name of whoever is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Bob", nullable = false)]
    pub to_name: Option<String>,
    /// The session that all legs of the call share.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "501", nullable = false)]
    pub session_id: Option<String>,
    /// The same in telephony APIs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "s-501", nullable = false)]
    pub telephony_session_id: Option<String>,
    /// The user's party in that session.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "p-501-1", nullable = false)]
    pub party_id: Option<String>,
    /// The number of the user that the call is made for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>, minimum = 1, example = 2, nullable = false)]
    pub on_behalf_of: Option<u64>,
    /// Whether the call came through a queue.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = false, nullable = false)]
    pub queue_call: Option<bool>,
    /// How the call ended; for one that has.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub termination_type: Option<Termination>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub sip_data: Option<SipDialog>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub call_info: Option<CallDisplay>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub appearance_info: Option<LineAppearance>,
}

/// The SIP dialog of a leg.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SipDialog {
    /// The `Call-ID` header.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "4a6c", nullable = false)]
    pub call_id: Option<String>,
    /// The tag of the called side.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "17d4", nullable = false)]
    pub to_tag: Option<String>,
    /// The tag of the calling side.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "8b21", nullable = false)]
    pub from_tag: Option<String>,
    /// The other side's address.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "sip:102@example.com", nullable = false)]
    pub remote_uri: Option<String>,
    /// The user's address.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "sip:101@example.com", nullable = false)]
    pub local_uri: Option<String>,
    /// The session in the telephone system's own terms.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "501", nullable = false)]
    pub rc_session_id: Option<String>,
}

/// What a telephone shows of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CallDisplay {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub primary: Option<CallDisplayLine>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub additional: Option<CallDisplayLine>,
}

/// One line of what a telephone shows of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CallDisplayLine {
    /// What the line is about.
    #[serde(rename = "type")]
    pub kind: CallLabelType,
    /// The text of the line.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "+16505550100", nullable = false)]
    pub value: Option<String>,
}

/// On which key of a shared line a call is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LineAppearance {
    /// The number of the shared line.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "+16505550100", nullable = false)]
    pub phone_number: Option<String>,
    /// The key.
    #[schema(value_type = i32, minimum = 1, maximum = 8, example = 1)]
    pub appearance_number: u8,
}

impl CallReport {
    fn into_call(self, id: String) -> Result<Call, BadRequest> {
        self.check()?;
        let line = |line: CallDisplayLine| CallLabel { kind: line.kind, value: line.value };
        let details = CallDetails {
            session_id: self.session_id,
            telephony_session_id: self.telephony_session_id,
            party_id: self.party_id,
            on_behalf_of: self.on_behalf_of,
            queue_call: self.queue_call,
            termination: self.termination_type,
            sip: self.sip_data.map(SipData::from),
            info: self.call_info.map(|info| CallInfo {
                primary: info.primary.map(line),
                additional: info.additional.map(line),
            }),
            appearance: self
                .appearance_info
                .map(|line| Appearance { phone_number: line.phone_number, number: line.appearance_number }),
        };
        let parties =
            Parties { from: self.from, from_name: self.from_name, to: self.to, to_name: self.to_name };
        Ok(Call {
            id,
            kind: self.kind,
            status: self.telephony_status,
            direction: self.direction,
            started: self.started_at.map(Timestamp::from_millis),
            parties,
            details,
        })
    }

    fn check(&self) -> Result<(), BadRequest> {
        let is_small = serde_json::to_vec(self).is_ok_and(|json| json.len() <= REPORT_BYTES);
        let key = self.appearance_info.as_ref().map(|line| line.appearance_number);
        let faults = [
            (!is_small, format!("body: at most {REPORT_BYTES} bytes for one leg")),
            (self.started_at.is_some_and(|at| at > LATEST), format!("startedAt: at most {LATEST}")),
            (
                self.on_behalf_of.is_some_and(|number| !(1..=HIGHEST_NUMBER).contains(&number)),
                format!("onBehalfOf: has to be from 1 to {HIGHEST_NUMBER}"),
            ),
            (
                self.termination_type.is_some() && self.telephony_status != TelephonyStatus::NoCall,
                "terminationType: only where telephonyStatus is NoCall".to_owned(),
            ),
            (
                key.is_some_and(|key| !(1..=8).contains(&key)),
                "appearanceInfo: appearanceNumber has to be from 1 to 8".to_owned(),
            ),
        ];
        let fault = faults.into_iter().find(|(is_wrong, _)| *is_wrong);
        fault.map_or(Ok(()), |(_, detail)| Err(ProblemRefusal::invalid(detail)))
    }
}

impl From<SipDialog> for SipData {
    fn from(sip: SipDialog) -> Self {
        Self {
            call_id: sip.call_id,
            to_tag: sip.to_tag,
            from_tag: sip.from_tag,
            remote_uri: sip.remote_uri,
            local_uri: sip.local_uri,
            session_id: sip.rc_session_id,
        }
    }
}

/// Report one leg of a user's call.
///
/// The report replaces the one before of the same id, and holds for an hour or what is configured: a gateway
/// repeats it while the call lasts. Dialects with telephony show it. This needs the scope `gateway`.
#[utoipa::path(
    put,
    path = "/presenced/v1/users/{userId}/calls/{callId}",
    operation_id = "putCall",
    params(
        ("userId" = String, Path, description = "The user's id.", example = "@alice:example.com"),
        ("callId" = String, Path, description = "The gateway's name for the leg, at most 255 bytes.",
            example = "c1"),
    ),
    request_body(content = CallReport, description = "What is known of the leg."),
    security(("bearer" = [])),
    tag = "Presence",
    responses(
        (status = 204, description = "The leg is known."),
        PutCallError,
    ),
)]
pub(super) async fn put_call(
    State(app): State<App>,
    asker: Asker,
    ids: Ids,
    body: Body,
) -> Result<StatusCode, PutCallError> {
    asker.gateway()?;
    let user: UserId = ids.get("userId")?;
    let call = call_id(&ids)?;
    let report: CallReport = read_json(&app, body).await?;
    let call = report.into_call(call)?;
    app.service.update(&user, &[Input::Call(Box::new(call))]).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Report that one leg of a user's call is over.
///
/// Those who watch are told of its end, and it is shown as ended for ten seconds or what is configured. It is no
/// error if there is no such leg: its lease may have run out. This needs the scope `gateway`.
#[utoipa::path(
    delete,
    path = "/presenced/v1/users/{userId}/calls/{callId}",
    operation_id = "deleteCall",
    params(
        ("userId" = String, Path, description = "The user's id.", example = "@alice:example.com"),
        ("callId" = String, Path, description = "The gateway's name for the leg.", example = "c1"),
    ),
    security(("bearer" = [])),
    tag = "Presence",
    responses(
        (status = 204, description = "The leg has ended, if there was one."),
        DeleteCallError,
    ),
)]
pub(super) async fn delete_call(
    State(app): State<App>,
    asker: Asker,
    ids: Ids,
) -> Result<StatusCode, DeleteCallError> {
    asker.gateway()?;
    let user: UserId = ids.get("userId")?;
    let call = call_id(&ids)?;
    app.service.update(&user, &[Input::EndCall { id: call }]).await?;
    Ok(StatusCode::NO_CONTENT)
}
