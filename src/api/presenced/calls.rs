//! `/presenced/v1/users/{userId}/calls/{callId}`: the legs of a user's calls, as gateways report them.

use axum::{body::Body, extract::State, http::StatusCode};

use super::{
    error::{BadRequest, ProblemRefusal},
    extract::{AccessError, Ids, JsonError, read_json_within},
    stub::{AuthenticateError, Known, Presence},
    types::{CallDisplayLine, CallReport, SipDialog, UserIdOrMe},
};
use crate::{
    api::{refusal::refusals, stub::Stub, telephony::TelephonyStatus},
    auth::AuthError,
    directory::{HIGHEST_NUMBER, Scope},
    presence::{Appearance, Call, CallDetails, CallInfo, CallLabel, Parties, SipData, Timestamp},
    service::UpdateError,
};

refusals! {
    /// Why a report was refused. Nothing was changed.
    pub enum PutCallError: ProblemRefusal, from AuthenticateError, AccessError, JsonError, UpdateError {
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
    pub enum DeleteCallError: ProblemRefusal, from AuthenticateError, AccessError, UpdateError {
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

impl CallReport {
    pub(super) fn into_call(self, id: String) -> Call {
        let line = |line: CallDisplayLine| CallLabel { kind: line.kind.into(), value: line.value };
        let details = CallDetails {
            session_id: self.session_id,
            telephony_session_id: self.telephony_session_id,
            party_id: self.party_id,
            on_behalf_of: self.on_behalf_of,
            queue_call: self.queue_call,
            termination: self.termination_type.map(Into::into),
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
        Call {
            id,
            kind: self.kind.into(),
            status: self.telephony_status.into(),
            direction: self.direction.into(),
            started: self.started_at.map(Timestamp::from_millis),
            parties,
            details,
        }
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
        ("userId" = inline(UserIdOrMe), Path, description = "The user's id, or `me` for the caller's own.", example = "@alice:example.com"),
        ("callId" = String, Path, pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]+$", max_length = 255, description = "The gateway's name for the leg, at most 255 bytes.",
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
    State(Stub { backend, limits }): State<Stub<dyn Presence>>,
    known: Known,
    ids: Ids,
    body: Body,
) -> Result<StatusCode, PutCallError> {
    let caller = known.gateway()?;
    let user = ids.user::<PutCallError>(&caller)?;
    let call = call_id(&ids)?;
    let report: CallReport = read_json_within(limits, body).await?;
    report.check()?;
    backend.put_call(&caller, &user, &call, report).await?;
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
        ("userId" = inline(UserIdOrMe), Path, description = "The user's id, or `me` for the caller's own.", example = "@alice:example.com"),
        ("callId" = String, Path, pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]+$", max_length = 255, description = "The gateway's name for the leg.", example = "c1"),
    ),
    security(("bearer" = [])),
    tag = "Presence",
    responses(
        (status = 204, description = "The leg has ended, if there was one."),
        DeleteCallError,
    ),
)]
pub(super) async fn delete_call(
    State(stub): State<Stub<dyn Presence>>,
    known: Known,
    ids: Ids,
) -> Result<StatusCode, DeleteCallError> {
    let caller = known.gateway()?;
    let user = ids.user::<DeleteCallError>(&caller)?;
    let call = call_id(&ids)?;
    stub.backend.delete_call(&caller, &user, &call).await?;
    Ok(StatusCode::NO_CONTENT)
}
