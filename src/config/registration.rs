//! Registration files of application services.
//! Source: <https://spec.matrix.org/v1.10/application-service-api/#registration>

use std::{
    fs,
    path::{Path, PathBuf},
};

use regex::Regex;
use serde::Deserialize;

use crate::{
    directory::TokenSecret,
    id::{DeviceId, UserId},
};

/// What a registration file says, as far as it has a meaning here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// The service's name.
    pub id: String,
    /// The text of its token.
    pub token: TokenSecret,
    /// The name of the user that it speaks for unless it says otherwise.
    pub sender: String,
    /// The users that it may make and speak for.
    pub users: Vec<Namespace>,
}

/// Some users, by what their ids begin with.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Namespace {
    /// A regular expression.
    pub regex: String,
    /// Whether no other service may make them.
    #[serde(default)]
    pub exclusive: bool,
}

impl Namespace {
    /// Matches from the start of an id on, as homeservers do it.
    pub(crate) fn regex(&self) -> Result<Regex, String> {
        Regex::new(&format!("^(?:{})", self.regex)).map_err(|error| {
            // The last line says what is wrong; those before show where.
            let error = error.to_string();
            format!("`namespaces`: {:?}: {}", self.regex, error.lines().last().unwrap_or_default())
        })
    }
}

impl Registration {
    /// The user that the service speaks for unless it says otherwise, on that server.
    pub(crate) fn sender(&self, server: &str) -> Result<UserId, String> {
        let sender = format!("@{}:{server}", self.sender);
        sender.parse().map_err(|error| format!("`sender_localpart`: {error}"))
    }

    /// What the service's claims are made under: it has no device.
    pub(crate) fn device(&self) -> Result<DeviceId, String> {
        let device = format!("appservice:{}", self.id).parse();
        device.map_err(|_| "`id` is too long, or has control characters".to_owned())
    }

    fn check(&self, server: &str) -> Result<(), String> {
        self.sender(server)?;
        self.device()?;
        if self.id.is_empty() || self.token.reveal().is_empty() {
            return Err("`id` and `as_token` may not be empty".to_owned());
        }
        self.users.iter().try_for_each(|users| users.regex().map(drop))
    }
}

#[derive(Deserialize)]
struct File {
    id: String,
    as_token: String,
    sender_localpart: String,
    namespaces: Option<Namespaces>,
}

#[derive(Deserialize)]
struct Namespaces {
    users: Option<Vec<Namespace>>,
}

/// Reads registration files; relative paths are those from `folder`. Returns what the first unusable one
/// is not usable for.
pub fn read(files: &[PathBuf], folder: &Path, server: &str) -> Result<Vec<Registration>, String> {
    let mut registrations: Vec<Registration> = Vec::with_capacity(files.len());
    for path in files.iter().map(|file| folder.join(file)) {
        let wrong = |why: String| format!("{}: {why}", path.display());
        let text = fs::read_to_string(&path).map_err(|error| wrong(error.to_string()))?;
        let file: File = yaml_serde::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        let registration = Registration {
            id: file.id,
            token: TokenSecret::from(file.as_token.as_str()),
            sender: file.sender_localpart,
            users: file.namespaces.and_then(|all| all.users).unwrap_or_default(),
        };
        registration.check(server).map_err(wrong)?;
        let is_like = |other: &Registration| other.id == registration.id || other.token == registration.token;
        if registrations.iter().any(is_like) {
            return Err(wrong("another registration has the same `id` or `as_token`".to_owned()));
        }
        registrations.push(registration);
    }
    Ok(registrations)
}
