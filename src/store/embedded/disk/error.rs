//! Why a data folder cannot be opened.

use std::path::{Path, PathBuf};

use crate::{id::UserId, store::embedded::upgrade::FORMAT};

/// Why a data folder cannot be opened; one line for the operator.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("the data folder {0} is in use by another process")]
    Locked(PathBuf),
    #[error(
        "the data folder {folder} has format {found}; this version reads up to {FORMAT}: use the version \
         that wrote it, or a later one"
    )]
    NewerFormat { folder: PathBuf, found: u32 },
    #[error(
        "the data folder {folder} has lost changes that were acknowledged: {} ends at batch {found}, and \
         batch {noted} was acknowledged. Restore a backup; or, to go on without them, remove {}",
        .journal.display(), .note.display()
    )]
    Lost { folder: PathBuf, journal: PathBuf, note: PathBuf, found: u64, noted: u64 },
    /// Nothing in the folder was changed.
    #[error(
        "{}: {why}. Nothing was changed. Put back what the folder had there; or move {} away, and restore \
         a backup or import an export",
        .path.display(), .folder.display()
    )]
    Damaged { folder: PathBuf, path: PathBuf, why: String },
    #[error(
        "configuration: server.name = \"{server}\", but the users in {} are of \"{}\", such as {user}; set \
         server.name = \"{}\", or give the new name a data folder of its own",
        .folder.display(), .user.server_name(), .user.server_name()
    )]
    OtherServer { folder: PathBuf, server: String, user: UserId },
    #[error("{}: {why}", .path.display())]
    Unreadable { path: PathBuf, why: String },
}

impl OpenError {
    pub(super) fn unreadable(path: &Path, error: impl ToString) -> Self {
        Self::Unreadable { path: path.to_owned(), why: error.to_string() }
    }
}
