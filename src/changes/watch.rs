use std::{
    mem,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use hashbrown::HashSet;
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::{Changes, Topic};
use crate::id::UserId;

/// What happened since one watcher last looked.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    marks: Mutex<Marks>,
    woken: Notify,
}

/// The users that changed, and what else a watcher has to know before it looks at them.
#[derive(Debug, Default)]
pub struct Marks {
    /// Whose presence changed.
    pub users: HashSet<UserId>,
    /// Whom the watcher may see has changed too.
    pub moved: bool,
    /// The highest number of all that happened.
    highest: u64,
}

impl Inbox {
    /// How many marks it holds.
    pub(super) fn len(&self) -> usize {
        self.marks.lock().users.len()
    }

    pub(super) fn mark(&self, user: &UserId, number: u64) {
        let mut marks = self.marks.lock();
        if !marks.users.contains(user) {
            marks.users.insert(user.clone());
        }
        marks.highest = marks.highest.max(number);
        drop(marks);
        self.woken.notify_one();
    }

    pub(super) fn mark_moved(&self, number: u64) {
        let mut marks = self.marks.lock();
        marks.moved = true;
        marks.highest = marks.highest.max(number);
        drop(marks);
        self.woken.notify_one();
    }
}

/// A watcher's place in the feed. It ends when it is dropped.
#[derive(Debug)]
pub struct Watch {
    changes: Arc<Changes>,
    id: u64,
    topics: Mutex<HashSet<Topic>>,
    inbox: Arc<Inbox>,
}

impl Watch {
    pub(super) fn new(changes: Arc<Changes>, topics: HashSet<Topic>) -> Self {
        static IDS: AtomicU64 = AtomicU64::new(0);
        let id = IDS.fetch_add(1, Ordering::Relaxed);
        changes.watches.fetch_add(1, Ordering::Relaxed);
        let watch = Self { changes, id, topics: Mutex::default(), inbox: Arc::default() };
        watch.set_topics(topics);
        watch
    }

    /// Watches these topics from now on, and no others.
    pub fn set_topics(&self, topics: HashSet<Topic>) {
        let mut current = self.topics.lock();
        let mut registered = self.changes.topics.lock();
        for ended in current.difference(&topics) {
            if let Some(watchers) = registered.get_mut(ended) {
                watchers.remove(&self.id);
                if watchers.is_empty() {
                    registered.remove(ended);
                }
            }
        }
        for begun in topics.difference(&current) {
            registered.entry(begun.clone()).or_default().insert(self.id, self.inbox.clone());
        }
        drop(registered);
        *current = topics;
    }

    /// Waits until something happened, and takes it. By then the watermark is not below it.
    pub async fn take(&self) -> Marks {
        loop {
            let happened = {
                let mut marks = self.inbox.marks.lock();
                let happened = marks.moved || !marks.users.is_empty();
                if happened && marks.highest <= self.changes.published() {
                    return mem::take(&mut *marks);
                }
                happened
            };
            if happened {
                // A change with a lower number is still on its way to the store.
                tokio::time::sleep(Duration::from_millis(1)).await;
            } else {
                self.inbox.woken.notified().await;
            }
        }
    }
}

impl Watch {
    /// Whether everything that was published so far has been [taken](Self::take).
    pub fn is_quiet(&self) -> bool {
        let marks = self.inbox.marks.lock();
        !marks.moved && marks.users.is_empty()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.set_topics(HashSet::new());
        self.changes.watches.fetch_sub(1, Ordering::Relaxed);
    }
}
