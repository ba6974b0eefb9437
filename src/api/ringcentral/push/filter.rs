//! Event filters: paths of resources whose changes a subscription is about.
//! Source: RingCentral's developer guide, "Event filters".

use std::collections::{BTreeMap, BTreeSet};

use super::super::{error::RestFailure, presence::Detail};

/// What one filter is about.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Subject {
    /// Every extension of the account.
    Everybody(Detail),
    /// One extension.
    Extension(u64, Detail),
    /// The extensions that the caller monitors.
    Lines(Detail),
    /// The caller's favourites.
    Favorites(Detail),
    /// That a monitored extension changed.
    LineList,
    /// One extension's do-not-disturb state.
    Dnd(u64),
    /// That the subscription is about to expire.
    Reminder(Reminder),
}

/// A wish to be reminded before a subscription expires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::api::ringcentral) struct Reminder {
    /// The filter; clients know the reminder by it.
    pub(in crate::api::ringcentral) event: String,
    /// How long before the end, in seconds.
    pub(in crate::api::ringcentral) threshold: u64,
    /// How often from then on, in seconds; 0 is once.
    pub(in crate::api::ringcentral) interval: u64,
}

/// The forms in which one extension's change is told. A subscription may have several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::api::ringcentral) enum Family {
    Presence,
    Lines,
    Favorites,
    LineList,
    Dnd,
}

/// What all filters of a subscription are about, taken together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::api::ringcentral) struct Interests {
    /// The filters with `~` resolved, each once.
    pub(in crate::api::ringcentral) filters: Vec<String>,
    everybody: Option<Detail>,
    extensions: BTreeMap<u64, Detail>,
    lines: Option<Detail>,
    favorites: Option<Detail>,
    line_list: bool,
    dnd: BTreeSet<u64>,
    pub(in crate::api::ringcentral) reminders: Vec<Reminder>,
}

/// Whose filters they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::api::ringcentral) struct Subscriber {
    pub(in crate::api::ringcentral) account: u64,
    pub(in crate::api::ringcentral) extension: u64,
}

impl Subscriber {
    fn account_id(self, text: &str) -> Result<u64, RestFailure> {
        let is_own = is_tilde(text) || text.parse() == Ok(self.account);
        is_own.then_some(self.account).ok_or_else(RestFailure::subscribe_other_account)
    }

    fn extension_id(self, text: &str) -> Result<u64, RestFailure> {
        if is_tilde(text) {
            return Ok(self.extension);
        }
        text.parse().map_err(|_| RestFailure::subscribe_unknown_user())
    }

    fn own(self, extension: u64) -> Result<(), RestFailure> {
        (extension == self.extension).then_some(()).ok_or_else(RestFailure::subscribe_other_lines)
    }
}

fn is_tilde(text: &str) -> bool {
    text == "~" || text.eq_ignore_ascii_case("%7e")
}

/// A filter with `~` resolved, and what it is about.
fn parse(filter: &str, subscriber: Subscriber) -> Result<(String, Subject), RestFailure> {
    let (path, query) = filter.split_once('?').map_or((filter, None), |(path, query)| (path, Some(query)));
    let rest = path.strip_prefix("/restapi/v1.0/").ok_or_else(RestFailure::bad_filters)?;
    let parts: Vec<&str> = rest.split('/').collect();
    if let ["subscription", id] = parts[..] {
        let reminder = is_tilde(id).then(|| Reminder::parse(filter, query.unwrap_or_default())).flatten();
        let reminder = reminder.ok_or_else(RestFailure::bad_filters)?;
        return Ok((filter.to_owned(), Subject::Reminder(reminder)));
    }
    let ["account", account, resource @ ..] = &parts[..] else { return Err(RestFailure::bad_filters()) };
    let detail = detail(query.unwrap_or_default())?;
    let account = subscriber.account_id(account)?;
    let (path, subject) = match *resource {
        ["presence"] => (format!("/account/{account}/presence"), Subject::Everybody(detail)),
        ["extension", id, ref resource @ ..] => {
            let id = subscriber.extension_id(id)?;
            let subject = subject(subscriber, id, resource, detail)?;
            (format!("/account/{account}/extension/{id}/{}", resource.join("/")), subject)
        }
        _ => return Err(RestFailure::bad_filters()),
    };
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    Ok((format!("/restapi/v1.0{path}{query}"), subject))
}

