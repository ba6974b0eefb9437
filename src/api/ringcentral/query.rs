//! Query parameters. What is unknown is ignored; of several with one name the last counts.

use super::{
    error::{BadRequest, RestRefusal},
    presence::Detail,
};

/// The largest page.
const MOST_PER_PAGE: usize = 1_000;

/// The query of a request.
pub(super) struct Query(Vec<(String, String)>);

/// Which page of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PageRequest {
    /// From 1.
    pub(super) page: usize,
    /// From 0 to 1,000.
    pub(super) per_page: usize,
}

impl Query {
    pub(super) fn of(text: Option<&str>) -> Self {
        Self(form_urlencoded::parse(text.unwrap_or_default().as_bytes()).into_owned().collect())
    }

    /// The values of a parameter that may be repeated.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// What of an extension's calls is asked for.
    pub(super) fn detail(&self) -> Result<Detail, BadRequest> {
        // This one is documented nowhere, so that nothing about it is an error.
        let total = self.get("totalActiveCalls");
        Ok(Detail {
            calls: self.flag("detailedTelephonyState")?,
            sip: self.flag("sipData")?,
            total: total.is_some_and(|value| value.is_empty() || value.eq_ignore_ascii_case("true")),
        })
    }

    /// Which page is asked for: the first 100 if none is.
    pub(super) fn page(&self) -> Result<PageRequest, BadRequest> {
        let page = self.number("page")?.unwrap_or(1);
        let per_page = self.number("perPage")?.unwrap_or(100).min(MOST_PER_PAGE);
        if page == 0 { Err(RestRefusal::invalid("page")) } else { Ok(PageRequest { page, per_page }) }
    }

    /// Whether a parameter is true; false if it is not there.
    pub(super) fn flag(&self, name: &'static str) -> Result<bool, BadRequest> {
        match self.get(name) {
            None => Ok(false),
            Some(value) if value.eq_ignore_ascii_case("true") => Ok(true),
            Some(value) if value.eq_ignore_ascii_case("false") => Ok(false),
            Some(_) => Err(RestRefusal::not_among(name, &["true", "false"])),
        }
    }

    /// A number that is not negative. One that is too large to count to is as large as can be.
    fn number(&self, name: &'static str) -> Result<Option<usize>, BadRequest> {
        let Some(text) = self.get(name) else { return Ok(None) };
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(RestRefusal::invalid(name));
        }
        Ok(Some(text.parse().unwrap_or(usize::MAX)))
    }
}
