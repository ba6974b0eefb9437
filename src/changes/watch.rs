use std::{
    mem,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use hashbrown::{HashMap, HashSet};
use parking_lot::Mutex;
use tokio::{runtime::Handle, sync::Notify, task::coop::consume_budget};

use super::{Changes, Topic};
use crate::id::UserId;

/// So many watchers are woken one by one.
const FEW: usize = 32;

/// What happened since one watcher last looked.
#[derive(Debug)]
pub(super) struct Inbox {
    viewer: Option<UserId>,
    waiting: Mutex<Waiting>,
    woken: Notify,
    /// Where the watcher waits, as far as that is known.
    runtime: Option<Handle>,
}

/// What waits for a look.
#[derive(Debug, Default)]
struct Waiting {
    users: HashMap<UserId, u64>,
    /// The number of the latest move.
    moved: Option<u64>,
}

/// The users that changed, and what else a watcher has to know before it looks at them.
#[derive(Debug, Default)]
pub struct Marks {
    /// Whose presence changed, each with the number of the latest change.
    pub users: HashMap<UserId, u64>,
    /// Whom the watcher may see has changed too.
    pub moved: bool,
}

impl Inbox {
    /// Whether the watcher is this user.
    pub(super) fn is_of(&self, user: &UserId) -> bool {
        self.viewer.as_ref() == Some(user)
    }

    /// Whether the watcher is an admin, to whom every change may make a difference.
    pub(super) fn is_an_admins(&self) -> bool {
        self.viewer.is_none()
    }

    /// How many marks it holds.
    pub(super) fn len(&self) -> usize {
        self.waiting.lock().users.len()
    }

    /// Says whether it had nothing to look at before: then it is to be [woken](Self::wake).
    pub(super) fn mark(&self, user: &UserId, number: u64) -> bool {
        let mut waiting = self.waiting.lock();
        let was_quiet = waiting.is_quiet();
        match waiting.users.get_mut(user) {
            Some(latest) => *latest = number.max(*latest),
            None => drop(waiting.users.insert(user.clone(), number)),
        }
        was_quiet
    }

    /// The same of a move.
    pub(super) fn mark_moved(&self, number: u64) -> bool {
        let mut waiting = self.waiting.lock();
        let was_quiet = waiting.is_quiet();
        waiting.moved = waiting.moved.max(Some(number));
        was_quiet
    }

    fn wake(&self) {
        self.woken.notify_one();
    }
}

/// Wakes watchers. Where they are many their runtimes do it: a task that is woken from outside of its runtime costs a
/// system call.
pub(super) fn wake(marked: Vec<Arc<Inbox>>) {
    if marked.len() <= FEW {
        return marked.iter().for_each(|inbox| inbox.wake());
    }
    let mut waiting: HashMap<_, (Handle, Vec<Arc<Inbox>>)> = HashMap::new();
    for inbox in marked {
        match &inbox.runtime {
            Some(runtime) => {
                let there = waiting.entry(runtime.id()).or_insert_with(|| (runtime.clone(), Vec::new()));
                there.1.push(inbox);
            }
            None => inbox.wake(),
        }
    }
    for (runtime, inboxes) in waiting.into_values() {
        runtime.spawn(async move {
            for inbox in inboxes {
                inbox.wake();
                consume_budget().await;
            }
        });
    }
}

impl Waiting {
    fn is_quiet(&self) -> bool {
        self.moved.is_none() && self.users.is_empty()
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
    pub(super) fn new(changes: Arc<Changes>, viewer: Option<UserId>, topics: HashSet<Topic>) -> Self {
        static IDS: AtomicU64 = AtomicU64::new(0);
        let id = IDS.fetch_add(1, Ordering::Relaxed);
        changes.watches.fetch_add(1, Ordering::SeqCst);
        let runtime = Handle::try_current().ok();
        let inbox = Arc::new(Inbox { viewer, waiting: Mutex::default(), woken: Notify::new(), runtime });
        let watch = Self { changes, id, topics: Mutex::default(), inbox };
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
        let has_begun = !topics.is_subset(&current);
        *current = topics;
        if has_begun {
            // What is being marked may not be marked here, and is passed by the token that is read after this.
            self.changes.finish_release();
        }
    }

    /// Waits until something happened that was not [taken](Self::take).
    pub async fn happened(&self) {
        while self.is_quiet() {
            self.inbox.woken.notified().await;
        }
    }

    /// Takes what happened. With a token, what has a number above it stays for the next time, so that a caller who
    /// goes on from the token misses nothing.
    pub fn take(&self, token: u64) -> Marks {
        let mut waiting = self.inbox.waiting.lock();
        let Waiting { users, moved } = mem::take(&mut *waiting);
        let (taken, later) = users.into_iter().partition(|(_, number)| *number <= token);
        *waiting = Waiting { users: later, moved: moved.filter(|number| *number > token) };
        Marks { users: taken, moved: moved.is_some() }
    }

    /// Whether everything that happened so far was taken.
    pub fn is_quiet(&self) -> bool {
        self.inbox.waiting.lock().is_quiet()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.set_topics(HashSet::new());
        self.changes.watches.fetch_sub(1, Ordering::SeqCst);
    }
}
