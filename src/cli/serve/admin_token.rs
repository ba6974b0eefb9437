//! The admin token, which is kept in a file.

use std::{fs, io, os::unix::fs::PermissionsExt as _, path::Path};

use crate::{
    app::App,
    auth::admin_token::{make, read},
    cli::Failure,
    config::Server,
    directory::{Holder, NewToken, TokenSecret},
};

/// Refuses a file that holds something else than a token, before anything else is touched.
pub(super) fn check(config: &Server) -> Result<(), Failure> {
    let file = config.admin_token_file();
    match read(&file) {
        // Whether it can be made shows when it is.
        Err(error)
            if may_be_made(config)
                && matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) =>
        {
            Ok(())
        }
        Ok(None) if !may_be_made(config) => Err(unusable(&file, &is_empty())),
        read => read.map(drop).map_err(|error| unusable(&file, &error)),
    }
}

/// Whether the file is the server's own, and none that the operator names.
fn may_be_made(config: &Server) -> bool {
    config.admin_token_file.as_os_str().is_empty()
}

fn is_empty() -> io::Error {
    io::Error::other("the file is empty")
}

/// Lets the token of the file in. The file is made at the first start, unless it is one that the operator names.
pub(super) fn admit(app: &App, config: &Server) -> Result<TokenSecret, Failure> {
    let file = config.admin_token_file();
    let may_be_made = may_be_made(config);
    let token = match read(&file) {
        Ok(None) if may_be_made => {
            tracing::warn!(file = %file.display(), "the admin token's file is empty; a new token is made");
            make(&file)
        }
        Err(error) if may_be_made && error.kind() == io::ErrorKind::NotFound => make(&file),
        Ok(token) => token.ok_or_else(is_empty),
        Err(error) => Err(error),
    };
    let token = token.map_err(|error| unusable(&file, &error))?;
    // In the data folder no other user can read it any more; elsewhere its rights are the operator's.
    if fs::metadata(&file).is_ok_and(|meta| meta.permissions().mode() & 0o007 != 0) {
        tracing::warn!(file = %file.display(), "every user of this machine can read the admin token");
    }
    app.directory.admit(&token, NewToken { holder: Holder::Admin, expires: None });
    tracing::info!(file = %file.display(), "the admin token is in");
    Ok(token)
}

fn unusable(file: &Path, error: &io::Error) -> Failure {
    Failure::unusable(format!("the admin token in {}: {error}", file.display()))
}
