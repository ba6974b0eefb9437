//! A data folder is its owner's alone: tokens' digests and the admin token lie in it.

use std::{
    fs::{self, Permissions},
    io,
    os::unix::fs::PermissionsExt as _,
    path::Path,
};

/// What the owner alone may have.
const OTHERS: u32 = 0o077;

/// Takes from others what they may do in the folder.
pub(super) fn mend(folder: &Path) {
    let mut mended = 0_usize;
    let done = close(folder, &mut mended);
    let folder = folder.display();
    if mended > 0 {
        tracing::warn!(%folder, mended, "others could read in the data folder; now its owner alone can");
    }
    if let Err(error) = done {
        tracing::warn!(%folder, %error, "others may be able to read in the data folder");
    }
}

/// Closes a folder or a file and all that is in it, and counts what was open.
fn close(path: &Path, mended: &mut usize) -> io::Result<()> {
    let meta = fs::symlink_metadata(path)?;
    if !meta.is_dir() && !meta.is_file() {
        return Ok(());
    }
    let mode = meta.permissions().mode();
    if mode & OTHERS != 0 {
        fs::set_permissions(path, Permissions::from_mode(mode & !OTHERS))?;
        *mended += 1;
    }
    if meta.is_dir() {
        for entry in fs::read_dir(path)? {
            close(&entry?.path(), mended)?;
        }
    }
    Ok(())
}
