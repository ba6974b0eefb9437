//! `/presenced/v1/heartbeats`: what gateways report of many users' devices in a call.

use std::collections::BTreeMap;

use axum::{Json, body::Body, extract::State};
use futures_util::future::join_all;
use serde::{
    Deserialize,
    de::{IntoDeserializer, value::Error as ValueError},
};

use super::{
    error::ProblemRefusal,
    extract::{AccessError, JsonError, read_json_within},
    stub::{AuthenticateError, Known, Presence},
    types::{Heartbeat, HeartbeatOutcome, HeartbeatResult, HeartbeatResults, Heartbeats, PresenceState},
};
use crate::{
    api::{
        refusal::{Refusal as _, refusals},
        stub::Stub,
    },
    app::Parts,
    auth::AuthError,
    directory::Scope,
    id::{DeviceId, UserId},
    presence::Input,
    service::UpdateError,
    store::StoreError,
};

refusals! {
    /// Why reports are refused as a whole. Nothing was changed.
    pub enum HeartbeatsError: ProblemRefusal, from AuthenticateError, AccessError, JsonError {
        /// The body is not valid, or reports too much. Nothing was changed.
        BadRequest => ProblemRefusal::invalid("heartbeats: at most 1000 in one call"),
        Unauthorized,
        Forbidden => ProblemRefusal::forbidden(AuthError::MissingScope(Scope::Gateway)),
        TooLarge,
        /// The server starts.
        Unavailable => ProblemRefusal::unavailable(&StoreError::Opening),
    }
}

/// An outcome, and why it is no other.
type Verdict = (HeartbeatOutcome, Option<String>);

impl Heartbeat {
    /// What the report says to the core; if it makes no sense, why.
    fn read(&self) -> Result<(UserId, Input), String> {
        let user = self.user_id.parse().map_err(|error| format!("userId: {error}"))?;
        let device: DeviceId = self.device_id.parse().map_err(|error| format!("deviceId: {error}"))?;
        let state = PresenceState::deserialize(self.state.as_str().into_deserializer())
            .map_err(|error: ValueError| format!("state: {error}"))?;
        Ok((user, Input::Report { device, state: state.into() }))
    }

    pub(super) fn result(self, (outcome, detail): Verdict) -> HeartbeatResult {
        HeartbeatResult { user_id: self.user_id, device_id: self.device_id, outcome: outcome.into(), detail }
    }
}

fn verdict(error: &UpdateError) -> Verdict {
    let outcome = match error {
        UpdateError::Store(_) => HeartbeatOutcome::Unavailable,
        UpdateError::StatusTooLong { .. } => HeartbeatOutcome::Invalid,
        UpdateError::UnknownUser => HeartbeatOutcome::UnknownUser,
    };
    (outcome, Some(error.to_string()))
}

/// Report the devices of many users.
///
/// Each report stands for itself: what is wrong with one is told in its result and keeps no other from
/// being accepted. This is for gateways, with a token that has the scope `gateway`.
#[utoipa::path(
    post,
    path = "/presenced/v1/heartbeats",
    operation_id = "postHeartbeats",
    request_body(content = Heartbeats, description = "What the devices say."),
    security(("bearer" = [])),
    tag = "Presence",
    responses(
        (status = 200, description = "What became of each report.", body = HeartbeatResults),
        HeartbeatsError,
    ),
)]
pub(super) async fn post_heartbeats(
    State(Stub { backend, limits }): State<Stub<dyn Presence>>,
    known: Known,
    body: Body,
) -> Result<Json<HeartbeatResults>, HeartbeatsError> {
    let caller = known.gateway()?;
    let heartbeats = read_json_within(limits, body).await?;
    Ok(Json(backend.post_heartbeats(&caller, heartbeats).await?))
}

/// Applies all reports: those of one user together, in their order, and the users at the same time, so that
/// a store can write them together.
pub(super) async fn apply(app: &Parts, heartbeats: &[Heartbeat]) -> Vec<Verdict> {
    let mut verdicts = vec![(HeartbeatOutcome::Accepted, None); heartbeats.len()];
    let mut by_user: BTreeMap<UserId, (Vec<usize>, Vec<Input>)> = BTreeMap::new();
    for (place, heartbeat) in heartbeats.iter().enumerate() {
        match heartbeat.read() {
            Ok((user, input)) => {
                let (places, inputs) = by_user.entry(user).or_default();
                places.push(place);
                inputs.push(input);
            }
            Err(why) => verdicts[place] = (HeartbeatOutcome::Invalid, Some(why)),
        }
    }
    let updates = by_user
        .into_iter()
        .map(async |(user, (places, inputs))| (places, app.service.update(&user, &inputs).await));
    for (places, outcome) in join_all(updates).await {
        if let Err(error) = outcome {
            for place in places {
                verdicts[place] = verdict(&error);
            }
        }
    }
    verdicts
}
