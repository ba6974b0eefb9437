//! The data folder: one process at a time, torn and damaged files, other formats.

use std::{
    fs,
    os::{fd::OwnedFd, unix::fs::PermissionsExt as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use presenced::store::{
    Document, EmbeddedStore, Kind, Revision, Store,
    embedded::{
        disk::DiskEngine,
        engine::{Engine, Write},
    },
    partition,
};
use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};
use serde_json::json;

use super::{
    NOW, Witness,
    damage::{Picture, open_to_others, paths},
    samples::{export, sample},
    set_status, status, user,
};

/// A store over a data folder, as the server opens it; what is wrong with it is told in one line.
pub(crate) fn over(folder: &Path) -> Result<EmbeddedStore, String> {
    let engine = DiskEngine::open(folder, 0).map_err(|error| error.to_string())?;
    EmbeddedStore::over(Box::new(engine), 60).map_err(|error| error.to_string())
}

/// The same, read.
async fn open(folder: &Path) -> Result<(EmbeddedStore, Arc<Witness>), String> {
    let store = over(folder)?;
    let node = Witness::open(&store, NOW).await?;
    Ok((store, node))
}

/// A folder in which alice's status went through these texts, each in a batch of its own.
async fn written(texts: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, _node) = open(folder.path()).await.expect("it opens");
    for (text, micros) in texts.iter().zip(1..) {
        set_status(&store, &user("alice"), text, micros).await;
    }
    store.close().await.expect("all is kept");
    drop(store);
    // A journal is preallocated; most of that is left away, so that copying it takes less time.
    let journal = journal(folder.path());
    let mut bytes = fs::read(&journal).expect("a journal");
    bytes.truncate(end(&bytes) + 1_024);
    fs::write(&journal, bytes).expect("a journal");
    folder
}

/// Where the last batch ends. What follows is preallocated.
fn end(journal: &[u8]) -> usize {
    journal.iter().rposition(|&byte| byte != 0).expect("a batch") + 1
}

fn journal(folder: &Path) -> PathBuf {
    let files = fs::read_dir(folder.join("db")).expect("a folder").flatten().map(|entry| entry.path());
    let journals: Vec<_> = files.filter(|path| path.extension().is_some_and(|it| it == "jnl")).collect();
    let [journal] = &journals[..] else { panic!("one journal: {journals:?}") };
    journal.clone()
}

pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

/// The status that a damaged copy of a folder shows, or why it does not open.
async fn damaged(folder: &Path, damage: impl FnOnce(&mut Vec<u8>)) -> Result<Option<String>, String> {
    let copied = tempfile::tempdir().expect("a folder");
    copy(folder, copied.path());
    let journal = journal(copied.path());
    let mut bytes = fs::read(&journal).expect("a journal");
    damage(&mut bytes);
    fs::write(&journal, bytes).expect("a journal");
    let opened = open(copied.path()).await;
    let (store, _node) = opened.map_err(|why| why.replace(&copied.path().display().to_string(), "FOLDER"))?;
    Ok(status(&store, &user("alice")).await)
}

/// Where the last batch begins and ends. All batches end with the same four bytes.
fn last_batch(folder: &Path) -> (usize, usize) {
    let bytes = fs::read(journal(folder)).expect("a journal");
    let end = end(&bytes);
    let (before, trailer) = bytes[..end].split_at(end - 4);
    let start = before.windows(4).rposition(|window| window == trailer).expect("an earlier batch") + 4;
    (start, end)
}

#[tokio::test]
async fn a_batch_that_was_torn_is_cut() {
    let folder = written(&["before", "after"]).await;
    // The note is of the first batch, as it may be after a crash.
    fs::remove_file(folder.path().join("acknowledged")).expect("a note");
    let (start, end) = last_batch(folder.path());
    assert_eq!(damaged(folder.path(), |_| {}).await, Ok(Some("after".to_owned())));
    for cut in start..end {
        let cut_off = damaged(folder.path(), |bytes| bytes.truncate(cut)).await;
        assert_eq!(cut_off, Ok(Some("before".to_owned())), "cut at byte {cut} of {end}");
        let zeroed = damaged(folder.path(), |bytes| bytes[cut..].fill(0)).await;
        assert_eq!(zeroed, Ok(Some("before".to_owned())), "zeros from byte {cut} of {end}");
    }
}

