//! Event filters: paths of resources whose changes a subscription is about.
//! Source: RingCentral's developer guide, "Event filters".

use std::collections::{BTreeMap, BTreeSet};

use super::refusal::FilterError;
use crate::api::ringcentral::{
    error::{Forbidden, RestRefusal},
    presence::Detail,
};

/// The longest filter, in bytes.
pub(in crate::api::ringcentral) const FILTER_BYTES: usize = 2_048;

/// The least that a reminder's times may be, in seconds; what is shorter is raised.
const LEAST_REMINDER: u64 = 60;

/// What one filter is about.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Subject {
    /// Every extension of the account.
    AllUsers(Detail),
    /// One extension.
    Extension(u64, Detail),
    /// The extensions that the caller monitors.
    Lines(Detail),
    /// The caller's favourites.
    Favorites(Detail),
    /// Which extensions the caller monitors.
    LineList,
    /// One extension's do-not-disturb state.
    Dnd(u64),
    /// Who takes the calls of a queue.
    Queue(u64),
    /// Of which queues one extension takes calls.
    QueuesOf(u64),
    /// That the subscription is about to expire.
    Reminder(Reminder),
    /// A resource that this server has nothing of. Clients name theirs in one subscription, so it is taken, and
    /// nothing is ever told of it.
    Other,
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
#[repr(u8)]
pub(in crate::api::ringcentral) enum Family {
    Presence,
    Lines,
    Favorites,
    LineList,
    Dnd,
    Queue,
    QueuesOf,
}

/// What all filters of a subscription are about, taken together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::api::ringcentral) struct EventFilters {
    /// The filters, each once.
    pub(in crate::api::ringcentral) filters: Vec<Filter>,
    all_users: Option<Detail>,
    extensions: BTreeMap<u64, Detail>,
    lines: Option<Detail>,
    favorites: Option<Detail>,
    line_list: bool,
    dnd: BTreeSet<u64>,
    queues: BTreeSet<u64>,
    queues_of: BTreeSet<u64>,
    /// The earliest that is asked for.
    pub(in crate::api::ringcentral) reminder: Option<Reminder>,
}

/// One filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::api::ringcentral) struct Filter {
    /// As it was written, with `~` resolved.
    pub(in crate::api::ringcentral) text: String,
    /// The extension that it names, if it names one.
    pub(in crate::api::ringcentral) extension: Option<u64>,
}

/// Whose filters they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::api::ringcentral) struct Subscriber {
    pub(in crate::api::ringcentral) account: u64,
    pub(in crate::api::ringcentral) extension: u64,
}

impl Subscriber {
    fn account_id(self, text: &str) -> Result<u64, Forbidden> {
        let is_own = is_tilde(text) || text.parse() == Ok(self.account);
        is_own.then_some(self.account).ok_or_else(RestRefusal::subscribe_other_account)
    }

    fn extension_id(self, text: &str) -> Result<u64, Forbidden> {
        if is_tilde(text) {
            return Ok(self.extension);
        }
        text.parse().map_err(|_| RestRefusal::subscribe_unknown_user())
    }

    fn own(self, extension: u64) -> Result<u64, Forbidden> {
        (extension == self.extension).then_some(extension).ok_or_else(RestRefusal::subscribe_other_lines)
    }
}

fn is_tilde(text: &str) -> bool {
    text == "~" || text.eq_ignore_ascii_case("%7e")
}

