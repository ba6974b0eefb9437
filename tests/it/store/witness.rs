use std::{collections::BTreeMap, sync::Arc};

use parking_lot::Mutex;
use presenced::{
    id::{NodeId, UserId},
    presence::{Audiences, Record, Rules, Timestamp},
    store::{DocumentRef, Kind, Node, Outlook, Progress, Resumed, Revision, Store},
};

/// A node that writes down what it is told.
pub(crate) struct Witness {
    now: Timestamp,
    heard: Mutex<Heard>,
}

#[derive(Clone, Default)]
pub(crate) struct Heard {
    pub(crate) documents: BTreeMap<(Kind, String), String>,
    pub(crate) revision: Revision,
    pub(crate) changes: Vec<(UserId, u64, Audiences)>,
    /// All up to this number was told.
    pub(crate) complete: u64,
}

impl Witness {
    /// Opens a store at a moment, with a witness on it.
    pub(crate) async fn open(store: &dyn Store, now: Timestamp) -> Result<Arc<Self>, String> {
        let witness = Arc::new(Self { now, heard: Mutex::default() });
        let node: Arc<dyn Node> = witness.clone();
        store.open(Arc::downgrade(&node)).await.map_err(|error| error.to_string())?;
        Ok(witness)
    }

    /// The same, and the name under which its connections count.
    pub(crate) async fn named(store: &dyn Store, now: Timestamp) -> (Arc<Self>, NodeId) {
        let witness = Arc::new(Self { now, heard: Mutex::default() });
        let node: Arc<dyn Node> = witness.clone();
        let name = store.open(Arc::downgrade(&node)).await.expect("it opens");
        (witness, name)
    }

    pub(crate) fn heard(&self) -> Heard {
        self.heard.lock().clone()
    }
}

impl Heard {
    /// The ids and the values of the documents of a kind.
    pub(crate) fn of_kind(&self, kind: Kind) -> Vec<(&str, &str)> {
        let of_kind = self.documents.iter().filter(|((other, _), _)| *other == kind);
        of_kind.map(|((_, id), value)| (id.as_str(), value.as_str())).collect()
    }
}

impl Node for Witness {
    fn loaded(&self, revision: Revision, documents: &[DocumentRef<'_>]) {
        let others = self.heard().documents.into_keys().any(|(kind, _)| kind != Kind::User);
        let users = documents.iter().any(|document| document.kind == Kind::User);
        assert!(!users || !others, "users come first");
        self.documents(revision, documents);
    }

    fn documents(&self, revision: Revision, documents: &[DocumentRef<'_>]) {
        let mut heard = self.heard.lock();
        assert!(revision >= heard.revision, "the log goes on");
        heard.revision = revision;
        for DocumentRef { kind, id, value } in documents {
            let place = (*kind, (*id).to_owned());
            match value {
                Some(value) => {
                    drop(heard.documents.insert(place, String::from_utf8_lossy(value).into_owned()));
                }
                None => drop(heard.documents.remove(&place)),
            }
        }
    }

    fn progress(&self, _: Progress) {}

    fn resume(&self, record: &mut Record, stopped: Timestamp) -> Resumed {
        let rules = Rules::default();
        let changed = record.resume(stopped, self.now, &rules);
        Resumed { changed, outlook: Outlook::of(record, self.now, &rules) }
    }

    fn changed(&self, user: &UserId, version: u64, audiences: Audiences) {
        let mut heard = self.heard.lock();
        assert!(version > heard.complete, "nothing comes below the watermark");
        heard.changes.push((user.clone(), version, audiences));
    }

    fn complete_up_to(&self, version: u64) {
        let mut heard = self.heard.lock();
        heard.complete = heard.complete.max(version);
    }
}
