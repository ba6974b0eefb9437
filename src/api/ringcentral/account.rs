//! `GET /account/{accountId}/presence`: all users in an account, in pages.
//! Source: RingCentral's API reference, "Presence".

use axum::{
    Json,
    extract::{RawQuery, State},
    http::HeaderMap,
};

use super::{
    error::{CallerError, RestRefusal},
    extract::{PathIds, Uris},
    pages::Pages,
    permission::Permission,
    presence::Detail,
    query::Query,
    rate::Heavy,
    stub::{Known, Presence},
    types::AccountPresenceInfo,
};
use crate::{
    api::{refusal::refusals, stub::Stub},
    store::StoreError,
};

impl Detail {
    /// The parameters that ask for it again.
    fn parameters(self) -> String {
        let parameters = [("detailedTelephonyState", self.calls), ("sipData", self.sip)];
        parameters.into_iter().filter(|(_, asked)| *asked).map(|(name, _)| format!("{name}=true&")).collect()
    }
}

refusals! {
    /// Why the presence of an account is not told.
    pub enum ReadAccountPresenceError: RestRefusal, from CallerError, StoreError {
        BadRequest,
        Unauthorized,
        Forbidden,
        /// The account is not the caller's.
        NotFound => RestRefusal::not_found("accountId"),
        TooLarge,
        TooManyRequests,
        Unavailable,
    }
}

/// Read the presence of everybody in an account.
///
/// The extensions come in the order of their ids, in pages. A page past the last is empty.
#[utoipa::path(
    get,
    path = "/restapi/v1.0/account/{accountId}/presence",
    operation_id = "ReadAccountPresence",
    params(
        ("accountId" = String, Path, description = "The account's id; `~` is the caller's.", example = "~"),
        ("detailedTelephonyState" = Option<bool>, Query, description = "Whether to list calls, in any letter case.",
            example = true),
        ("sipData" = Option<bool>, Query, description = "Whether to list calls with their SIP dialogs.",
            example = false),
        ("totalActiveCalls" = Option<bool>, Query, description = "Whether to count calls; the name alone asks for it.",
            example = true),
        ("page" = Option<i32>, Query, description = "Which page, from 1; the first if left out.", minimum = 1,
            example = 1),
        ("perPage" = Option<i32>, Query, description = "How many on a page; 100 if left out, 1000 at most.",
            minimum = 0, example = 100),
    ),
    security(("accessToken" = []), ("bearer" = [])),
    tag = "Presence",
    responses(
        (status = 200, description = "One page.", body = AccountPresenceInfo),
        ReadAccountPresenceError,
    ),
)]
pub(super) async fn read_account_presence(
    State(stub): State<Stub<dyn Presence>>,
    known: Known<Heavy>,
    ids: PathIds,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Json<AccountPresenceInfo>, ReadAccountPresenceError> {
    let caller = known.caller()?;
    caller.require(Permission::ReadPresence)?;
    let account = caller.account(&ids)?;
    let query = Query::of(query.as_deref());
    let (detail, asked) = (query.detail()?, query.page()?);
    let uris = Uris::at(&stub.backend.origin(&headers), account);
    let mut pages =
        Pages { asked, elements: 0, address: uris.account_presence(), parameters: detail.parameters() };
    let places = pages.start()..pages.start().saturating_add(asked.per_page);
    let page = stub.backend.read_account_presence(&caller, places, detail, &uris).await?;
    pages.elements = page.total;
    Ok(Json(AccountPresenceInfo {
        uri: pages.uri(),
        paging: pages.paging(page.records.len()),
        navigation: pages.navigation(),
        records: page.records,
    }))
}