#[tokio::test]
async fn a_flipped_byte_is_noticed() {
    let texts: Vec<String> = (0..20).map(|number| format!("status {number}")).collect();
    let folder = written(&texts.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let (_, end) = last_batch(folder.path());
    // The note was made at the first batch; a later one tells more.
    fs::write(folder.path().join("acknowledged"), "20\n").expect("a note");
    for place in (0..end).step_by(7) {
        match damaged(folder.path(), |bytes| bytes[place] ^= 0x10).await {
            Ok(shown) => assert_eq!(shown.as_deref(), Some("status 19"), "byte {place}"),
            Err(why) => assert!(why.contains("FOLDER"), "byte {place}: {why}"),
        }
    }
}

#[tokio::test]
async fn a_loss_of_what_was_acknowledged_is_told() {
    let folder = written(&["before", "after"]).await;
    fs::write(folder.path().join("acknowledged"), "1000\n").expect("a note");
    let why = damaged(folder.path(), |_| {}).await;
    insta::assert_snapshot!(why.expect_err("it does not open"), @"the data folder FOLDER has lost changes that were acknowledged: FOLDER/db/0.jnl ends at batch 2, and batch 1000 was acknowledged. Restore a backup; or, to go on without them, remove FOLDER/acknowledged");
    fs::write(folder.path().join("acknowledged"), "nonsense\n").expect("a note");
    let why = damaged(folder.path(), |_| {}).await;
    insta::assert_snapshot!(why.expect_err("it does not open"), @"FOLDER/acknowledged: it holds no number; remove it, if the rest of the folder is as it was");
}

#[tokio::test]
async fn one_process_at_a_time_has_a_folder_open() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, _node) = open(folder.path()).await.expect("it opens");
    let why = over(folder.path()).expect_err("it is open already");
    assert_eq!(why, format!("the data folder {} is in use by another process", folder.path().display()));
    store.close().await.expect("all is kept");
}

#[tokio::test]
async fn data_of_a_later_version_is_left_alone() {
    let folder = written(&["here"]).await;
    let engine = DiskEngine::open(folder.path(), 0).expect("it opens");
    let format = Write { key: b"m/format".to_vec(), value: Some(4_u32.to_be_bytes().to_vec()) };
    engine.commit(&[format]).expect("it is written");
    drop(engine);
    let why = over(folder.path()).expect_err("it is of a later version");
    insta::assert_snapshot!(why.replace(&folder.path().display().to_string(), "FOLDER"), @"the data folder FOLDER has format 4; this version reads up to 3: use the version that wrote it, or a later one");
}

#[tokio::test]
async fn writes_are_refused_while_the_disk_is_almost_full() {
    let folder = tempfile::tempdir().expect("a folder");
    let engine = DiskEngine::open(folder.path(), u64::MAX).expect("it opens");
    let why = engine.commit(&[]).expect_err("no disk has so much").to_string();
    assert!(why.starts_with(&format!("the disk of {} is almost full", folder.path().display())), "{why}");
}

#[tokio::test]
async fn an_idle_store_without_space_is_not_healthy() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(over(folder.path()).expect("it opens"));
    let engine = DiskEngine::open(folder.path(), u64::MAX).expect("it opens");
    let store = EmbeddedStore::over(Box::new(engine), 60).expect("it opens");
    let _node = Witness::open(&store, NOW).await.expect("it opens");
    let why = store.health().expect_err("no disk has so much").to_string();
    assert!(why.contains("is almost full"), "{why}");
}

