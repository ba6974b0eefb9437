//! `/restapi/v1.0`, `/account/{accountId}` and `…/extension`: who is who, as the directory has it.
//! Source: RingCentral's API reference, "API Info", "Company" and "Extensions".

use axum::{
    Json,
    extract::{RawQuery, State},
    http::HeaderMap,
};

use super::{
    choice::choose,
    error::{BadRequest, CallerError, RestRefusal},
    extract::{Asker, PathIds, Uris},
    pages::Pages,
    permission::Permission,
    query::Query,
    rate::{Light, Medium},
    types::{
        ContactInfo, DepartmentInfo, ExtensionAccountInfo, ExtensionPermissions, GetAccountInfoResponse,
        GetExtensionInfoResponse, GetExtensionListResponse, GetVersionResponse, PermissionInfo,
    },
};
use crate::{
    api::{origin, refusal::refusals, telephony},
    app::App,
    directory::{ExtensionStatus, ExtensionType, User},
    store::StoreError,
};

impl GetExtensionInfoResponse {
    /// What is known of a user, if they have an extension.
    fn of(app: &App, uris: &Uris, user: &User) -> Option<Self> {
        let extension = user.extension.as_ref()?;
        let account =
            ExtensionAccountInfo { uri: uris.account().to_owned(), id: extension.account.to_string() };
        Some(Self {
            uri: uris.extension(user.number),
            id: user.number,
            extension_number: extension.number.clone(),
            account,
            name: user.display_name.clone(),
            kind: extension.kind.into(),
            status: extension.status.into(),
            contact: ContactInfo::of(user),
            permissions: ExtensionPermissions { admin: PermissionInfo { enabled: extension.is_admin } },
            departments: extension
                .departments
                .iter()
                .filter_map(|number| app.directory.extension(extension.account, *number))
                .filter_map(|department| DepartmentInfo::of(uris, &department))
                .collect(),
        })
    }
}

impl ContactInfo {
    /// A person by name and address, if either is known.
    fn of(user: &User) -> Option<Self> {
        let name = user.display_name.as_deref().map(str::trim).unwrap_or_default();
        let (first, last) = name.split_once(' ').unwrap_or((name, ""));
        let known = |name: &str| (!name.is_empty()).then(|| name.to_owned());
        let email = user.email.clone();
        let contact = Self { first_name: known(first), last_name: known(last.trim_start()), email };
        (contact.first_name.is_some() || contact.email.is_some()).then_some(contact)
    }
}

impl DepartmentInfo {
    fn of(uris: &Uris, department: &User) -> Option<Self> {
        let extension_number = department.extension.as_ref()?.number.clone();
        Some(Self {
            uri: uris.extension(department.number),
            id: department.number.to_string(),
            extension_number,
        })
    }
}

/// Which extensions are asked for.
struct Wanted {
    kinds: Vec<ExtensionType>,
    statuses: Vec<ExtensionStatus>,
    numbers: Vec<String>,
    /// The same as parameters.
    parameters: String,
}

impl Wanted {
    fn of(query: &Query) -> Result<Self, BadRequest> {
        let mut parameters = form_urlencoded::Serializer::new(String::new());
        for name in ["type", "status", "extensionNumber"] {
            parameters.extend_pairs(query.all(name).map(|value| (name, value)));
        }
        let parameters = parameters.finish();
        Ok(Self {
            kinds: query.all("type").map(|name| choose("type", name)).collect::<Result<_, _>>()?,
            statuses: query.all("status").map(|name| choose("status", name)).collect::<Result<_, _>>()?,
            numbers: query.all("extensionNumber").map(str::to_owned).collect(),
            parameters: if parameters.is_empty() { parameters } else { parameters + "&" },
        })
    }

    fn is_everybody(&self) -> bool {
        self.parameters.is_empty()
    }

    fn includes(&self, user: &User) -> bool {
        fn among<T: PartialEq>(wanted: &[T], value: &T) -> bool {
            wanted.is_empty() || wanted.contains(value)
        }
        user.extension.as_ref().is_some_and(|extension| {
            among(&self.kinds, &extension.kind)
                && among(&self.statuses, &extension.status)
                && among(&self.numbers, &extension.number)
        })
    }
}

