//! `/presenced/v1/tickets`: secrets that stand for a token where an address has to carry it, and so may end up in a log.
//! That is why each is of use once, and soon or never.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use axum::{Json, extract::State, http::StatusCode};
use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};

use super::{
    Own,
    access::Bearer,
    error::{ProblemRefusal, Unknown},
    extract::{Asker, Parameters},
    types::Ticket,
};
use crate::{
    api::refusal::refusals,
    app::App,
    directory::{TokenId, TokenSecret},
    presence::Timestamp,
};

refusals! {
    /// Why there is no ticket.
    pub(super) enum TicketError: ProblemRefusal, from Unknown {
        /// There is a parameter, which this takes none of.
        BadRequest => ProblemRefusal::invalid("users: there is no such parameter"),
        Unauthorized,
        TooLarge,
        Unavailable,
    }
}

/// How long a ticket is of use.
const LIFETIME: Duration = Duration::from_secs(60);

/// How many unused tickets of one token there may be; of more, the oldest makes room.
const MOST: usize = 64;

/// The tickets that were not used yet.
#[derive(Default)]
pub(super) struct Tickets(Mutex<Issued>);

#[derive(Default)]
struct Issued {
    by_hash: HashMap<[u8; 32], (Bearer, Timestamp)>,
    /// The hashes of each token's, the oldest first.
    of_tokens: HashMap<TokenId, VecDeque<[u8; 32]>>,
    /// When those whose time was over were forgotten.
    cleaned: Option<Timestamp>,
}

impl Issued {
    fn clean(&mut self, now: Timestamp) {
        if self.cleaned.is_some_and(|cleaned| now < cleaned + LIFETIME) {
            return;
        }
        self.cleaned = Some(now);
        self.by_hash.retain(|_, (_, end)| now < *end);
        for own in self.of_tokens.values_mut() {
            own.retain(|hash| self.by_hash.contains_key(hash));
        }
        self.of_tokens.retain(|_, own| !own.is_empty());
    }
}

impl Tickets {
    fn issue(&self, bearer: Bearer, now: Timestamp) -> (TokenSecret, Timestamp) {
        let (secret, end) = (TokenSecret::random(), now + LIFETIME);
        let mut issued = self.0.lock();
        issued.clean(now);
        let Issued { by_hash, of_tokens, .. } = &mut *issued;
        let own = of_tokens.entry(bearer.token.clone()).or_default();
        if own.len() == MOST
            && let Some(oldest) = own.pop_front()
        {
            by_hash.remove(&oldest);
        }
        own.push_back(hash(secret.reveal()));
        by_hash.insert(hash(secret.reveal()), (bearer, end));
        (secret, end)
    }

    /// Whom a ticket stands for, which is of no use after that.
    pub(super) fn take(&self, ticket: &str, now: Timestamp) -> Option<Bearer> {
        let mut issued = self.0.lock();
        let (bearer, end) = issued.by_hash.remove(&hash(ticket))?;
        if let Some(own) = issued.of_tokens.get_mut(&bearer.token) {
            own.retain(|other| *other != hash(ticket));
        }
        (now < end).then_some(bearer)
    }

    fn len(&self) -> usize {
        self.0.lock().by_hash.len()
    }
}

/// How many tickets were issued and not used or forgotten.
pub(super) fn unused(app: &App) -> usize {
    app.own::<Own>().tickets.len()
}

fn hash(ticket: &str) -> [u8; 32] {
    Sha256::digest(ticket.as_bytes()).into()
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
    let bearer = Bearer::of(identified).map_err(Unknown)?;
    let (ticket, end) = app.own::<Own>().tickets.issue(bearer, app.service.now());
    let ticket = Ticket { ticket: ticket.reveal().to_owned(), expires_at: end.as_millis() };
    Ok((StatusCode::CREATED, Json(ticket)))
}