#[test]
fn what_others_could_read_is_the_owners_alone_after_the_opening() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(over(folder.path()).expect("it opens"));
    fs::write(folder.path().join("admin-token"), "secret").expect("a file");
    open_to_others(folder.path());
    let _open = over(folder.path()).expect("it opens");
    for path in paths(folder.path()) {
        let mode = fs::metadata(&path).expect("it is there").permissions().mode() & 0o777;
        assert_eq!(mode, if path.is_dir() { 0o700 } else { 0o600 }, "{}", path.display());
    }
}

/// The steps in which fjall makes its files, each of which may be the last.
fn half_made(whole: &Path, files: &Path, step: usize) {
    copy(whole, files);
    let remove = |name: &str| {
        let path = files.join(name);
        if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }.expect("it was there");
    };
    let fill = |name: &str, bytes: &[u8]| fs::write(files.join(name), bytes).expect("a file");
    // From the last step to the first.
    let undo: [&dyn Fn(); 14] = [
        // The format is written to the journal in the end.
        &|| fill("0.jnl", &fs::read(files.join("0.jnl")).expect("a journal")[..30]),
        &|| fill("0.jnl", &[0; 4_096]),
        &|| remove("keyspaces/1/current"),
        &|| remove("keyspaces/1/tables"),
        &|| remove("keyspaces/1"),
        &|| remove("keyspaces/0/current"),
        &|| remove("keyspaces/0/tables"),
        &|| remove("keyspaces/0"),
        &|| fill("version", b"FJ"),
        &|| fill("version", b""),
        &|| remove("version"),
        &|| fill("0.jnl", b""),
        &|| remove("0.jnl"),
        &|| remove("keyspaces"),
    ];
    for undo in undo.into_iter().take(step) {
        undo();
    }
}

/// This process's open files below a folder, each once more, as a process that it is about to start has them.
fn copies_of_open_files(folder: &Path) -> Vec<OwnedFd> {
    let this = pidfd_open(getpid(), PidfdFlags::empty()).expect("this process");
    let numbers = fs::read_dir("/proc/self/fd").expect("open files").filter_map(|entry| {
        let entry = entry.ok()?;
        let is_below = fs::read_link(entry.path()).ok()?.starts_with(folder);
        is_below.then(|| entry.file_name().to_str()?.parse().ok())?
    });
    numbers.map(|number| pidfd_getfd(&this, number, PidfdGetfdFlags::empty()).expect("a copy")).collect()
}

#[tokio::test]
async fn a_folder_that_is_closed_is_free_though_a_process_is_being_started() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, _node) = open(folder.path()).await.expect("it opens");
    let copies = copies_of_open_files(folder.path());
    assert!(over(folder.path()).expect_err("it is open").contains("in use"));
    store.close().await.expect("all is kept");
    drop(store);
    over(folder.path()).expect("it is free");
    assert!(copies.len() >= 2, "the folder and the engine's lock");
}

#[tokio::test]
async fn a_first_start_that_was_cut_short_is_begun_anew() {
    let whole = tempfile::tempdir().expect("a folder");
    drop(over(whole.path()).expect("it opens"));
    for step in 0..=14 {
        for name in ["db", "db.new"] {
            let folder = tempfile::tempdir().expect("a folder");
            half_made(&whole.path().join("db"), &folder.path().join(name), step);
            let (store, _node) =
                open(folder.path()).await.unwrap_or_else(|why| panic!("{name}, {step}: {why}"));
            set_status(&store, &user("alice"), "here", 1).await;
            store.close().await.expect("all is kept");
            drop(store);
            let (store, _node) =
                open(folder.path()).await.unwrap_or_else(|why| panic!("{name}, {step}: {why}"));
            assert_eq!(status(&store, &user("alice")).await.as_deref(), Some("here"));
            assert!(!folder.path().join("db.new").exists());
        }
    }
}

#[tokio::test]
async fn what_holds_data_is_never_begun_anew() {
    let folder = written(&["here"]).await;
    fs::remove_file(folder.path().join("acknowledged")).expect("a note");
    fs::remove_file(folder.path().join("db/version")).expect("a file");
    let why = over(folder.path()).expect_err("it is damaged");
    assert!(why.contains("db/version: it is missing"), "{why}");
}

