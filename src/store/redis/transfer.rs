//! Exports and imports of what the engine has, in the lines of [`embedded::transfer`](crate::store::embedded::transfer).

use std::collections::BTreeMap;

use parking_lot::Mutex;
use redis::{Cmd, RedisError};
use tokio::runtime::Handle;

use super::{
    RedisStore, Shared,
    keys::DOCUMENTS,
    value::{Seen, Value},
};
use crate::{
    id::UserId,
    presence::{Audiences, Record, Rules, Timestamp},
    store::{
        Kind, LineVisit, Outlook, PARTITIONS, StoreError,
        embedded::{
            engine::{Engine, EngineError, ScanVisit, Write},
            transfer::{Imported, document_line, first_line, imported, last_line, record_line},
        },
        partition,
    },
};

/// What is said of a store while an import into it is not done.
pub(super) const IMPORTING: &str = "importing";

/// Shows everything, line by line, until the visitor says no. What changes meanwhile may be shown as it was or as it is.
pub(super) fn export(store: &Shared, runtime: &Handle, visit: &mut LineVisit<'_>) -> Result<(), StoreError> {
    let mut lines = Lines { visit, count: 0 };
    if !lines.show(first_line()) {
        return Ok(());
    }
    for partition in 0..PARTITIONS {
        let key = store.keys.users(partition);
        if !lines.show_documents(Kind::User, runtime.block_on(store.all_of(&key))?)? {
            return Ok(());
        }
    }
    for kind in Kind::ALL.into_iter().filter(|kind| *kind != Kind::User) {
        let (key, mut cursor) = (store.keys.documents(kind, ""), 0);
        loop {
            let page = runtime.block_on(store.page_of(&key, cursor));
            let (next, page) = page.map_err(|error| store.refused(&error))?;
            if !lines.show_documents(kind, page)? {
                return Ok(());
            }
            cursor = next;
            if cursor == 0 {
                break;
            }
        }
    }
    for partition in 0..PARTITIONS {
        let mut records = BTreeMap::new();
        let mut take = |user, value| drop(records.insert(user, value));
        runtime.block_on(store.scan(partition, &mut take)).map_err(|error| store.refused(&error))?;
        for (user, value) in records {
            let unreadable = |why| StoreError::Unreadable(format!("what is kept of {user}: {why}"));
            let record = value.record().map_err(unreadable)?;
            if !lines.show(record_line(&user, &record)?) {
                return Ok(());
            }
        }
    }
    let count = lines.count;
    lines.show(last_line(count));
    Ok(())
}

/// The lines of an export.
struct Lines<'a, 'b> {
    visit: &'a mut LineVisit<'b>,
    count: u64,
}

impl Lines<'_, '_> {
    /// Shows a line. Says whether to go on.
    fn show(&mut self, line: String) -> bool {
        self.count += 1;
        (self.visit)(line)
    }

