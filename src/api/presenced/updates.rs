//! `/presenced/v1/presence/update`: what programs say of many users in a call.

use std::collections::BTreeMap;

use axum::{Json, body::Body, extract::State};
use futures_util::future::join_all;
use serde::{
    Deserialize,
    de::{IntoDeserializer, value::Error as ValueError},
};

use super::{
    error::ProblemRefusal,
    extract::{AccessError, JsonError, Parameters, read_json_within},
    saying::api_device,
    stub::{AuthenticateError, Known, Presence},
    types::{
        HeartbeatOutcome, PresenceState, PresenceUpdate, PresenceUpdateResults, PresenceUpdates,
        UserPresenceUpdate,
    },
};
use crate::{
    api::{
        refusal::{Refusal as _, refusals},
        stub::Stub,
    },
    app::Parts,
    directory::Scope,
    id::UserId,
    presence::Timestamp,
    service::{SayError, Saying, Speaker, UpdateError},
    store::StoreError,
};

refusals! {
    /// Why updates are refused as a whole. Nothing was changed.
    pub enum UpdatesError: ProblemRefusal, from AuthenticateError, AccessError, JsonError {
        /// The body is not valid, or has too many updates. Nothing was changed.
        BadRequest => ProblemRefusal::invalid("updates: at most 1000 in one call"),
        Unauthorized,
        /// The caller is neither an admin nor a service token with the scope `write`.
        Forbidden => ProblemRefusal::forbidden(AccessError::NotService),
        TooLarge,
        /// The server starts.
        Unavailable => ProblemRefusal::unavailable(&StoreError::Opening),
    }
}

/// An outcome, and why it is no other.
type Verdict = (HeartbeatOutcome, Option<String>);

impl UserPresenceUpdate {
    /// What the update says of whom; if it makes no sense, why.
    fn read(&self, now: Timestamp) -> Result<(UserId, Saying), String> {
        let user = self.user_id.parse().map_err(|error| format!("userId: {error}"))?;
        let state = |text: &str| PresenceState::deserialize(text.into_deserializer());
        let state = self.state.as_deref().map(state).transpose();
        let update = PresenceUpdate {
            state: state.map_err(|error: ValueError| format!("state: {error}"))?,
            status: self.status.clone(),
            device_id: self.device_id.clone(),
            label: self.label.clone(),
            lease_seconds: self.lease_seconds,
        };
        Ok((user, update.read(api_device(), now)?))
    }
}

fn verdict(error: &SayError) -> Verdict {
    let outcome = match error {
        SayError::Update(UpdateError::Store(_)) => HeartbeatOutcome::Unavailable,
        SayError::Update(UpdateError::UnknownUser) => HeartbeatOutcome::UnknownUser,
        SayError::Update(UpdateError::StatusTooLong { .. }) | SayError::NoClaim => HeartbeatOutcome::Invalid,
    };
    (outcome, Some(error.to_string()))
}

/// Say what is to be known of many users.
///
/// Each update stands for itself: what is wrong with one is told in its result and keeps no other from being accepted.
/// For admins, and for service tokens with the scope `write`.
#[utoipa::path(
    post,
    path = "/presenced/v1/presence/update",
    operation_id = "updatePresence",
    request_body(content = PresenceUpdates, description = "What is said of whom."),
    security(("bearer" = [])),
    tag = "Presence",
    responses(
        (status = 200, description = "What became of each update.", body = PresenceUpdateResults),
        UpdatesError,
    ),
)]
pub(super) async fn update_presence(
    State(Stub { backend, limits }): State<Stub<dyn Presence>>,
    known: Known,
    parameters: Parameters,
    body: Body,
) -> Result<Json<PresenceUpdateResults>, UpdatesError> {
    let caller = known.service(Scope::Write)?;
    parameters.none()?;
    let updates = read_json_within(limits, body).await?;
    Ok(Json(backend.update_presence(&caller, updates).await?))
}

/// Applies all updates: those of one user in their order, and the users at the same time, so that a store can write
/// them together.
pub(super) async fn apply(app: &Parts, updates: &[UserPresenceUpdate]) -> Vec<Verdict> {
    let mut verdicts = vec![(HeartbeatOutcome::Accepted, None); updates.len()];
    let mut by_user: BTreeMap<UserId, Vec<(usize, Saying)>> = BTreeMap::new();
    for (place, update) in updates.iter().enumerate() {
        match update.read(app.service.now()) {
            Ok((user, saying)) => by_user.entry(user).or_default().push((place, saying)),
            Err(why) => verdicts[place] = (HeartbeatOutcome::Invalid, Some(why)),
        }
    }
    let said = by_user.into_iter().map(async |(user, sayings)| {
        let mut refused = Vec::new();
        for (place, saying) in sayings {
            let said = app.service.say(Speaker::Other(&user), &saying).await;
            refused.extend(said.err().map(|error| (place, verdict(&error))));
        }
        refused
    });
    for (place, verdict) in join_all(said).await.into_iter().flatten() {
        verdicts[place] = verdict;
    }
    verdicts
}
