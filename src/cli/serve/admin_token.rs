//! The admin token, which is kept in a file.

use std::{
    fs,
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use crate::{
    app::App,
    cli::Failure,
    config::Server,
    directory::{Holder, NewToken, TokenSecret},
};

/// Lets the token of the file in. The file is made at the first start, unless it is one that the operator names.
pub(super) fn admit(app: &App, config: &Server) -> Result<TokenSecret, Failure> {
    let file = config.admin_token_file();
    let may_be_made = config.admin_token_file.as_os_str().is_empty();
    let token = if may_be_made { read_or_make(&file) } else { read(&file) };
    let token = token
        .map_err(|error| Failure::unusable(format!("the admin token in {}: {error}", file.display())))?;
    app.directory.admit(&token, NewToken { holder: Holder::Admin, expires: None });
    tracing::info!(file = %file.display(), "the admin token is in");
    Ok(token)
}

fn read(file: &Path) -> io::Result<TokenSecret> {
    match fs::read_to_string(file)?.trim() {
        "" => Err(io::Error::other("the file is empty")),
        token => Ok(TokenSecret::from(token)),
    }
}

/// The token of this data folder, made if there is none, for its owner's eyes only.
fn read_or_make(file: &Path) -> io::Result<TokenSecret> {
    match read(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) if error.kind() == io::ErrorKind::Other => {
            return Err(io::Error::other("the file is empty; remove it to have a new token made"));
        }
        read => return read,
    }
    let token = TokenSecret::random();
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
    writeln!(file, "{}", token.reveal())?;
    file.sync_all()?;
    Ok(token)
}