/// A filter with `~` resolved, and what it is about.
fn parse(filter: &str, subscriber: Subscriber) -> Result<(String, Subject), FilterError> {
    let bad = || FilterError::from(RestRefusal::bad_filter(filter));
    let (path, query) = filter.split_once('?').map_or((filter, None), |(path, query)| (path, Some(query)));
    let rest = path.strip_prefix("/restapi/v1.0/").ok_or_else(bad)?;
    let parts: Vec<&str> = rest.split('/').collect();
    if !parts.iter().all(|part| is_segment(part)) || !query.is_none_or(is_query) {
        return Err(bad());
    }
    let (path, subject) = match parts[..] {
        ["subscription", id] => {
            let reminder = is_tilde(id).then(|| Reminder::parse(filter, query.unwrap_or_default())).flatten();
            return Ok((filter.to_owned(), Subject::Reminder(reminder.ok_or_else(bad)?)));
        }
        ["glip", _, ..] => (format!("/{rest}"), Subject::Other),
        ["account", account, ref resource @ ..] if !resource.is_empty() => {
            let account = subscriber.account_id(account)?;
            let (resource, subject) =
                of_account(subscriber, resource, || detail(query.unwrap_or_default()).ok_or_else(bad))?;
            (format!("/account/{account}/{resource}"), subject)
        }
        _ => return Err(bad()),
    };
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    Ok((format!("/restapi/v1.0{path}{query}"), subject))
}

/// The resource of an account that a filter names, with `~` resolved, and what it is about.
fn of_account(
    subscriber: Subscriber,
    resource: &[&str],
    detail: impl FnOnce() -> Result<Detail, FilterError>,
) -> Result<(String, Subject), FilterError> {
    let (id, resource) = match *resource {
        ["presence"] => return Ok(("presence".to_owned(), Subject::AllUsers(detail()?))),
        ["call-queues", id, "presence"] => {
            let queue = id.parse().map_err(|_| RestRefusal::subscribe_unknown_user())?;
            return Ok((resource.join("/"), Subject::Queue(queue)));
        }
        ["extension", id, ref resource @ ..] => (id, resource),
        ref resource => return Ok((resource.join("/"), Subject::Other)),
    };
    let own =
        || if is_tilde(id) { Ok(subscriber.extension) } else { subscriber.own(subscriber.extension_id(id)?) };
    let subject = match *resource {
        ["presence"] => Subject::Extension(subscriber.extension_id(id)?, detail()?),
        ["presence", "dnd"] => Subject::Dnd(subscriber.extension_id(id)?),
        ["call-queue-presence"] => Subject::QueuesOf(subscriber.extension_id(id)?),
        ["presence", "line"] => own().map(|_| Subject::LineList)?,
        ["presence", "line", "presence"] => own().map(|_| detail())?.map(Subject::Lines)?,
        ["favorite", "presence"] => own().map(|_| detail())?.map(Subject::Favorites)?,
        _ => Subject::Other,
    };
    let own = subscriber.extension.to_string();
    let id = if is_tilde(id) { &own } else { id };
    Ok((["extension", id].iter().chain(resource).copied().collect::<Vec<_>>().join("/"), subject))
}

/// Whether a part of a path is written as RFC 3986 has it, and leads somewhere.
fn is_segment(part: &str) -> bool {
    !part.is_empty() && part != "." && part != ".." && is_written_with(part, b"-._~!$&'()*+,;=:@")
}

/// The same of a query.
fn is_query(query: &str) -> bool {
    is_written_with(query, b"-._~!$&'()*+,;=:@/?")
}

fn is_written_with(text: &str, marks: &[u8]) -> bool {
    let bytes = text.as_bytes();
    bytes.iter().enumerate().all(|(index, byte)| match byte {
        b'%' => bytes.get(index + 1..index + 3).is_some_and(|code| code.iter().all(u8::is_ascii_hexdigit)),
        byte => byte.is_ascii_alphanumeric() || marks.contains(byte),
    })
}

/// The detail that a filter asks for; none if a flag is neither true nor false. Unknown flags are let pass. Detail
/// brings the number of calls along.
fn detail(query: &str) -> Option<Detail> {
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
            _ => return None,
        };
    }
    detail.calls |= detail.sip;
    detail.total = detail.calls;
    Some(detail)
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
        let threshold = u64::max(threshold?, LEAST_REMINDER);
        let interval = if interval == 0 { 0 } else { interval.max(LEAST_REMINDER) };
        Some(Self { event: event.to_owned(), threshold, interval })
    }
}

