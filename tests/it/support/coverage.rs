//! Which documented answers some test has seen: noted in a file, since tests may run in several processes.

use std::{
    collections::BTreeSet,
    fs::{self, OpenOptions},
    io::{ErrorKind, Write as _},
    path::PathBuf,
    sync::LazyLock,
};

use parking_lot::Mutex;
use presenced::api::contract::Seen;

/// What this process has noted.
static NOTED: LazyLock<Mutex<BTreeSet<Seen>>> = LazyLock::new(Mutex::default);

fn file() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("answers-seen")
}

/// Notes answers that were as documented.
pub(crate) fn note(seen: impl IntoIterator<Item = Seen>) {
    let noted = &mut *NOTED.lock();
    let new: Vec<Seen> = seen.into_iter().filter(|one| noted.insert(one.clone())).collect();
    if new.is_empty() {
        return;
    }
    let lines: String = new.iter().map(|one| line(one) + "\n").collect();
    let mut file =
        OpenOptions::new().create(true).append(true).open(file()).expect("a file that can be written");
    file.write_all(lines.as_bytes()).expect("a disk with room");
}

/// An answer as it is noted.
pub(crate) fn line((dialect, operation, status): &Seen) -> String {
    format!("{dialect} {operation} {status}")
}

/// Everything that was noted since the file was removed, by whichever process.
pub(crate) fn noted() -> BTreeSet<String> {
    match fs::read_to_string(file()) {
        Ok(text) => text.lines().map(str::to_owned).collect(),
        Err(error) if error.kind() == ErrorKind::NotFound => BTreeSet::new(),
        Err(error) => panic!("{error}"),
    }
}
