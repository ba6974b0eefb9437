use std::{
    io,
    path::{Path, PathBuf},
};

use super::error::OpenError;

/// What is wrong, and where.
pub(super) struct Fault {
    pub(super) path: PathBuf,
    pub(super) why: String,
    /// Whether it could not be read at all, which says nothing of what is there.
    is_unreadable: bool,
}

impl Fault {
    pub(super) fn new(path: PathBuf, why: impl Into<String>) -> Self {
        Self { path, why: why.into(), is_unreadable: false }
    }

    /// The fault of a file that cannot be read.
    pub(super) fn of(path: &Path, error: &io::Error) -> Self {
        let gone = matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory);
        let why = if gone { "it is missing".to_owned() } else { error.to_string() };
        Self { path: path.to_owned(), why, is_unreadable: !gone }
    }

    /// Whether something is missing or damaged.
    pub(super) fn is_damage(&self) -> bool {
        !self.is_unreadable
    }

    pub(super) fn in_folder(self, folder: &Path) -> OpenError {
        let Self { path, why, is_unreadable } = self;
        if is_unreadable {
            return OpenError::Unreadable { path, why };
        }
        OpenError::Damaged { folder: folder.to_owned(), path, why }
    }
}
