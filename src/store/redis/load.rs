//! Reading all documents when the store is opened.

use std::collections::BTreeMap;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use parking_lot::Mutex;
use redis::{RedisResult, Value as Answer};

use super::{
    Shared,
    keys::{DOCUMENTS, FEEDS},
    link::value_of,
};
use crate::{
    id::UserId,
    store::{DocumentRef, Kind, PARTITIONS, Progress, Reading, Revision, StoreError, parse},
};

/// How many documents are read at once, roughly.
const PAGE: usize = 2_000;

/// How many partitions are read at a time.
const AT_ONCE: usize = 8;

/// Shows the documents of users of a partition, together.
type ShowUsers<'a> = dyn Fn(usize, &[DocumentRef<'_>]) + Sync + 'a;

impl Shared {
    /// Notes where all streams stand, and shows all documents to the node.
    pub(super) async fn load(&self) -> RedisResult<()> {
        let Some(node) = self.node() else { return Ok(()) };
        let upto = self.clock.micros();
        let calls = (0..FEEDS).map(|feed| self.look_call(feed, upto)).collect();
        let mut log = self.log.lock().await;
        for (feed, answer) in self.links().feed.call_all(calls).await.into_iter().enumerate() {
            let (floor, last, ..): (u64, u64, usize, usize, String, Answer) = value_of(Some(answer?))?;
            let mut state = self.feeds[feed].lock();
            (state.last, state.upto) = (last, floor.max(last));
            drop(state);
            self.note_answer(feed);
            self.highest.fetch_max(last, std::sync::atomic::Ordering::SeqCst);
            if feed == DOCUMENTS {
                log.revision = Revision(last);
            }
        }
        let (revision, progress) =
            (log.revision, Mutex::new(Progress { of: Reading::Users, partitions: 0, users: 0 }));
        self.show_users(&|_, documents| {
            node.loaded(revision, documents);
            let mut progress = progress.lock();
            progress.partitions += 1;
            progress.users += documents.len();
            node.progress(*progress);
        })
        .await?;
        self.show_others(&|documents| node.loaded(revision, documents)).await
    }

    /// Shows all users, those of a partition together.
    pub(super) async fn show_users(&self, show: &ShowUsers<'_>) -> RedisResult<()> {
        let read = stream::iter(0..PARTITIONS).map(|partition| async move {
            let mut users = BTreeMap::new();
            // A user may be shown twice while the hash grows.
            self.scan_hash(&self.keys.users(partition), &mut |pairs| users.extend(pairs)).await?;
            Ok::<_, redis::RedisError>((partition, users))
        });
        let mut read = read.buffer_unordered(AT_ONCE);
        while let Some((partition, users)) = read.try_next().await? {
            show(partition, &shown(Kind::User, &users));
        }
        Ok(())
    }

    /// Shows all other documents.
    pub(super) async fn show_others(&self, show: &(dyn Fn(&[DocumentRef<'_>]) + Sync)) -> RedisResult<()> {
        for kind in Kind::ALL.into_iter().filter(|kind| *kind != Kind::User) {
            let mut look = |pairs: Vec<(String, Vec<u8>)>| show(&shown(kind, &pairs.into_iter().collect()));
            self.scan_hash(&self.keys.documents(kind, ""), &mut look).await?;
        }
        Ok(())
    }

    /// Shows all of a hash, page by page.
    pub(super) async fn scan_hash(
        &self,
        key: &str,
        visit: &mut (dyn FnMut(Vec<(String, Vec<u8>)>) + Send),
    ) -> RedisResult<()> {
        let mut cursor = 0;
        loop {
            let (next, pairs) = self.page_of(key, cursor).await?;
            visit(pairs);
            cursor = next;
            if cursor == 0 {
                return Ok(());
            }
        }
    }

    /// A page of a hash, and where the next one is; 0 is the first one, and none behind the last. While a hash grows a pair
    /// may be shown twice.
    pub(super) async fn page_of(&self, key: &str, cursor: u64) -> RedisResult<(u64, Vec<(String, Vec<u8>)>)> {
        let mut command = redis::cmd("HSCAN");
        command.arg(key).arg(cursor).arg("COUNT").arg(PAGE);
        value_of(self.links().records.run(key, vec![command]).await?.pop())
    }

    /// Removes the records of users who were removed, in case a node ended between the two.
    pub(super) async fn repeat_removals(&self) -> Result<(), StoreError> {
        let mut removals = Vec::new();
        let key = self.keys.documents(Kind::Removal, "");
        self.scan_hash(&key, &mut |pairs| removals.extend(pairs))
            .await
            .map_err(|error| self.refused(&error))?;
        for (id, value) in removals {
            let Ok(user) = id.parse::<UserId>() else { continue };
            let removed: u64 = parse(Kind::Removal, &id, &value)?;
            let users = self.keys.documents(Kind::User, &id);
            let mut is_back = redis::cmd("HEXISTS");
            is_back.arg(&users).arg(&id);
            let answer =
                self.links().records.run(&users, vec![is_back]).await.and_then(|mut all| value_of(all.pop()));
            if !answer.map_err(|error| self.refused(&error))? {
                self.remove(&user, Revision(removed)).await?;
            }
        }
        Ok(())
    }
}

fn shown(kind: Kind, pairs: &BTreeMap<String, Vec<u8>>) -> Vec<DocumentRef<'_>> {
    pairs.iter().map(|(id, value)| DocumentRef { kind, id, value: Some(value) }).collect()
}