refusals! {
    /// Why the version of the API is not told.
    pub(super) enum OpenError: RestRefusal, from StoreError {
        TooLarge,
        Unavailable,
    }
}

refusals! {
    /// Why an account is not told about.
    pub(super) enum AccountError: RestRefusal, from CallerError {
        Unauthorized,
        Forbidden => RestRefusal::app_lacks(Permission::ReadAccounts),
        /// The account is not the caller's.
        NotFound => RestRefusal::not_found("accountId"),
        TooLarge,
        TooManyRequests,
        Unavailable,
    }
}

refusals! {
    /// Why the extensions of an account are not listed.
    pub(super) enum ListExtensionsError: RestRefusal, from CallerError {
        BadRequest,
        Unauthorized,
        Forbidden => RestRefusal::app_lacks(Permission::ReadAccounts),
        /// The account is not the caller's.
        NotFound => RestRefusal::not_found("accountId"),
        TooLarge,
        TooManyRequests,
        Unavailable,
    }
}

refusals! {
    /// Why an extension is not told about.
    pub(super) enum ReadExtensionError: RestRefusal, from CallerError {
        Unauthorized,
        Forbidden => RestRefusal::app_lacks(Permission::ReadAccounts),
        NotFound,
        TooLarge,
        TooManyRequests,
        Unavailable,
    }
}

/// Read the version of the API.
///
/// It takes no token: clients ask it to see whether the server is there.
#[utoipa::path(
    get,
    path = "/restapi/v1.0",
    operation_id = "readAPIVersion",
    security(),
    tag = "Account",
    responses(
        (status = 200, description = "The version.", body = GetVersionResponse, examples(("ok" = (value =
            json!({"uri": "http://127.0.0.1:8008/restapi/v1.0", "versionString": "0.1.0",
                "uriString": "v1.0"}))))),
        OpenError,
    ),
)]
pub(super) async fn read_api_version(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Json<GetVersionResponse>, OpenError> {
    let uri = format!("{}/restapi/v1.0", origin(&app.config, &headers));
    Ok(Json(GetVersionResponse { uri, version_string: env!("CARGO_PKG_VERSION"), uri_string: "v1.0" }))
}

/// Read one's account.
///
/// `~` and the account's own number are the only ids.
#[utoipa::path(
    get,
    path = "/restapi/v1.0/account/{accountId}",
    operation_id = "readAccountInfo",
    params(("accountId" = String, Path, description = "The account's id; `~` is the caller's.", example = "~")),
    security(("bearer" = [])),
    tag = "Account",
    responses(
        (status = 200, description = "The account.", body = GetAccountInfoResponse, examples(("ok" = (value =
            json!({"uri": "http://127.0.0.1:8008/restapi/v1.0/account/1", "id": 1}))))),
        AccountError,
    ),
)]
pub(super) async fn read_account_info(
    State(app): State<App>,
    asker: Asker<Light>,
    ids: PathIds,
    headers: HeaderMap,
) -> Result<Json<GetAccountInfoResponse>, AccountError> {
    let caller = asker.caller()?;
    caller.require(Permission::ReadAccounts)?;
    let id = caller.account(&ids)?;
    let uri = Uris::new(&app, &headers, id).account().to_owned();
    Ok(Json(GetAccountInfoResponse { uri, id }))
}

