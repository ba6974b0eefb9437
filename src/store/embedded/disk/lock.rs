//! That one process at a time has a data folder open.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    path::Path,
};

use super::{FILES, OpenError};

/// A folder that no other process opens until this is dropped, whatever becomes of the files in it.
#[derive(Debug)]
pub(super) struct Lock(File);

impl Lock {
    /// None where a folder cannot be locked: the engine's own file still is.
    pub(super) fn take(folder: &Path) -> Result<Option<Self>, OpenError> {
        let of = |path: &Path| -> Result<Option<Self>, OpenError> {
            let Ok(file) = File::open(path) else { return Ok(None) };
            match file.try_lock() {
                Err(TryLockError::WouldBlock) => Err(OpenError::Locked(folder.to_owned())),
                _ => Ok(Some(Self(file))),
            }
        };
        let lock = of(folder)?;
        drop(of(&folder.join(FILES).join("lock"))?);
        Ok(lock)
    }
}

impl Drop for Lock {
    /// Closing the file is not enough: a process which this one is starting has it, too, for as long as it
    /// has not begun its program.
    fn drop(&mut self) {
        if let Err(error) = self.0.unlock() {
            tracing::debug!(%error, "the data folder stays locked until its file is closed");
        }
    }
}

/// Opens what has to have a file that the engine locks, which is made if it is missing.
pub(super) fn with_file<T>(
    lock: &Path,
    open: impl FnOnce() -> Result<T, fjall::Error>,
) -> Result<T, fjall::Error> {
    let is_made = match OpenOptions::new().write(true).create_new(true).open(lock) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => false,
        made => made.map(|_| true)?,
    };
    let opened = open();
    if is_made && opened.is_err() {
        fs::remove_file(lock)?;
    }
    opened
}
