//! What one subscription has to be told.
//!
//! A feed holds marks of extensions that may have changed, not a queue of events: a slow receiver gets fewer,
//! fresher values, and no more marks than there are extensions. Each is looked at when it is about to be
//! told, with the owner's eyes, and is told only if it differs from what was told before.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use hashbrown::HashSet;
use xxhash_rust::xxh3::xxh3_64;

use super::{
    filter::{Family, Interests, Subscriber},
    notification::{Body, Notification},
    registry::Subscription,
};
use crate::{
    api::ringcentral::presence::Detail,
    app::App,
    changes::{Marks, Topic, Watch},
    directory::User,
    id::UserId,
    service::ReadError,
};

/// How many extensions are looked at in one go.
const GO: usize = 256;

/// One extension in one form.
pub(in crate::api::ringcentral) type Item = (u64, Family);

/// What a subscription watches, what may have changed of it, and what was told of it last.
pub(in crate::api::ringcentral) struct Feed {
    owner: UserId,
    subscriber: Subscriber,
    interests: Interests,
    watch: Arc<Watch>,
    /// The extensions that the owner monitors.
    monitored: BTreeSet<u64>,
    pending: BTreeSet<Item>,
    /// Hashes of what was told.
    told: HashMap<Item, u64>,
}

/// A notification to be sent, and what was sent once it is.
#[derive(Debug)]
pub(in crate::api::ringcentral) struct Parcel {
    pub(in crate::api::ringcentral) item: Item,
    pub(in crate::api::ringcentral) notification: Notification,
    hash: u64,
}

impl Feed {
    /// A feed from now on. With `since`, the number of a change up to which all was delivered, whoever changed
    /// after that is to be told at once.
    pub(in crate::api::ringcentral) async fn start(
        app: &App,
        subscription: &Subscription,
        interests: Interests,
        since: Option<u64>,
    ) -> Result<Self, ReadError> {
        let subscriber = subscription.subscriber();
        let mut feed = Self {
            owner: subscription.owner.clone(),
            subscriber,
            watch: Arc::new(
                app.service
                    .follow(&subscription.owner, topics(app, &interests, subscriber, &subscription.owner)),
            ),
            interests,
            monitored: monitored(app, &subscription.owner),
            pending: BTreeSet::new(),
            told: HashMap::new(),
        };
        feed.learn(app, since).await?;
        Ok(feed)
    }

