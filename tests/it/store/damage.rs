//! Data folders of which something is missing or damaged: either all that was acknowledged is there, or the
//! start is refused with the name of a file, and nothing in the folder has changed.

use std::{
    collections::BTreeMap,
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use presenced::store::embedded::{
    disk::DiskEngine,
    engine::{Engine as _, Write},
};

use super::disk::copy;

/// What a folder holds: the contents of files, and nothing for folders.
type Contents = BTreeMap<PathBuf, Option<Vec<u8>>>;

fn contents(folder: &Path) -> Contents {
    let paths = paths(folder).into_iter().skip(1).map(|path| {
        let name = path.strip_prefix(folder).expect("it is inside").to_owned();
        (name, path.is_file().then(|| fs::read(path).expect("a file")))
    });
    paths.collect()
}

/// A folder, and all that is in it.
pub(crate) fn paths(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![folder.to_owned()];
    let mut next = 0;
    while let Some(path) = found.get(next).cloned() {
        found.extend(fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path()));
        next += 1;
    }
    found
}

/// Lets others read all of a folder, as one that an earlier version left.
pub(crate) fn open_to_others(folder: &Path) {
    for path in paths(folder) {
        let mode = if path.is_dir() { 0o755 } else { 0o644 };
        fs::set_permissions(path, Permissions::from_mode(mode)).expect("rights");
    }
}

/// What a folder is: its files and folders, who may do what with them, and what the files hold.
#[derive(PartialEq, Eq)]
pub(crate) struct Picture(Contents, Vec<(PathBuf, u32)>);

impl Picture {
    pub(crate) fn of(folder: &Path) -> Self {
        let mode = |path: PathBuf| {
            let mode = fs::symlink_metadata(&path).expect("it is there").permissions().mode();
            (path, mode)
        };
        let mut modes: Vec<_> = paths(folder).into_iter().map(mode).collect();
        modes.sort();
        Self(contents(folder), modes)
    }

    pub(crate) fn assert_still(&self, folder: &Path, why: &str) {
        let now = Self::of(folder);
        assert_eq!(self.1, now.1, "{why}");
        assert!(*self == now, "a file has changed: {why}");
    }
}

/// The pairs that the folders hold: small ones, and large ones that fill tables.
fn pairs(large: u8) -> Vec<(Vec<u8>, Vec<u8>)> {
    let small = (0..5).map(|number| (format!("z small {number}").into_bytes(), vec![number; 20]));
    let large = (0..large).map(|number| (format!("z large {number}").into_bytes(), vec![number; 2 << 20]));
    large.chain(small).collect()
}

/// A folder that was written to, one batch a pair, and closed. Its journals end soon behind the last batch, so
/// that it is quickly copied.
fn written(large: u8) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (reopened, some) in pairs(large).chunks(usize::from(large).max(3)).enumerate() {
        let engine = DiskEngine::open(folder.path(), 0).expect("it opens");
        for ((key, value), number) in some.iter().zip(1..) {
            let before = u64::try_from(reopened).expect("few") * u64::from(large).max(3);
            let last = [u64::to_be_bytes(before + number), [0; 8]].concat();
            let set = |key: &[u8], value: Vec<u8>| Write { key: key.to_vec(), value: Some(value) };
            engine.commit(&[set(key, value.clone()), set(b"m/last", last)]).expect("it is written");
        }
        engine.rest();
    }
    for (name, bytes) in contents(folder.path()) {
        let Some(mut bytes) = bytes.filter(|_| name.extension().is_some_and(|it| it == "jnl")) else {
            continue;
        };
        bytes.truncate(bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1) + 64);
        fs::write(folder.path().join(name), bytes).expect("a journal");
    }
    folder
}

/// One folder whose data is all in a journal, and one that has tables beside.
static FOLDERS: LazyLock<[(tempfile::TempDir, u8); 2]> = LazyLock::new(|| [(written(0), 0), (written(9), 9)]);

