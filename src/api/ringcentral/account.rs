//! `GET /account/{accountId}/presence`: everybody in an account, in pages.
//! Source: RingCentral's API reference, "Presence".

use axum::{
    Json,
    extract::{RawQuery, State},
    http::HeaderMap,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    error::{ErrorResponse, Refusals, RestFailure},
    extract::{Caller, PathIds, Permission, Uris},
    presence::{Detail, GetPresenceInfo},
    query::{PageRequest, Query},
    rate::Heavy,
};
use crate::{app::App, id::UserId};

/// The presence of an account's extensions, one page of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct AccountPresenceInfo {
    /// Where this page is.
    #[schema(example = "http://127.0.0.1:8008/restapi/v1.0/account/1/presence?page=1&perPage=100")]
    uri: String,
    /// In the order of the extensions' ids.
    records: Vec<GetPresenceInfo>,
    paging: PagingInfo,
    navigation: NavigationInfo,
}

/// Which page this is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"page": 1, "perPage": 100, "pageStart": 0, "pageEnd": 2, "totalPages": 1,
    "totalElements": 3}))]
pub(super) struct PagingInfo {
    /// The page's number, from 1; absent if there is nothing on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i32>, example = 1, nullable = false)]
    page: Option<usize>,
    /// How many extensions a page has.
    #[schema(value_type = i32, example = 100)]
    per_page: usize,
    /// The first extension on the page, from 0; absent if there is nothing on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i32>, example = 0, nullable = false)]
    page_start: Option<usize>,
    /// The last extension on the page; absent if there is nothing on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i32>, example = 2, nullable = false)]
    page_end: Option<usize>,
    /// How many pages there are; absent for pages without extensions.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i32>, example = 1, nullable = false)]
    total_pages: Option<usize>,
    /// How many extensions the account has.
    #[schema(value_type = i32, example = 3)]
    total_elements: usize,
}

/// The pages around this one, as far as there are such.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the names on the wire")]
pub(super) struct NavigationInfo {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    first_page: Option<PageLink>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    next_page: Option<PageLink>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    previous_page: Option<PageLink>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    last_page: Option<PageLink>,
}

/// Where a page is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct PageLink {
    /// The address, with what was asked for.
    #[schema(example = "http://127.0.0.1:8008/restapi/v1.0/account/1/presence?page=1&perPage=100")]
    uri: String,
}

/// A page of a list of so many elements.
struct Pages {
    asked: PageRequest,
    elements: usize,
}

impl Pages {
    /// How many pages there are; none if they would be empty.
    fn count(&self) -> Option<usize> {
        (self.asked.per_page > 0).then(|| self.elements.div_ceil(self.asked.per_page))
    }

    fn paging(&self, start: usize, shown: usize) -> PagingInfo {
        let is_empty = shown == 0;
        PagingInfo {
            page: (!is_empty).then_some(self.asked.page),
            per_page: self.asked.per_page,
            page_start: (!is_empty).then_some(start),
            page_end: (!is_empty).then(|| start + shown - 1),
            total_pages: self.count(),
            total_elements: self.elements,
        }
    }

    fn navigation(&self, uris: &Uris, detail: Detail) -> NavigationInfo {
        let (page, count) = (self.asked.page, self.count().unwrap_or_default());
        let link = |page: usize| {
            (1..=count).contains(&page).then(|| PageLink { uri: self.uri(uris, &detail.query(), page) })
        };
        NavigationInfo {
            first_page: link(1),
            next_page: link(page.saturating_add(1)),
            previous_page: link(page - 1),
            last_page: link(count),
        }
    }

    fn uri(&self, uris: &Uris, detail: &str, page: usize) -> String {
        format!("{}?{detail}page={page}&perPage={}", uris.account_presence(), self.asked.per_page)
    }
}

impl Detail {
    /// The parameters that ask for it again.
    fn query(self) -> String {
        let parameters = [("detailedTelephonyState", self.calls), ("sipData", self.sip)];
        parameters.into_iter().filter(|(_, asked)| *asked).map(|(name, _)| format!("{name}=true&")).collect()
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
        (status = 400, description = "A parameter is not valid.", body = ErrorResponse),
        (status = 404, description = "The account is not the caller's.", body = ErrorResponse),
        Refusals,
    ),
)]
pub(super) async fn read_account_presence(
    State(app): State<App>,
    caller: Caller<Heavy>,
    ids: PathIds,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Json<AccountPresenceInfo>, RestFailure> {
    caller.require(Permission::ReadPresence)?;
    let account = caller.account(&ids)?;
    let query = Query::of(query.as_deref());
    let (detail, asked) = (query.detail()?, query.page()?);
    let uris = Uris::new(&app, &headers, account);
    let start = (asked.page - 1).saturating_mul(asked.per_page);
    let (users, elements) = app.directory.extensions(account, start, asked.per_page);
    let ids: Vec<&UserId> = users.iter().map(|user| &user.id).collect();
    let answers = app.service.extensions(&caller.user.id, &ids, app.service.now()).await?;
    // Whoever is removed from the account meanwhile is left out.
    let seen = users.iter().zip(&answers).filter_map(|(user, seen)| Some((user, seen.as_ref().ok()?)));
    let records: Vec<_> = seen.map(|(user, seen)| GetPresenceInfo::new(&uris, user, seen, detail)).collect();
    let pages = Pages { asked, elements };
    Ok(Json(AccountPresenceInfo {
        uri: pages.uri(&uris, "", asked.page),
        paging: pages.paging(start, records.len()),
        navigation: pages.navigation(&uris, detail),
        records,
    }))
}
