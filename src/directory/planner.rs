//! How the directory changes: changes are planned on what it knows, and written as documents. Many that come
//! at once are planned one after the other and written together, so that they share an fsync.

use std::{
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use parking_lot::RwLockUpgradableReadGuard;
use tokio::{runtime::Handle, sync::oneshot};

use super::{Directory, DirectoryError, Entries, fact::Fact};
use crate::store::{Document, Revision, StoreError, Written};

/// How many changes are written together at most: while several are planned, there are no reads.
const TOGETHER: usize = 256;

/// The changes that wait for their turn.
#[derive(Default)]
pub(super) struct Queue {
    waiting: Vec<Box<dyn Planned>>,
    is_being_worked_off: bool,
}

/// A change that a caller waits for.
trait Planned: Send {
    /// What has to be so; nothing if the change is refused, or makes no difference. The last plan counts.
    fn plan(&mut self, entries: &Entries) -> Vec<Fact>;

    /// Answers with what the last plan came to.
    fn answer(self: Box<Self>, written: Result<Revision, StoreError>);
}

/// A plan, which may be made several times, and what it came to last.
struct Waiting<T, P> {
    plan: P,
    outcome: Option<Result<T, DirectoryError>>,
    answer: oneshot::Sender<Result<(T, Revision), DirectoryError>>,
}

impl<T, P> Planned for Waiting<T, P>
where
    T: Send,
    P: Fn(&Entries) -> Result<(Vec<Fact>, T), DirectoryError> + Send,
{
    fn plan(&mut self, entries: &Entries) -> Vec<Fact> {
        let (facts, outcome) = match (self.plan)(entries) {
            Ok((facts, outcome)) => (facts, Ok(outcome)),
            Err(error) => (Vec::new(), Err(error)),
        };
        self.outcome = Some(outcome);
        facts
    }

    fn answer(self: Box<Self>, written: Result<Revision, StoreError>) {
        // A refusal too may build on what was not written.
        let answer = match written {
            Err(error) => Some(Err(error.into())),
            Ok(revision) => self.outcome.map(|outcome| Ok((outcome?, revision))),
        };
        if let Some(answer) = answer {
            // The caller may be gone.
            let _gone = self.answer.send(answer);
        }
    }
}

impl Directory {
    /// Makes a change: `plan` checks it, and says what is to be so and what to return. It is durable before
    /// a reader sees it. The plan is made again if another server was faster.
    pub(super) async fn change<T: Send + 'static>(
        self: &Arc<Self>,
        plan: impl Fn(&Entries) -> Result<(Vec<Fact>, T), DirectoryError> + Send + 'static,
    ) -> Result<T, DirectoryError> {
        Ok(self.change_at(plan).await?.0)
    }

    /// The same; says also up to which revision the directory is as it was planned.
    pub(super) async fn change_at<T: Send + 'static>(
        self: &Arc<Self>,
        plan: impl Fn(&Entries) -> Result<(Vec<Fact>, T), DirectoryError> + Send + 'static,
    ) -> Result<(T, Revision), DirectoryError> {
        let (answer, answered) = oneshot::channel();
        let waiting = Box::new(Waiting { plan, outcome: None, answer });
        let has_to_start = {
            let mut queue = self.queue.lock();
            queue.waiting.push(waiting);
            !mem::replace(&mut queue.is_being_worked_off, true)
        };
        if has_to_start {
            // A task of its own: the caller may go away in the middle.
            tokio::spawn(Turn { directory: self.clone(), is_over: false }.work_off());
        }
        let met_a_bug = || StoreError::Refused("a change of the directory met a bug".to_owned()).into();
        answered.await.unwrap_or_else(|_| Err(met_a_bug()))
    }

    /// Plans all of it, one after the other, and says what is to be written after which revision.
    fn plan(&self, changes: &mut [Box<dyn Planned>]) -> (Revision, Vec<Document>) {
        let entries = self.entries.upgradable_read();
        let revision = entries.revision;
        if let [change] = changes {
            let facts = plan_safely(change, &entries);
            return (revision, facts.iter().map(Fact::document).collect());
        }
        // Each builds on those before it. What is not written yet is undone before a reader can see it.
        let mut entries = RwLockUpgradableReadGuard::upgrade(entries);
        let (mut documents, mut undo) = (Vec::new(), Vec::new());
        let highest = entries.users.highest_number();
        for change in changes {
            for fact in plan_safely(change, &entries) {
                documents.push(fact.document());
                undo.push(entries.opposite(&fact));
                entries.apply(fact);
            }
        }
        entries.users.set_highest_number(highest);
        for fact in undo.into_iter().rev() {
            entries.apply(fact);
        }
        (revision, documents)
    }
}

/// A caller that waits for a plan that meets a bug is told so; the others go on.
fn plan_safely(change: &mut Box<dyn Planned>, entries: &Entries) -> Vec<Fact> {
    catch_unwind(AssertUnwindSafe(|| change.plan(entries))).unwrap_or_default()
}

/// The turn of the task that works off the queue. If it is dropped before it is over, another takes over.
struct Turn {
    directory: Arc<Directory>,
    is_over: bool,
}

impl Turn {
    async fn work_off(mut self) {
        while let Some(mut changes) = self.take() {
            let written = self.write(&mut changes).await;
            for change in changes {
                change.answer(written.clone());
            }
        }
    }

    /// Takes the next changes; none, and the turn is over.
    fn take(&mut self) -> Option<Vec<Box<dyn Planned>>> {
        let mut queue = self.directory.queue.lock();
        self.is_over = queue.waiting.is_empty();
        queue.is_being_worked_off = !self.is_over;
        let count = queue.waiting.len().min(TOGETHER);
        (!self.is_over).then(|| queue.waiting.drain(..count).collect())
    }

    /// Plans until what was planned is written, or the store refuses.
    async fn write(&self, changes: &mut [Box<dyn Planned>]) -> Result<Revision, StoreError> {
        let Directory { store, clock, followed, .. } = &*self.directory;
        let mut followed = followed.subscribe();
        loop {
            followed.mark_unchanged();
            let (revision, documents) = self.directory.plan(changes);
            if documents.is_empty() {
                return Ok(revision);
            }
            match store.write(documents, revision, clock.micros()).await? {
                Written::At(revision) => return Ok(revision),
                // The node is told before long of what came between.
                Written::Behind => {
                    let _followed = followed.changed().await;
                }
            }
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if !self.is_over
            && let Ok(runtime) = Handle::try_current()
        {
            // A turn begins once the task does: one that never will, since the runtime ends, is not taken over again.
            let directory = self.directory.clone();
            runtime.spawn(async move { Self { directory, is_over: false }.work_off().await });
        }
    }
}
