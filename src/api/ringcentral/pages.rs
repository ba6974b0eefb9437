//! Lists in pages: which one is shown, and where the others are.

use serde::Serialize;
use utoipa::ToSchema;

use super::query::PageRequest;

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
    /// How many elements a page has.
    #[schema(value_type = i32, example = 100)]
    per_page: usize,
    /// The first element on the page, from 0; absent if there is nothing on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i32>, example = 0, nullable = false)]
    page_start: Option<usize>,
    /// The last element on the page; absent if there is nothing on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i32>, example = 2, nullable = false)]
    page_end: Option<usize>,
    /// How many pages there are; absent for pages without elements.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i32>, example = 1, nullable = false)]
    total_pages: Option<usize>,
    /// How many elements there are.
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

/// One page of a list of so many elements.
pub(super) struct Pages {
    pub(super) asked: PageRequest,
    pub(super) elements: usize,
    /// The address of the list.
    pub(super) address: String,
    /// What else was asked for, to stand in the addresses of the other pages: parameters with a `&` behind each.
    pub(super) parameters: String,
}

impl Pages {
    /// Where the page begins.
    pub(super) fn start(&self) -> usize {
        (self.asked.page - 1).saturating_mul(self.asked.per_page)
    }

    /// How many pages there are; none if they would be empty.
    fn count(&self) -> Option<usize> {
        (self.asked.per_page > 0).then(|| self.elements.div_ceil(self.asked.per_page))
    }

    /// Which page this is, with so many elements on it.
    pub(super) fn paging(&self, shown: usize) -> PagingInfo {
        let is_empty = shown == 0;
        PagingInfo {
            page: (!is_empty).then_some(self.asked.page),
            per_page: self.asked.per_page,
            page_start: (!is_empty).then(|| self.start()),
            page_end: (!is_empty).then(|| self.start() + shown - 1),
            total_pages: self.count(),
            total_elements: self.elements,
        }
    }

    /// The pages around this one.
    pub(super) fn navigation(&self) -> NavigationInfo {
        let (page, count) = (self.asked.page, self.count().unwrap_or_default());
        let link = |page: usize| {
            (1..=count).contains(&page).then(|| PageLink { uri: self.page(&self.parameters, page) })
        };
        NavigationInfo {
            first_page: link(1),
            next_page: link(page.saturating_add(1)),
            previous_page: link(page - 1),
            last_page: link(count),
        }
    }

    /// Where this page is.
    pub(super) fn uri(&self) -> String {
        self.page("", self.asked.page)
    }

    fn page(&self, parameters: &str, page: usize) -> String {
        format!("{}?{parameters}page={page}&perPage={}", self.address, self.asked.per_page)
    }
}