    fn show_documents(
        &mut self,
        kind: Kind,
        documents: impl IntoIterator<Item = (String, Vec<u8>)>,
    ) -> Result<bool, StoreError> {
        for (id, value) in documents {
            if let Some(line) = document_line(kind, &id, &value)
                && !self.show(line?)
            {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl Shared {
    /// All of a hash of documents.
    async fn all_of(&self, key: &str) -> Result<BTreeMap<String, Vec<u8>>, StoreError> {
        let mut all = BTreeMap::new();
        let scanned = self.scan_hash(key, &mut |pairs| all.extend(pairs)).await;
        scanned.map(|()| all).map_err(|error| self.refused(&error))
    }
}

/// Takes in an import, where an engine is empty. All connections that records tell of have ended.
pub struct ImportTarget {
    store: RedisStore,
    runtime: Handle,
    rules: Rules,
    now: Timestamp,
    /// The highest number of each stream; none before the first batch.
    highest: Mutex<Option<Vec<u64>>>,
}

impl ImportTarget {
    /// An import by these rules, which is to be made on a thread that may wait.
    pub fn new(store: RedisStore, runtime: Handle, rules: Rules) -> Self {
        let now = store.0.clock.now();
        Self { store, runtime, rules, now, highest: Mutex::default() }
    }

    /// Notes that an import has begun.
    fn begin(&self) -> Result<(), EngineError> {
        {
            let mut highest = self.highest.lock();
            if highest.is_some() {
                return Ok(());
            }
            *highest = Some(vec![0; PARTITIONS]);
        }
        let key = self.store.0.keys.about();
        let note = command("HSET", &[key.as_bytes(), IMPORTING.as_bytes(), b"1"]);
        self.runtime
            .block_on(self.store.0.links().records.run(&key, vec![note]))
            .map(drop)
            .map_err(|error| failed(&error))
    }

    fn record_commands(&self, user: &UserId, packed: &[u8]) -> Result<Vec<Cmd>, EngineError> {
        let refused =
            |why: &dyn std::fmt::Display| EngineError::Refused(format!("what is kept of {user}: {why}"));
        let mut record = Record::unpack(packed).map_err(|error| refused(&error))?;
        for node in record.nodes() {
            record.apply(&crate::presence::Input::EndNode { node }, self.now, &self.rules);
        }
        let (keys, of) = (&self.store.0.keys, partition(user));
        let mut all = self.highest.lock();
        let highest = &mut all.get_or_insert_with(|| vec![0; PARTITIONS])[of];
        *highest = record.version().max(*highest);
        let Outlook { is_present, next_change } = Outlook::of(&record, self.now, &self.rules);
        let deadline = next_change.map_or(0, Timestamp::as_millis);
        let seen = Seen::new(Audiences::NONE, is_present);
        let value = Value::new(record.version().max(1), 0, deadline, [0; 4], seen, &record.pack());
        let name = user.as_str();
        let mut commands = vec![
            command("HSET", &[keys.bucket_of(user).as_bytes(), name.as_bytes(), value.as_bytes()]),
            command("HINCRBY", &[keys.meta(of).as_bytes(), b"records", b"1"]),
            command("HSET", &[keys.meta(of).as_bytes(), b"last", highest.to_string().as_bytes()]),
        ];
        if deadline > 0 {
            let key = keys.deadlines(of);
            commands
                .push(command("ZADD", &[key.as_bytes(), deadline.to_string().as_bytes(), name.as_bytes()]));
        }
        if is_present {
            commands.push(command("SADD", &[keys.present(of).as_bytes(), name.as_bytes()]));
        }
        Ok(commands)
    }
}

fn command(name: &str, arguments: &[&[u8]]) -> Cmd {
    let mut command = redis::cmd(name);
    for argument in arguments {
        command.arg(*argument);
    }
    command
}

fn failed(error: &RedisError) -> EngineError {
    EngineError::Refused(format!("the engine: {error}"))
}

impl Engine for ImportTarget {
    fn commit(&self, batch: &[Write]) -> Result<(), EngineError> {
        self.begin()?;
        let keys = &self.store.0.keys;
        // What goes to one slot goes together.
        let mut commands: BTreeMap<usize, Vec<Cmd>> = BTreeMap::new();
        for imported in batch.iter().filter_map(imported) {
            match imported {
                Imported::Document(document) => {
                    let hash = keys.documents(document.kind, &document.id);
                    let value = document.value.unwrap_or_default();
                    let set = command("HSET", &[hash.as_bytes(), document.id.as_bytes(), &value]);
                    commands.entry(DOCUMENTS).or_default().push(set);
                }
                Imported::Record(user, packed) => {
                    let of_record = self.record_commands(&user, &packed)?;
                    commands.entry(partition(&user)).or_default().extend(of_record);
                }
            }
        }
        let links = self.store.0.links();
        for (feed, commands) in commands {
            let key = keys.meta(feed);
            self.runtime.block_on(links.records.run(&key, commands)).map_err(|error| failed(&error))?;
        }
        Ok(())
    }

    /// Makes the import count: until then no server opens the store.
    fn rest(&self) {
        let keys = &self.store.0.keys;
        let about = keys.about();
        let now = self.now.as_millis() * 1_000;
        let set = command("HSET", &[keys.meta(DOCUMENTS).as_bytes(), b"last", now.to_string().as_bytes()]);
        let done = command("HDEL", &[about.as_bytes(), IMPORTING.as_bytes()]);
        let set = self.store.0.links().records.run(&about, vec![set, done]);
        if let Err(error) = self.runtime.block_on(set) {
            tracing::error!(%error, "the end of the import could not be noted");
        }
    }

    fn scan(&self, _: &[u8], _: &mut ScanVisit<'_>) -> Result<(), EngineError> {
        Ok(())
    }
}
