//! Lists in pages: which one is shown, and where the others are.

use super::{
    query::PageRequest,
    types::{NavigationInfo, PageLink, PagingInfo},
};

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