/// List the extensions of one's account.
///
/// They come in the order of their ids, in pages. A page past the last is empty.
#[utoipa::path(
    get,
    path = "/restapi/v1.0/account/{accountId}/extension",
    operation_id = "listExtensions",
    params(
        ("accountId" = String, Path, description = "The account's id; `~` is the caller's.", example = "~"),
        ("type" = Option<Vec<telephony::ExtensionType>>, Query, description = "Those of these types alone.",
            example = json!(["User"])),
        ("status" = Option<Vec<telephony::ExtensionStatus>>, Query, description = "Those in these states alone.",
            example = json!(["Enabled"])),
        ("extensionNumber" = Option<String>, Query, description = "The one with this short number alone.",
            example = "101"),
        ("page" = Option<i32>, Query, description = "Which page, from 1; the first if left out.", minimum = 1,
            example = 1),
        ("perPage" = Option<i32>, Query, description = "How many on a page; 100 if left out, 1000 at most.",
            minimum = 0, example = 100),
    ),
    security(("bearer" = [])),
    tag = "Account",
    responses(
        (status = 200, description = "One page.", body = GetExtensionListResponse, examples(("ok" = (value =
            json!({"uri": "http://127.0.0.1:8008/restapi/v1.0/account/1/extension?page=1&perPage=100",
                "records": [{"uri": "http://127.0.0.1:8008/restapi/v1.0/account/1/extension/1", "id": 1,
                    "extensionNumber": "101",
                    "account": {"uri": "http://127.0.0.1:8008/restapi/v1.0/account/1", "id": "1"},
                    "name": "Alice", "type": "User", "status": "Enabled", "contact": {"firstName": "Alice"},
                    "permissions": {"admin": {"enabled": false}}}],
                "paging": {"page": 1, "perPage": 100, "pageStart": 0, "pageEnd": 0, "totalPages": 1,
                    "totalElements": 1},
                "navigation": {
                    "firstPage": {"uri": "http://127.0.0.1:8008/restapi/v1.0/account/1/extension?page=1&perPage=100"},
                    "lastPage": {"uri": "http://127.0.0.1:8008/restapi/v1.0/account/1/extension?page=1&perPage=100"}
                }}))))),
        ListExtensionsError,
    ),
)]
pub(super) async fn list_extensions(
    State(app): State<App>,
    asker: Asker<Medium>,
    ids: PathIds,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Json<GetExtensionListResponse>, ListExtensionsError> {
    let caller = asker.caller()?;
    caller.require(Permission::ReadAccounts)?;
    let account = caller.account(&ids)?;
    let query = Query::of(query.as_deref());
    let (asked, wanted) = (query.page()?, Wanted::of(&query)?);
    let uris = Uris::new(&app, &headers, account);
    let (address, parameters) = (uris.extensions(), wanted.parameters.clone());
    let mut pages = Pages { asked, elements: 0, address, parameters };
    let users = if wanted.is_everybody() {
        let (users, elements) = app.directory.extensions(account, pages.start(), asked.per_page);
        pages.elements = elements;
        users
    } else {
        let (mut users, _) = app.directory.extensions(account, 0, usize::MAX);
        users.retain(|user| wanted.includes(user));
        pages.elements = users.len();
        users.into_iter().skip(pages.start()).take(asked.per_page).collect()
    };
    let records: Vec<_> =
        users.iter().filter_map(|user| GetExtensionInfoResponse::of(&app, &uris, user)).collect();
    let (uri, paging, navigation) = (pages.uri(), pages.paging(records.len()), pages.navigation());
    Ok(Json(GetExtensionListResponse { uri, records, paging, navigation }))
}

/// Read an extension of one's account.
///
/// `~` is one's own.
#[utoipa::path(
    get,
    path = "/restapi/v1.0/account/{accountId}/extension/{extensionId}",
    operation_id = "readExtension",
    params(
        ("accountId" = String, Path, description = "The account's id; `~` is the caller's.", example = "~"),
        ("extensionId" = String, Path, description = "The extension's id; `~` is the caller's.", example = "~"),
    ),
    security(("bearer" = [])),
    tag = "Account",
    responses(
        (status = 200, description = "The extension.", body = GetExtensionInfoResponse, examples(("ok" = (value =
            json!({"uri": "http://127.0.0.1:8008/restapi/v1.0/account/1/extension/1", "id": 1,
                "extensionNumber": "101",
                "account": {"uri": "http://127.0.0.1:8008/restapi/v1.0/account/1", "id": "1"}, "name": "Alice",
                "type": "User", "status": "Enabled", "contact": {"firstName": "Alice"},
                "permissions": {"admin": {"enabled": false}}}))))),
        ReadExtensionError,
    ),
)]
pub(super) async fn read_extension(
    State(app): State<App>,
    asker: Asker<Light>,
    ids: PathIds,
    headers: HeaderMap,
) -> Result<Json<GetExtensionInfoResponse>, ReadExtensionError> {
    let caller = asker.caller()?;
    caller.require(Permission::ReadAccounts)?;
    let uris = Uris::new(&app, &headers, caller.account(&ids)?);
    let user = caller.find(&app, &ids.extension)?;
    let info = GetExtensionInfoResponse::of(&app, &uris, &user);
    info.map(Json).ok_or_else(|| RestRefusal::not_found("extensionId").into())
}
