use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Arc, OnceLock, Weak},
};

use async_trait::async_trait;
use parking_lot::Mutex;
use presenced::{
    id::{NodeId, UserId},
    presence::{Audiences, Input, Record, Rules, Timestamp},
    store::{
        Document, DocumentRef, Edit, Effect, Keep, Kind, LineVisit, Node, Numbers, Outlook, PARTITIONS,
        Revision, Store, StoreError, Visit, Written, partition,
    },
};
use tokio::sync::watch;

/// A store that several servers share, and that outlives them. A change compares and sets, so that one that
/// another was faster than runs again.
#[derive(Default)]
pub(crate) struct SharedStore(Arc<Shared>, OnceLock<usize>);

impl Clone for SharedStore {
    /// The same for another server.
    fn clone(&self) -> Self {
        Self(self.0.clone(), OnceLock::new())
    }
}

#[derive(Default)]
struct Shared {
    records: Mutex<HashMap<UserId, Kept>>,
    removals: Mutex<HashMap<UserId, Revision>>,
    log: Mutex<Log>,
    numbers: Numbers,
    nodes: Mutex<Vec<Weak<dyn Node>>>,
    /// Which of them have stopped.
    stopped: Mutex<HashSet<usize>>,
    /// Which of them were taken for gone, and were not told so yet.
    given_up: Mutex<HashSet<usize>>,
    /// Whether reads of records wait.
    holds: watch::Sender<bool>,
}

#[derive(Clone, Default)]
struct Kept {
    record: Record,
    /// How often it was written.
    writes: u64,
    outlook: Outlook,
}

#[derive(Default)]
struct Log {
    revision: Revision,
    documents: BTreeMap<(Kind, String), Vec<u8>>,
}

impl SharedStore {
    /// Lets reads of records wait from now on, or no longer.
    pub(crate) fn hold_reads(&self, hold: bool) {
        self.0.holds.send_replace(hold);
    }

    /// Takes a server for gone that is not, as others would: the connections that it holds for a user end.
    pub(crate) async fn give_up(&self, node: NodeId, user: &UserId, now: Timestamp) {
        let rules = Rules::default();
        let edit = |record: &mut Record| {
            record.apply(&Input::EndNode { node }, now, &rules);
            let outlook = Outlook::of(record, now, &rules);
            Effect {
                micros: now.as_millis() * 1_000,
                audiences: Audiences::NONE,
                keep: Keep::Lazily,
                outlook,
            }
        };
        self.update(user, Revision(u64::MAX), &edit).await.expect("it is taken");
        self.0.given_up.lock().insert(usize::try_from(node.0).expect("a small number"));
    }

    /// The documents of a kind, with their ids.
    pub(crate) fn documents_of(&self, kind: Kind) -> Vec<(String, Vec<u8>)> {
        let log = self.0.log.lock();
        let found = log.documents.iter().filter(|((of, _), _)| *of == kind);
        found.map(|((_, id), value)| (id.clone(), value.clone())).collect()
    }
}

impl Shared {
    fn kept(&self, user: &UserId) -> Kept {
        self.records.lock().get(user).cloned().unwrap_or_default()
    }

    /// Tells every server that is there something, and that the number has landed.
    fn tell(&self, number: u64, tell: impl Fn(&dyn Node)) {
        let nodes: Vec<_> = self.nodes.lock().iter().filter_map(Weak::upgrade).collect();
        for node in &nodes {
            tell(&**node);
        }
        let watermark = self.numbers.landed([number]);
        for node in &nodes {
            node.complete_up_to(watermark);
        }
    }

    fn users(&self, is_wanted: impl Fn(&UserId, &Kept) -> bool) -> Vec<UserId> {
        let records = self.records.lock();
        records.iter().filter(|(user, kept)| is_wanted(user, kept)).map(|(user, _)| user.clone()).collect()
    }
}

impl Log {
    fn show(&self, node: &dyn Node, is_wanted: impl Fn(Kind, &str) -> bool) {
        let documents: Vec<_> = self
            .documents
            .iter()
            .filter(|((kind, id), _)| is_wanted(*kind, id))
            .map(|((kind, id), value)| DocumentRef { kind: *kind, id, value: Some(value) })
            .collect();
        node.loaded(self.revision, &documents);
    }
}

#[async_trait]
impl Store for SharedStore {
    async fn open(&self, node: Weak<dyn Node>) -> Result<NodeId, StoreError> {
        let opening = node.upgrade().expect("a server that opens its store");
        let log = self.0.log.lock();
        for of in 0..PARTITIONS {
            let is_there = |id: &str| id.parse().is_ok_and(|user: UserId| partition(&user) == of);
            log.show(&*opening, |kind, id| kind == Kind::User && is_there(id));
        }
        log.show(&*opening, |kind, _| kind != Kind::User);
        let mut nodes = self.0.nodes.lock();
        nodes.push(node);
        Ok(NodeId(*self.1.get_or_init(|| nodes.len()) as u64))
    }

