//! Wire types: accounts.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::telephony::{ExtensionStatus, ExtensionType};

/// The version of the API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GetVersionResponse {
    /// Where this resource is.
    #[schema(example = "http://127.0.0.1:8008/restapi/v1.0")]
    pub uri: String,
    /// The version of the server.
    #[schema(example = "0.1.0")]
    pub version_string: &'static str,
    /// The version of the API, as paths have it.
    #[schema(example = "v1.0")]
    pub uri_string: &'static str,
}

/// A telephone account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct GetAccountInfoResponse {
    /// Where this resource is.
    #[schema(example = "http://127.0.0.1:8008/restapi/v1.0/account/1")]
    pub uri: String,
    /// The account's id.
    #[schema(value_type = i64, example = 1)]
    pub id: u64,
}

/// An extension of an account. What is not known is left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GetExtensionInfoResponse {
    /// Where this resource is.
    #[schema(example = "http://127.0.0.1:8008/restapi/v1.0/account/1/extension/1")]
    pub uri: String,
    /// The extension's id.
    #[schema(value_type = i64, example = 1)]
    pub id: u64,
    /// The short number that people dial.
    #[schema(example = "101")]
    pub extension_number: String,
    pub account: ExtensionAccountInfo,
    /// The name that people are shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Alice Liddell", nullable = false)]
    pub name: Option<String>,
    #[serde(rename = "type")]
    pub kind: ExtensionType,
    pub status: ExtensionStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub contact: Option<ContactInfo>,
    pub permissions: ExtensionPermissions,
    /// The departments whose calls the extension takes, if there are any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Option<Vec<DepartmentInfo>>, nullable = false)]
    pub departments: Vec<DepartmentInfo>,
}

/// A department whose calls an extension takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DepartmentInfo {
    /// Where the department's extension is.
    #[schema(example = "http://127.0.0.1:8008/restapi/v1.0/account/1/extension/4")]
    pub uri: String,
    /// The id of its extension, which is text here.
    #[schema(example = "4")]
    pub id: String,
    /// Its short number.
    #[schema(example = "900")]
    pub extension_number: String,
}

/// The account that an extension belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ExtensionAccountInfo {
    /// Where the account is.
    #[schema(example = "http://127.0.0.1:8008/restapi/v1.0/account/1")]
    pub uri: String,
    /// The account's id, which is text here.
    #[schema(example = "1")]
    pub id: String,
}

/// Who uses an extension.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ContactInfo {
    /// The name up to its first space.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Alice", nullable = false)]
    pub first_name: Option<String>,
    /// The rest of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Liddell", nullable = false)]
    pub last_name: Option<String>,
    /// The mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "alice@example.com", nullable = false)]
    pub email: Option<String>,
}

/// What an extension's user may do in the account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ExtensionPermissions {
    pub admin: PermissionInfo,
}

/// Whether somebody may do something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PermissionInfo {
    /// Whether it is so.
    #[schema(example = false)]
    pub enabled: bool,
}

/// The extensions of an account, one page of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct GetExtensionListResponse {
    /// Where this page is.
    #[schema(example = "http://127.0.0.1:8008/restapi/v1.0/account/1/extension?page=1&perPage=100")]
    pub uri: String,
    /// In the order of their ids.
    pub records: Vec<GetExtensionInfoResponse>,
    pub paging: PagingInfo,
    pub navigation: NavigationInfo,
}

/// What an extension's user may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FeatureList {
    /// Those that this server has anything to do with.
    pub records: Vec<FeatureInfo>,
}

/// One thing to do, and whether it may be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FeatureInfo {
    /// The feature's name.
    #[schema(example = "ReadPresenceStatus")]
    pub id: &'static str,
    /// Whether the caller's application and the extension's user both have it.
    #[schema(example = true)]
    pub available: bool,
}

/// Which page this is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"page": 1, "perPage": 100, "pageStart": 0, "pageEnd": 2, "totalPages": 1,
    "totalElements": 3}))]
pub struct PagingInfo {
    /// The page's number, from 1; absent if there is nothing on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i32>, example = 1, nullable = false)]
    pub page: Option<usize>,
    /// How many elements a page has.
    #[schema(value_type = i32, example = 100)]
    pub per_page: usize,
    /// The first element on the page, from 0; absent if there is nothing on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i32>, example = 0, nullable = false)]
    pub page_start: Option<usize>,
    /// The last element on the page; absent if there is nothing on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i32>, example = 2, nullable = false)]
    pub page_end: Option<usize>,
    /// How many pages there are; absent for pages without elements.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i32>, example = 1, nullable = false)]
    pub total_pages: Option<usize>,
    /// How many elements there are.
    #[schema(value_type = i32, example = 3)]
    pub total_elements: usize,
}

/// The pages around this one, as far as there are such.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NavigationInfo {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub first_page: Option<PageLink>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub next_page: Option<PageLink>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub previous_page: Option<PageLink>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub last_page: Option<PageLink>,
}

/// Where a page is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PageLink {
    /// The address, with what was asked for.
    #[schema(example = "http://127.0.0.1:8008/restapi/v1.0/account/1/presence?page=1&perPage=100")]
    pub uri: String,
}
