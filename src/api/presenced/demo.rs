//! `/presenced/v1/demo`: the demo as a fixture of tests.

use std::time::Duration;

use axum::{body::Body, extract::State, http::StatusCode};

use super::{
    error::{NotFound, ProblemRefusal, Unauthorized, Unavailable, Unknown},
    extract::{Asker, JsonError, read_json},
    types::Advance,
};
use crate::{
    api::refusal::{Cause as _, Refusal as _, refusals},
    app::App,
    demo,
    directory::DirectoryError,
};

refusals! {
    /// Why the fixtures are not brought back.
    pub(super) enum ResetError: ProblemRefusal {
        Unauthorized,
        /// This server is no demo.
        NotFound => ProblemRefusal::no_path(),
        TooLarge,
        Unavailable,
    }
}

refusals! {
    /// Why the clock was not moved.
    pub(super) enum AdvanceError: ProblemRefusal, from JsonError {
        /// The body is not valid.
        BadRequest => ProblemRefusal::invalid("seconds: has to be from 1 to 31536000"),
        Unauthorized,
        /// This server is no demo.
        NotFound => ProblemRefusal::no_path(),
        TooLarge,
        Unavailable,
    }
}

/// The longest time that may be let pass in a call, in seconds: a year.
const LONGEST: u64 = 31_536_000;

/// Elsewhere than in a demo nothing is there; in one, any token will do.
fn permit<E: From<NotFound> + From<Unauthorized> + From<Unavailable>>(
    app: &App,
    asker: Asker,
) -> Result<(), E> {
    if !app.config.demo {
        return Err(ProblemRefusal::no_path().into());
    }
    asker.identified().map(drop).map_err(|error| Unknown(error).refuse())
}

/// Bring the demo's fixtures back.
///
/// Its users, their tokens and the room are as they are at the start, and nobody is present; whatever else there is
/// goes away, and so do streams and subscriptions. The clock stays where it is.
#[utoipa::path(
    post,
    path = "/presenced/v1/demo/reset",
    operation_id = "resetDemo",
    security(("bearer" = [])),
    tag = "Demo",
    responses(
        (status = 204, description = "The fixtures are there, and nothing else."),
        ResetError,
    ),
)]
pub(super) async fn reset_demo(State(app): State<App>, asker: Asker) -> Result<StatusCode, ResetError> {
    permit::<ResetError>(&app, asker)?;
    demo::reset(&app).await.map_err(|error| -> Unavailable {
        match error {
            DirectoryError::Store(error) => ProblemRefusal::unavailable(&error),
            other => {
                ProblemRefusal::not_ready(format!("somebody else changed the directory meanwhile: {other}"))
            }
        }
    })?;
    Ok(StatusCode::NO_CONTENT)
}

/// Move the demo's clock forward.
///
/// What time brings happens in its order, and whoever watches is told of it, as if the time had passed: leases and
/// statuses end, users become idle, tokens expire. The clock never goes back.
#[utoipa::path(
    post,
    path = "/presenced/v1/demo/advance",
    operation_id = "advanceDemo",
    request_body(content = Advance, description = "How far."),
    security(("bearer" = [])),
    tag = "Demo",
    responses(
        (status = 204, description = "The time has passed."),
        AdvanceError,
    ),
)]
pub(super) async fn advance_demo(
    State(app): State<App>,
    asker: Asker,
    body: Body,
) -> Result<StatusCode, AdvanceError> {
    permit::<AdvanceError>(&app, asker)?;
    let Advance { seconds } = read_json(&app, body).await?;
    if !(1..=LONGEST).contains(&seconds) {
        return Err(ProblemRefusal::invalid(format!("seconds: has to be from 1 to {LONGEST}")).into());
    }
    demo::advance(&app, Duration::from_secs(seconds)).await;
    Ok(StatusCode::NO_CONTENT)
}
