//! The file of the admin token.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use crate::directory::TokenSecret;

/// The token in a file; none if it is empty.
pub(crate) fn read(file: &Path) -> io::Result<Option<TokenSecret>> {
    let text = fs::read_to_string(file)?;
    Ok(Some(text.trim()).filter(|token| !token.is_empty()).map(TokenSecret::from))
}

/// Makes the token of a data folder, for its owner's eyes only. It is put in place once it is whole.
pub(crate) fn make(file: &Path) -> io::Result<TokenSecret> {
    let token = TokenSecret::random();
    let draft = file.with_added_extension("new");
    match fs::remove_file(&draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    writeln!(made, "{}", token.reveal())?;
    made.sync_all()?;
    fs::rename(&draft, file)?;
    Ok(token)
}