fn subject(
    subscriber: Subscriber,
    extension: u64,
    resource: &[&str],
    detail: Detail,
) -> Result<Subject, RestFailure> {
    Ok(match resource {
        ["presence"] => Subject::Extension(extension, detail),
        ["presence", "dnd"] => Subject::Dnd(extension),
        ["presence", "line"] => subscriber.own(extension).map(|()| Subject::LineList)?,
        ["presence", "line", "presence"] => subscriber.own(extension).map(|()| Subject::Lines(detail))?,
        ["favorite", "presence"] => subscriber.own(extension).map(|()| Subject::Favorites(detail))?,
        _ => return Err(RestFailure::bad_filters()),
    })
}

/// The detail that a filter asks for. Unknown flags are let pass. Detail brings the number of calls along.
fn detail(query: &str) -> Result<Detail, RestFailure> {
    let mut detail = Detail::default();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let flag = match &*name {
            "detailedTelephonyState" => &mut detail.calls,
            "sipData" => &mut detail.sip,
            _ => continue,
        };
        *flag = match value.to_ascii_lowercase().as_str() {
            "true" => true,
            "false" => false,
            _ => return Err(RestFailure::bad_filters()),
        };
    }
    detail.calls |= detail.sip;
    detail.total = detail.calls;
    Ok(detail)
}

impl Reminder {
    fn parse(event: &str, query: &str) -> Option<Self> {
        let (mut threshold, mut interval) = (None, 0);
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "threshold" => threshold = Some(value.parse().ok()?),
                "interval" => interval = value.parse().ok()?,
                _ => {}
            }
        }
        Some(Self { event: event.to_owned(), threshold: threshold?, interval })
    }
}

impl Interests {
    /// What these filters are about. One that cannot be read refuses all of them.
    pub(in crate::api::ringcentral) fn parse<T: AsRef<str>>(
        filters: &[T],
        subscriber: Subscriber,
    ) -> Result<Self, RestFailure> {
        let mut interests = Self::default();
        let mut known = BTreeSet::new();
        for filter in filters {
            let (text, subject) = parse(filter.as_ref(), subscriber)?;
            if known.insert(text.clone()) {
                interests.filters.push(text);
                interests.add(subject);
            }
        }
        if interests.filters.is_empty() {
            return Err(RestFailure::bad_filters());
        }
        if interests.filters.len() == interests.reminders.len() {
            return Err(RestFailure::only_reminders());
        }
        Ok(interests)
    }

    /// Of several filters about one extension the most detailed holds.
    fn add(&mut self, subject: Subject) {
        match subject {
            Subject::Everybody(detail) => raise(&mut self.everybody, detail),
            Subject::Extension(id, detail) => {
                let known = self.extensions.entry(id).or_default();
                *known = detail.max(*known);
            }
            Subject::Lines(detail) => raise(&mut self.lines, detail),
            Subject::Favorites(detail) => raise(&mut self.favorites, detail),
            Subject::LineList => self.line_list = true,
            Subject::Dnd(id) => drop(self.dnd.insert(id)),
            Subject::Reminder(reminder) => self.reminders.push(reminder),
        }
    }

    /// The extensions that filters name one by one.
    pub(in crate::api::ringcentral) fn named(&self) -> BTreeSet<u64> {
        self.extensions.keys().chain(&self.dnd).copied().collect()
    }

    /// Whether some filter is about the account as a whole.
    pub(in crate::api::ringcentral) fn is_account_wide(&self) -> bool {
        self.everybody.is_some() || self.lines.is_some() || self.favorites.is_some() || self.line_list
    }

    /// In which forms, and in what detail, a change of an extension is told to `subscriber`. No list of
    /// monitored extensions or of favourites is kept: everybody else in the account is both.
    pub(in crate::api::ringcentral) fn families(
        &self,
        extension: u64,
        subscriber: Subscriber,
    ) -> impl Iterator<Item = (Family, Detail)> {
        let is_other = extension != subscriber.extension;
        let presence = self.everybody.max(self.extensions.get(&extension).copied());
        let of_others = |detail: Option<Detail>| detail.filter(|_| is_other);
        let list = (self.line_list && is_other).then(Detail::default);
        let dnd = self.dnd.contains(&extension).then(Detail::default);
        [
            (Family::Presence, presence),
            (Family::Lines, of_others(self.lines)),
            (Family::Favorites, of_others(self.favorites)),
            (Family::LineList, list),
            (Family::Dnd, dnd),
        ]
        .into_iter()
        .filter_map(|(family, detail)| Some((family, detail?)))
    }
}

fn raise(known: &mut Option<Detail>, detail: Detail) {
    *known = (*known).max(Some(detail));
}