    fn leads(&self, name: &str) -> bool {
        let stopped = self.0.stopped.lock();
        let living: Vec<usize> =
            (1..=self.0.nodes.lock().len()).filter(|node| !stopped.contains(node)).collect();
        let turn = name.bytes().map(usize::from).sum::<usize>() % living.len().max(1);
        living.get(turn) == self.1.get()
    }

    async fn read(&self, users: &[&UserId], visit: &mut Visit<'_>) -> Result<(), StoreError> {
        let mut holds = self.0.holds.subscribe();
        drop(holds.wait_for(|hold| !hold).await);
        users.iter().enumerate().for_each(|(index, user)| visit(index, &self.0.kept(user).record));
        Ok(())
    }

    async fn read_present(&self, users: &[&UserId], visit: &mut Visit<'_>) -> Result<(), StoreError> {
        for (index, user) in users.iter().enumerate() {
            let kept = self.0.kept(user);
            if kept.outlook.is_present {
                visit(index, &kept.record);
            }
        }
        Ok(())
    }

    async fn present(&self, of: usize) -> Result<Vec<UserId>, StoreError> {
        Ok(self.0.users(|user, kept| partition(user) == of && kept.outlook.is_present))
    }

    async fn changed_after(&self, of: usize, number: u64) -> Result<Vec<UserId>, StoreError> {
        Ok(self.0.users(|user, kept| partition(user) == of && kept.record.version() > number))
    }

    async fn update(&self, user: &UserId, known: Revision, edit: &Edit<'_>) -> Result<Record, StoreError> {
        loop {
            let mut kept = self.0.kept(user);
            // What ran for nothing leaves no trace.
            edit(&mut kept.record.clone());
            let effect = edit(&mut kept.record);
            tokio::task::yield_now().await;
            let mut records = self.0.records.lock();
            if self.0.removals.lock().get(user).is_some_and(|removed| known < *removed) {
                return Err(StoreError::Removed);
            }
            let present = records.entry(user.clone()).or_default();
            if present.writes != kept.writes {
                continue;
            }
            let number = (!effect.audiences.is_empty()).then(|| self.0.numbers.take(effect.micros));
            if let Some(number) = number {
                kept.record.number_change(number, effect.audiences);
            }
            let record = kept.record.clone();
            *present = Kept { writes: kept.writes + 1, outlook: effect.outlook, ..kept };
            drop(records);
            if let Some(number) = number {
                self.0.tell(number, |node| node.changed(user, number, effect.audiences));
            }
            return Ok(record);
        }
    }

    async fn remove(&self, user: &UserId, removed: Revision) -> Result<(), StoreError> {
        let mut records = self.0.records.lock();
        self.0.removals.lock().insert(user.clone(), removed);
        records.remove(user);
        Ok(())
    }

    async fn write(
        &self,
        documents: Vec<Document>,
        known: Revision,
        micros: u64,
    ) -> Result<Written, StoreError> {
        // Others may be faster.
        tokio::task::yield_now().await;
        let mut log = self.0.log.lock();
        if log.revision != known {
            return Ok(Written::Behind);
        }
        log.revision = Revision(self.0.numbers.take(micros));
        for Document { kind, id, value } in documents.clone() {
            match value {
                Some(value) => drop(log.documents.insert((kind, id), value)),
                None => drop(log.documents.remove(&(kind, id))),
            }
        }
        let shown: Vec<_> = documents.iter().map(DocumentRef::from).collect();
        self.0.tell(log.revision.0, |node| node.documents(log.revision, &shown));
        Ok(Written::At(log.revision))
    }

    fn export(&self, _: &mut LineVisit<'_>) -> Result<(), StoreError> {
        Err(StoreError::NothingKept)
    }

    async fn due(&self, of: usize, now: Timestamp) -> Vec<UserId> {
        self.0.users(|user, kept| {
            partition(user) == of && kept.outlook.next_change.is_some_and(|moment| moment <= now)
        })
    }

    fn was_given_up(&self) -> bool {
        self.1.get().is_some_and(|node| self.0.given_up.lock().remove(node))
    }

    fn reminders(&self) -> usize {
        self.0.users(|_, kept| kept.outlook.next_change.is_some()).len()
    }

    fn watermark(&self, micros: u64) -> u64 {
        self.0.numbers.watermark(micros)
    }

    fn health(&self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.0.stopped.lock().extend(self.1.get());
        Ok(())
    }
}
