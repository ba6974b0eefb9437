//! What the filters of a subscription come to: whose changes, in which forms, and what its owner sees of them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use hashbrown::HashSet;

use super::filter::{EventFilters, Family, Subscriber};
use crate::{
    api::ringcentral::{presence::Detail, types::Body},
    app::App,
    changes::{Marks, Topic},
    directory::User,
    id::UserId,
    presence::Timestamp,
    push::{Before, Interests, Item, Message, Reminder, Subscription},
    service::{ExtensionPresence, ReadError},
    store::StoreError,
};

/// How long before its end a subscription without a reminder filter is announced to expire, at most, in
/// seconds.
const ANNOUNCED: u64 = 60;

/// The event of that announcement.
const EXPIRES: &str = "/restapi/v1.0/subscription/~";

/// What an owner wants to be told of.
#[derive(Debug)]
pub(in crate::api::ringcentral) struct Filtered {
    owner: UserId,
    subscriber: Subscriber,
    filters: EventFilters,
}

impl Filtered {
    pub(in crate::api::ringcentral) fn new(
        owner: UserId,
        subscriber: Subscriber,
        filters: EventFilters,
    ) -> Self {
        Self { owner, subscriber, filters }
    }

    /// The same, for what is to be told from now on.
    pub(in crate::api::ringcentral) fn shared(self) -> Arc<dyn Interests> {
        Arc::new(self)
    }

    /// The extensions that the owner monitors.
    fn monitored(&self, app: &App) -> BTreeSet<u64> {
        let user = app.directory.user(&self.owner);
        let lines = user.map(|user| app.directory.lines(&user));
        lines.into_iter().flatten().map(|line| line.extension).collect()
    }

    /// In which forms, and in what detail, an extension's change is told.
    fn families(
        &self,
        extension: u64,
        monitored: &BTreeSet<u64>,
    ) -> impl Iterator<Item = (Family, Detail)> + use<> {
        self.filters.families(extension, self.subscriber, monitored)
    }

    /// The items of extensions.
    fn items_of(&self, app: &App, extensions: impl Iterator<Item = u64>) -> Vec<Item> {
        let monitored = self.monitored(app);
        let items = extensions.flat_map(|extension| {
            let families = self.families(extension, &monitored);
            families.map(move |(family, _)| Item { user: extension, form: family as u8 })
        });
        items.collect()
    }

    /// The name of the resource that changed, with the flags that say what is told of it.
    fn event(&self, extension: u64, family: Family, detail: Detail) -> String {
        let Subscriber { account, extension: own } = self.subscriber;
        let path = match family {
            Family::Presence => format!("{extension}/presence"),
            Family::Lines => format!("{own}/presence/line/presence"),
            Family::Favorites => format!("{own}/favorite/presence"),
            Family::LineList => format!("{own}/presence/line"),
            Family::Dnd => format!("{extension}/presence/dnd"),
            Family::QueuesOf => format!("{extension}/call-queue-presence"),
            Family::Queue => {
                return format!("/restapi/v1.0/account/{account}/call-queues/{extension}/presence");
            }
        };
        let flags = match detail {
            Detail { sip: true, .. } => "?detailedTelephonyState=true&sipData=true",
            Detail { calls: true, .. } => "?detailedTelephonyState=true",
            Detail { .. } => "",
        };
        format!("/restapi/v1.0/account/{account}/extension/{path}{flags}")
    }

    async fn message(
        &self,
        app: &App,
        user: &User,
        seen: &ExtensionPresence,
        (family, detail): (Family, Detail),
    ) -> Result<Message, StoreError> {
        let body = Body::new(app, &self.owner, user, seen, family, detail).await?;
        Ok(Message {
            item: Some(Item { user: user.number, form: family as u8 }),
            version: seen.version,
            hash: body.hash(),
            before: Before::Nothing,
            event: self.event(user.number, family, detail),
            body: body.json(),
        })
    }
}

#[async_trait]
impl Interests for Filtered {
    fn topics(&self, app: &App) -> HashSet<Topic> {
        let mut topics = HashSet::from([Topic::Extension(self.owner.clone())]);
        if self.filters.is_account_wide() {
            topics.insert(Topic::Account(self.subscriber.account));
            return topics;
        }
        let named = self.filters.named().into_iter();
        let users = named.filter_map(|number| app.directory.extension(self.subscriber.account, number));
        topics.extend(users.map(|user| Topic::Extension(user.id)));
        topics
    }

    async fn items(&self, app: &App, _: Option<u64>) -> Result<Vec<Item>, StoreError> {
        if !self.filters.is_account_wide() {
            return Ok(self.items_of(app, self.filters.named().into_iter()));
        }
        let all = app.directory.extensions(self.subscriber.account, 0, usize::MAX).0;
        Ok(self.items_of(app, all.iter().map(|user| user.number)))
    }

    fn covers(&self, app: &App, item: Item) -> bool {
        self.families(item.user, &self.monitored(app)).any(|(family, _)| family as u8 == item.form)
    }

    fn touched(&self, app: &App, marks: &Marks) -> Vec<Item> {
        let own = marks.moved.then_some(self.subscriber.extension);
        let users = marks.users.keys().filter_map(|user| app.directory.user(user));
        let changed = users.filter(|user| user.is_in(self.subscriber.account)).map(|user| user.number);
        self.items_of(app, own.into_iter().chain(self.filters.depending()).chain(changed))
    }

    async fn look(&self, app: &App, items: &[Item]) -> Result<Vec<Message>, StoreError> {
        let mut forms: BTreeMap<u64, BTreeSet<u8>> = BTreeMap::new();
        for item in items {
            forms.entry(item.user).or_default().insert(item.form);
        }
        let numbers = forms.keys();
        let users = numbers.filter_map(|number| app.directory.extension(self.subscriber.account, *number));
        let users: Vec<User> = users.collect();
        let ids: Vec<&UserId> = users.iter().map(|user| &user.id).collect();
        let monitored = self.monitored(app);
        let mut messages = Vec::new();
        let seen = app.service.extensions(&self.owner, &ids, app.service.now()).await?;
        for (user, seen) in users.iter().zip(seen) {
            let seen = match seen {
                Ok(seen) => seen,
                Err(ReadError::Store(error)) => return Err(error),
                Err(_) => continue,
            };
            for form in self.families(user.number, &monitored) {
                if forms[&user.number].contains(&(form.0 as u8)) {
                    messages.push(self.message(app, user, &seen, form).await?);
                }
            }
        }
        Ok(messages)
    }

    fn reminder(&self, subscription: &Subscription) -> Option<Reminder> {
        let (before, every) = match &self.filters.reminder {
            Some(reminder) => (reminder.threshold, reminder.interval),
            None => (ANNOUNCED.min(subscription.lifetime_seconds / 2), 0),
        };
        Some(Reminder { before: Duration::from_secs(before), every: Duration::from_secs(every) })
    }

    fn remind(&self, subscription: &Subscription, now: Timestamp) -> Message {
        let event = self.filters.reminder.as_ref().map_or(EXPIRES, |reminder| &reminder.event);
        let body = Body::reminder(subscription, now);
        let (hash, before) = (body.hash(), Before::Nothing);
        Message { item: None, version: 0, hash, before, event: event.to_owned(), body: body.json() }
    }
}