impl Subject {
    /// The extension that a filter names.
    fn extension(&self) -> Option<u64> {
        match self {
            Self::Extension(id, _) | Self::Dnd(id) | Self::Queue(id) | Self::QueuesOf(id) => Some(*id),
            _ => None,
        }
    }
}

impl EventFilters {
    /// What these filters are about. One that cannot be read refuses all of them.
    pub(in crate::api::ringcentral) fn parse<T: AsRef<str>>(
        filters: &[T],
        subscriber: Subscriber,
    ) -> Result<Self, FilterError> {
        let (mut all, mut known, mut is_about_something) = (Self::default(), BTreeSet::new(), false);
        for filter in filters {
            let (text, subject) = parse(filter.as_ref(), subscriber)?;
            is_about_something |= !matches!(subject, Subject::Reminder(_));
            if known.insert(text.clone()) {
                all.filters.push(Filter { text, extension: subject.extension() });
                all.add(subject);
            }
        }
        if is_about_something { Ok(all) } else { Err(RestRefusal::only_reminders().into()) }
    }

    /// Of several filters about one extension the most detailed holds.
    fn add(&mut self, subject: Subject) {
        match subject {
            Subject::AllUsers(detail) => raise(&mut self.all_users, detail),
            Subject::Extension(id, detail) => {
                let known = self.extensions.entry(id).or_default();
                *known = detail.max(*known);
            }
            Subject::Lines(detail) => raise(&mut self.lines, detail),
            Subject::Favorites(detail) => raise(&mut self.favorites, detail),
            Subject::LineList => self.line_list = true,
            Subject::Dnd(id) => drop(self.dnd.insert(id)),
            Subject::Queue(id) => drop(self.queues.insert(id)),
            Subject::QueuesOf(id) => drop(self.queues_of.insert(id)),
            Subject::Reminder(reminder) => {
                if self.reminder.as_ref().is_none_or(|known| known.threshold < reminder.threshold) {
                    self.reminder = Some(reminder);
                }
            }
            Subject::Other => {}
        }
    }

    /// The extensions that filters name one by one.
    pub(in crate::api::ringcentral) fn named(&self) -> BTreeSet<u64> {
        self.extensions.keys().chain(&self.dnd).chain(&self.queues).chain(&self.queues_of).copied().collect()
    }

    /// The extensions of which something is told that others may have changed: queues, and members of queues.
    pub(in crate::api::ringcentral) fn depending(&self) -> BTreeSet<u64> {
        self.queues.union(&self.queues_of).copied().collect()
    }

    /// Whether some filter is about the account as a whole.
    pub(in crate::api::ringcentral) fn is_account_wide(&self) -> bool {
        let of_others = self.lines.is_some() || self.favorites.is_some() || self.line_list;
        self.all_users.is_some() || of_others || !self.queues.is_empty()
    }

    /// In which forms, and in what detail, a change of an extension is told to `subscriber`, who monitors these. No
    /// list of favourites is kept: every other user in the account is one.
    pub(in crate::api::ringcentral) fn families(
        &self,
        extension: u64,
        subscriber: Subscriber,
        monitored: &BTreeSet<u64>,
    ) -> impl Iterator<Item = (Family, Detail)> + use<> {
        let is_own = extension == subscriber.extension;
        let presence = self.all_users.max(self.extensions.get(&extension).copied());
        let list = (self.line_list && is_own).then(Detail::default);
        let among = |extensions: &BTreeSet<u64>| extensions.contains(&extension).then(Detail::default);
        [
            (Family::Presence, presence),
            (Family::Lines, self.lines.filter(|_| monitored.contains(&extension))),
            (Family::Favorites, self.favorites.filter(|_| !is_own)),
            (Family::LineList, list),
            (Family::Dnd, among(&self.dnd)),
            (Family::Queue, among(&self.queues)),
            (Family::QueuesOf, among(&self.queues_of)),
        ]
        .into_iter()
        .filter_map(|(family, detail)| Some((family, detail?)))
    }
}

fn raise(known: &mut Option<Detail>, detail: Detail) {
    *known = (*known).max(Some(detail));
}
