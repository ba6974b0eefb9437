//! Application services: programs that speak for users of their own, and make them. They are configured by Matrix
//! registration files. Source: <https://spec.matrix.org/v1.10/application-service-api/#registration>

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use regex::Regex;
use serde::Deserialize;
use subtle::ConstantTimeEq as _;

use crate::{
    config::Config,
    directory::{Directory, DirectoryError, NewGhost, TokenSecret},
    id::{DeviceId, UserId},
    presence::Timestamp,
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
    fn regex(&self) -> Result<Regex, String> {
        Regex::new(&format!("^(?:{})", self.regex)).map_err(|error| {
            // The last line says what is wrong; those before show where.
            let error = error.to_string();
            format!("`namespaces`: {:?}: {}", self.regex, error.lines().last().unwrap_or_default())
        })
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
        AppService::new(&registration, server).map_err(wrong)?;
        let is_like = |other: &Registration| other.id == registration.id || other.token == registration.token;
        if registrations.iter().any(is_like) {
            return Err(wrong("another registration has the same `id` or `as_token`".to_owned()));
        }
        registrations.push(registration);
    }
    Ok(registrations)
}

/// An application service.
#[derive(Debug)]
pub struct AppService {
    pub id: String,
    token: TokenSecret,
    /// The user that it speaks for unless it says otherwise.
    pub sender: UserId,
    /// What its claims are made under: it has no device.
    pub device: DeviceId,
    users: Vec<(Regex, bool)>,
}

impl AppService {
    /// The service of a registration on that server, or why there can be none.
    fn new(registration: &Registration, server: &str) -> Result<Self, String> {
        let Registration { id, token, sender, users } = registration;
        let sender = format!("@{sender}:{server}");
        let sender = sender.parse().map_err(|error| format!("`sender_localpart`: {error}"))?;
        let device = format!("appservice:{id}").parse();
        let device = device.map_err(|_| "`id` is too long, or has control characters".to_owned())?;
        if id.is_empty() || token.reveal().is_empty() {
            return Err("`id` and `as_token` may not be empty".to_owned());
        }
        let users = users.iter().map(|users| Ok((users.regex()?, users.exclusive)));
        let users = users.collect::<Result<_, String>>()?;
        Ok(Self { id: id.clone(), token: token.clone(), sender, device, users })
    }

    /// Whether a user is one of those that it may make.
    pub fn has(&self, user: &UserId) -> bool {
        self.users.iter().any(|(regex, _)| regex.is_match(user.as_str()))
    }

    /// Whether it speaks for a user: its own, or one that it made.
    pub fn speaks_for(&self, user: &UserId, directory: &Directory) -> bool {
        let made = || directory.user(user).is_some_and(|user| user.made_by.as_ref() == Some(&self.id));
        if *user == self.sender { directory.knows(user) } else { self.has(user) && made() }
    }

    fn has_alone(&self, user: &UserId) -> bool {
        self.users.iter().any(|(regex, exclusive)| *exclusive && regex.is_match(user.as_str()))
    }
}

/// The application services of a server.
#[derive(Debug)]
pub struct AppServices(Vec<AppService>);

impl AppServices {
    /// Those of a configuration, whose registrations were checked when they were [read].
    pub fn of(config: &Config) -> Self {
        let services = config.matrix.registrations.iter().map(|registration| {
            AppService::new(registration, &config.server.name).expect("registrations are checked")
        });
        Self(services.collect())
    }

    /// The service with that token.
    pub fn with_token(&self, token: &[u8]) -> Option<&AppService> {
        let has_it = |service: &&AppService| service.token.reveal().as_bytes().ct_eq(token).into();
        self.0.iter().find(has_it)
    }

    /// Whether a user is another service's alone.
    pub fn is_taken(&self, user: &UserId, by_other_than: &AppService) -> bool {
        self.0.iter().any(|service| service.id != by_other_than.id && service.has_alone(user))
    }

    /// Makes the users that the services speak for, where they are not there yet.
    pub async fn make_senders(
        &self,
        directory: &Arc<Directory>,
        now: Timestamp,
    ) -> Result<(), DirectoryError> {
        for service in self.0.iter().filter(|service| !directory.knows(&service.sender)) {
            let sender = NewGhost { user: service.sender.clone(), made_by: service.id.clone(), login: None };
            directory.make_ghost(sender, now).await?;
        }
        Ok(())
    }
}