#[tokio::test]
async fn bringing_data_to_the_present_format_goes_on_where_it_was_cut_short() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, _node) = open(folder.path()).await.expect("it opens");
    let users = ["alice", "bob"].map(user);
    let documents = users.iter().zip(1_u64..).map(|(user, number)| {
        Document::put(Kind::User, user.as_str(), &json!({"id": user, "number": number, "created": 0}))
    });
    store.write(documents.collect(), Revision::default(), 1).await.expect("they are taken");
    store.close().await.expect("all is kept");
    drop(store);
    // bob is still where format 1 had all, and a room as formats 1 and 2 had it.
    let engine = DiskEngine::open(folder.path(), 0).expect("it opens");
    let bob = &users[1];
    let partition = u8::try_from(partition(bob)).expect("there are 256");
    let (here, before) = ([b"e", &[partition][..], bob.as_str().as_bytes()].concat(), format!("du{bob}"));
    let mut value = None;
    let mut look = |_: &[u8], found: &[u8]| value.replace(found.to_vec()).is_some();
    engine.scan(&here, &mut look).expect("it is read");
    let set = |key: &[u8], value| Write { key: key.to_vec(), value };
    let room = json!({"members": users}).to_string().into_bytes();
    let cut_short = [
        set(before.as_bytes(), value),
        set(&here, None),
        set(b"dr!room:example.com", Some(room)),
        set(b"m/format", Some(1_u32.to_be_bytes().to_vec())),
    ];
    engine.commit(&cut_short).expect("it is written");
    drop(engine);
    let (_store, node) = open(folder.path()).await.expect("it opens");
    let heard = node.heard();
    let ids = |kind| heard.of_kind(kind).into_iter().map(|(id, _)| id.to_owned()).collect::<Vec<_>>();
    assert_eq!(ids(Kind::User), ["@alice:example.com", "@bob:example.com"]);
    assert_eq!(
        ids(Kind::Member),
        ["!room:example.com @alice:example.com", "!room:example.com @bob:example.com"]
    );
}

/// What a folder of an earlier format has, as whoever looks into it finds it.
fn pairs(folder: &Path) -> Vec<u8> {
    fs::read(journal(folder)).expect("a journal")
}

#[test]
fn data_of_an_earlier_format_on_a_full_disk_stays_as_it_is() {
    for format in ["format-1", "format-2-whole"] {
        let folder = sample(format);
        let before = Picture::of(folder.path());
        for _ in 0..2 {
            let refused = DiskEngine::open(folder.path(), u64::MAX).err().expect("there is no room");
            let why = refused.to_string().replace(&folder.path().display().to_string(), "FOLDER");
            assert!(why.contains("the disk of FOLDER is almost full"), "{why}");
            before.assert_still(folder.path(), format);
        }
        let server = over(folder.path()).expect("it opens, once there is room");
        assert!(export(&server).contains(r#""kind":"member""#), "{format}");
    }
}

/// A room as formats 1 and 2 had it, which nobody can read: neither it nor what would be moved before it is touched.
#[test]
fn data_that_cannot_be_brought_to_the_present_format_stays_as_it_is() {
    let folder = sample("format-3-whole");
    let engine = DiskEngine::open(folder.path(), 0).expect("it opens");
    let set = |key: &[u8], value: &[u8]| Write { key: key.to_vec(), value: Some(value.to_vec()) };
    let of_2 = [
        set(b"dr!a:example.com", json!({"members": ["@alice:example.com"]}).to_string().as_bytes()),
        set(b"dr!b:example.com", b"{}"),
        set(b"m/format", &2_u32.to_be_bytes()),
    ];
    engine.commit(&of_2).expect("it is written");
    drop(engine);
    let before = pairs(folder.path());
    for _ in 0..2 {
        let why = DiskEngine::open(folder.path(), 0).err().expect("it cannot be read").to_string();
        assert!(why.contains("!b:example.com") && why.contains("members"), "{why}");
        assert!(pairs(folder.path()) == before, "{why}");
    }
}