/// Damages a copy of a folder and opens it. Returns why it was refused, if it was.
fn opened(folder: &Path, large: u8, damage: impl FnOnce(&Path)) -> Option<String> {
    let copied = tempfile::tempdir().expect("a folder");
    copy(folder, copied.path());
    damage(copied.path());
    open_to_others(copied.path());
    let before = Picture::of(copied.path());
    match DiskEngine::open(copied.path(), 0) {
        Ok(engine) => {
            for (key, value) in pairs(large) {
                let mut found = None;
                let mut look = |_: &[u8], value: &[u8]| found.replace(value.to_vec()).is_some();
                engine.scan(&key, &mut look).expect("it is read");
                assert!(found.as_ref() == Some(&value), "{} is lost", String::from_utf8_lossy(&key));
            }
            None
        }
        Err(why) => {
            before.assert_still(copied.path(), &why.to_string());
            Some(why.to_string().replace(&copied.path().display().to_string(), "FOLDER"))
        }
    }
}

/// Every file and folder of the two folders.
fn everything() -> impl Iterator<Item = (&'static Path, u8, PathBuf, Option<usize>)> {
    FOLDERS.iter().flat_map(|(folder, large)| {
        let found = contents(folder.path()).into_iter();
        found.map(|(name, bytes)| (folder.path(), *large, name, bytes.map(|bytes| bytes.len())))
    })
}

#[test]
fn whole_folders_open() {
    for (folder, large) in &*FOLDERS {
        assert_eq!(opened(folder.path(), *large, |_| {}), None);
    }
    let tables = everything().filter(|(.., name, _)| name.to_string_lossy().contains("keyspaces/1/tables/"));
    assert!(tables.count() > 0, "the second folder has tables");
}

/// Whether a file says which tables there are, or were.
fn is_version(name: &Path) -> bool {
    let digits = name.file_name().and_then(|name| name.to_str()?.strip_prefix('v'));
    digits.is_some_and(|digits| digits.parse::<u64>().is_ok())
}

#[test]
fn what_is_missing_is_named() {
    let mut told = Vec::new();
    for (folder, large, name, length) in everything() {
        let remove = |copied: &Path| match length {
            Some(_) => fs::remove_file(copied.join(&name)).expect("a file"),
            None => fs::remove_dir_all(copied.join(&name)).expect("a folder"),
        };
        let why = opened(folder, large, remove);
        // The file of a version that is past is there until the engine's worker comes to it.
        if why.is_some() || !is_version(&name) {
            told.push(format!("{}: {}", name.display(), why.as_deref().unwrap_or("-")));
        }
    }
    told.sort();
    told.dedup();
    crate::support::snapshots().bind(|| insta::assert_snapshot!("store-missing", told.join("\n")));
}

#[test]
fn a_file_that_was_cut_is_named() {
    for (folder, large, name, length) in everything() {
        let Some(length) = length else { continue };
        for cut in [0, length / 2, length.saturating_sub(80), length.saturating_sub(1)] {
            let why = opened(folder, large, |copied| {
                let file = fs::OpenOptions::new().write(true).open(copied.join(&name)).expect("a file");
                file.set_len(cut as u64).expect("it is cut");
            });
            check(&name, why.as_deref(), &format!("cut at {cut} of {length}"));
        }
    }
}

#[test]
fn a_byte_that_was_flipped_is_named() {
    for (folder, large, name, length) in everything() {
        let Some(length) = length else { continue };
        // Where there are tables, copies take their time.
        let few = length.min(if large > 0 { 7 } else { 160 });
        for place in (0..few).map(|number| number * length / few).chain(length.checked_sub(1)) {
            let why = opened(folder, large, |copied| {
                let mut bytes = fs::read(copied.join(&name)).expect("a file");
                bytes[place] ^= if place % 2 == 0 { 0x01 } else { 0x80 };
                fs::write(copied.join(&name), bytes).expect("a file");
            });
            check(&name, why.as_deref(), &format!("byte {place} of {length}"));
        }
    }
}

/// A refusal names a file, and says what is wrong and what to do, in words.
fn check(name: &Path, why: Option<&str>, damage: &str) {
    let Some(why) = why else { return };
    assert!(why.contains("FOLDER/"), "{}, {damage}: {why}", name.display());
    let says_what_to_do =
        ["Put back", "Restore a backup", "remove it"].iter().any(|advice| why.contains(advice));
    assert!(says_what_to_do && !why.contains("Error"), "{}, {damage}: {why}", name.display());
}
