//! Secrets that are kept in files of their own, out of the configuration.

use std::{fs, path::Path};

use super::invalid::{Check, Invalid};

/// Takes a secret from its file, if it has one. Space around it does not count: editors end files with a line end.
pub(crate) fn read(key: &str, secret: &mut String, file: Option<&Path>) -> Check {
    let Some(file) = file else { return Ok(()) };
    let invalid = |why: String| Err(Invalid::new(format!("{key}_file"), why));
    if !secret.is_empty() {
        return invalid("has to stand alone: the secret itself is given too".to_owned());
    }
    match fs::read_to_string(file) {
        Ok(text) if text.trim().is_empty() => invalid(format!("{} is empty", file.display())),
        Ok(text) => {
            text.trim().clone_into(secret);
            Ok(())
        }
        Err(error) => invalid(format!("{}: {error}", file.display())),
    }
}