    /// Takes what everybody is now for told, but for whoever changed after `since`.
    async fn learn(&mut self, app: &App, since: Option<u64>) -> Result<(), ReadError> {
        for users in self.watched(app).chunks(GO) {
            let ids: Vec<&UserId> = users.iter().map(|user| &user.id).collect();
            let seen = app.service.extensions(&self.owner, &ids, app.service.now()).await?;
            for (user, seen) in users.iter().zip(seen) {
                let Ok(seen) = seen else { continue };
                for (family, detail) in self.families(user.number) {
                    let item = (user.number, family);
                    match since {
                        Some(since) if seen.version > since => drop(self.pending.insert(item)),
                        _ => {
                            let body = Body::new(app, &self.owner, user, &seen, family, detail).await?;
                            self.told.insert(item, body.hash());
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// Everybody whom the filters are about.
    fn watched(&self, app: &App) -> Vec<User> {
        let account = self.subscriber.account;
        if self.interests.is_account_wide() {
            return app.directory.extensions(account, 0, usize::MAX).0;
        }
        let named = self.interests.named().into_iter();
        named.filter_map(|number| app.directory.extension(account, number)).collect()
    }

    /// Where this feed hears of changes. What comes from there is for [`note`](Self::note).
    pub(in crate::api::ringcentral) fn watch(&self) -> Arc<Watch> {
        self.watch.clone()
    }

    /// Notes who changed.
    pub(in crate::api::ringcentral) fn note(&mut self, app: &App, marks: &Marks) {
        if marks.moved {
            self.watch.set_topics(topics(app, &self.interests, self.subscriber, &self.owner));
            self.monitored = monitored(app, &self.owner);
            self.note_extension(self.subscriber.extension);
        }
        for extension in self.interests.depending() {
            self.note_extension(extension);
        }
        for user in marks.users.keys() {
            let user = app.directory.user(user).filter(|user| user.is_in(self.subscriber.account));
            if let Some(user) = user {
                self.note_extension(user.number);
            }
        }
    }

    /// Goes on where another feed of the same subscription was: what that has told, and what it had still to
    /// tell, holds as far as this one is about it.
    pub(in crate::api::ringcentral) fn take_over(&mut self, other: Self) {
        let is_watched = |feed: &Self, item: &Item| feed.families(item.0).any(|it| it.0 == item.1);
        let told: Vec<_> = other.told.into_iter().filter(|(item, _)| is_watched(self, item)).collect();
        self.told.extend(told);
        let pending: Vec<_> = other.pending.into_iter().filter(|item| is_watched(self, item)).collect();
        self.pending.extend(pending);
    }

    /// Notes that an extension may have changed.
    fn note_extension(&mut self, extension: u64) {
        let families = self.families(extension);
        self.pending.extend(families.map(|(family, _)| (extension, family)));
    }

    /// In which forms, and in what detail, an extension's change is told.
    fn families(&self, extension: u64) -> impl Iterator<Item = (Family, Detail)> + use<> {
        self.interests.families(extension, self.subscriber, &self.monitored)
    }

    /// Notes that it is unknown whether this was received.
    pub(in crate::api::ringcentral) fn doubt(&mut self, item: Item) {
        self.told.remove(&item);
        self.pending.insert(item);
    }

    /// The next notification, if there is one. Its item is no longer pending; a parcel that does not arrive
    /// is to be [given back](Self::give_back).
    pub(in crate::api::ringcentral) async fn next(
        &mut self,
        app: &App,
        subscription: &Subscription,
    ) -> Result<Option<Parcel>, ReadError> {
        while let Some(item) = self.pending.first().copied() {
            let body = self.look(app, item).await?;
            self.pending.remove(&item);
            let Some(body) = body else {
                self.told.remove(&item);
                continue;
            };
            let hash = body.hash();
            if self.told.get(&item) != Some(&hash) {
                let event = self.event(item);
                let notification = Notification::new(subscription, event, app.service.now(), body);
                return Ok(Some(Parcel { item, notification, hash }));
            }
        }
        Ok(None)
    }

    /// What the owner sees of an item now; nothing if it is not for the owner any more.
    async fn look(&self, app: &App, (extension, family): Item) -> Result<Option<Body>, ReadError> {
        let detail = self.detail(extension, family);
        let user = app.directory.extension(self.subscriber.account, extension);
        let Some((user, detail)) = user.zip(detail) else { return Ok(None) };
        match app.service.extension(&self.owner, &user.id, app.service.now()).await {
            Ok(seen) => Ok(Some(Body::new(app, &self.owner, &user, &seen, family, detail).await?)),
            Err(ReadError::Store(error)) => Err(error.into()),
            Err(_) => Ok(None),
        }
    }

    fn detail(&self, extension: u64, family: Family) -> Option<Detail> {
        let mut families = self.families(extension);
        families.find(|(other, _)| *other == family).map(|(_, detail)| detail)
    }

    /// The name of the resource that changed, with the flags that say what is told of it.
    fn event(&self, (extension, family): Item) -> String {
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
        let flags = match self.detail(extension, family).unwrap_or_default() {
            Detail { sip: true, .. } => "?detailedTelephonyState=true&sipData=true",
            Detail { calls: true, .. } => "?detailedTelephonyState=true",
            Detail { .. } => "",
        };
        format!("/restapi/v1.0/account/{account}/extension/{path}{flags}")
    }

    /// Notes that a parcel arrived.
    pub(in crate::api::ringcentral) fn arrived(&mut self, parcel: &Parcel) {
        self.told.insert(parcel.item, parcel.hash);
    }

    /// Notes that a parcel did not arrive, so that what it was about is told later, as it is then.
    pub(in crate::api::ringcentral) fn give_back(&mut self, parcel: &Parcel) {
        self.pending.insert(parcel.item);
    }

    /// Whether everything that this feed knows of was told.
    pub(in crate::api::ringcentral) fn is_done(&self) -> bool {
        self.pending.is_empty()
    }
}

/// What concerns a subscription.
fn topics(app: &App, interests: &Interests, subscriber: Subscriber, owner: &UserId) -> HashSet<Topic> {
    let mut topics = HashSet::from([Topic::Extension(owner.clone())]);
    if interests.is_account_wide() {
        topics.insert(Topic::Account(subscriber.account));
        return topics;
    }
    let named = interests.named().into_iter();
    let users = named.filter_map(|number| app.directory.extension(subscriber.account, number));
    topics.extend(users.map(|user| Topic::Extension(user.id)));
    topics
}

/// The extensions that a user monitors.
fn monitored(app: &App, user: &UserId) -> BTreeSet<u64> {
    let user = app.directory.user(user);
    let lines = user.map(|user| app.directory.lines(&user));
    lines.into_iter().flatten().map(|line| line.extension).collect()
}

/// A hash to tell by whether something is the same as before.
pub(super) fn hash(text: &str) -> u64 {
    xxh3_64(text.as_bytes())
}
