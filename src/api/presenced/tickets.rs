//! `/presenced/v1/tickets`: secrets that stand for a token where an address has to carry it, and so may end up in a log.
//! That is why each is of use once, and soon or never.

use axum::{Json, extract::State, http::StatusCode};

use super::{
    access::{Bearer, TICKETS},
    error::{ProblemRefusal, Unknown},
    extract::{Asker, Parameters},
    types::Ticket,
};
use crate::{api::refusal::refusals, app::App, auth::AuthError, store::StoreError};

refusals! {
    /// Why there is no ticket.
    pub(super) enum TicketError: ProblemRefusal, from Unknown, StoreError {
        /// There is a parameter, which this takes none of.
        BadRequest => ProblemRefusal::invalid("users: there is no such parameter"),
        Unauthorized,
        TooLarge,
        Unavailable,
    }
}

/// Make a ticket.
///
/// It stands for the token in the address of one stream or one socket, as `ticket`, within a minute. So no token has to
/// stand there, where proxies note it. What a ticket opened ends with the token.
#[utoipa::path(
    post,
    path = "/presenced/v1/tickets",
    operation_id = "createTicket",
    security(("bearer" = [])),
    tag = "Following",
    responses(
        (status = 201, description = "The ticket.", body = Ticket),
        TicketError,
    ),
)]
pub(super) async fn create_ticket(
    State(app): State<App>,
    asker: Asker,
    parameters: Parameters,
) -> Result<(StatusCode, Json<Ticket>), TicketError> {
    let identified = asker.identified().map_err(Unknown)?;
    parameters.none()?;
    let Bearer { token, access, .. } = Bearer::of(identified).map_err(Unknown)?;
    let issued = app.auth.issue_pass(&TICKETS, token.as_str(), &access).await?;
    let (ticket, end) = issued.ok_or(Unknown(AuthError::NoUser))?;
    let ticket = Ticket { ticket: ticket.reveal().to_owned(), expires_at: end.as_millis() };
    Ok((StatusCode::CREATED, Json(ticket)))
}
