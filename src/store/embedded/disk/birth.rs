//! Making fjall's files. It is done beside their place, and they are put there once they are whole, so that
//! an end in the middle leaves nothing that cannot be opened.

use std::{
    fs::{self, File},
    io,
    path::Path,
};

use super::{
    FILES, describe,
    error::OpenError,
    look::{is_unborn, look},
    open, write,
};
use crate::store::embedded::upgrade::present;

/// Whether files are to be made: there are none, or their making was cut short; and nothing was ever
/// acknowledged.
pub(super) fn is_due(files: &Path, noted: Option<u64>) -> Result<bool, OpenError> {
    let exists = files.try_exists().map_err(|error| OpenError::unreadable(files, error))?;
    if noted.is_some() {
        return Ok(false);
    }
    let is_cut_short = exists && look(files, None).is_err_and(|fault| fault.is_damage()) && is_unborn(files);
    if is_cut_short {
        let folder = files.display();
        tracing::warn!(%folder, "the first start was cut short; nothing had been kept, so it is made anew");
    }
    Ok(!exists || is_cut_short)
}

/// Makes the files of a folder.
pub(super) fn make(folder: &Path, files: &Path) -> Result<(), OpenError> {
    let draft = folder.join(FILES).with_extension("new");
    let made = remove(&draft).map_err(fjall::Error::from).and_then(|()| {
        let (database, keyspace) = open(&draft)?;
        write(&database, &keyspace, &[present()])
    });
    made.map_err(|error| OpenError::unreadable(&draft, describe(&error)))?;
    let put = remove(files).and_then(|()| fs::rename(&draft, files));
    let put = put.and_then(|()| File::open(folder)?.sync_all());
    put.map_err(|error| OpenError::unreadable(files, error))
}

fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
