//! Application services: programs that speak for users of their own, and make them. They are configured by Matrix
//! registration files. Source: <https://spec.matrix.org/v1.10/application-service-api/#registration>

use std::sync::Arc;

use regex::Regex;
use subtle::ConstantTimeEq as _;

use crate::{
    config::{Config, Registration},
    directory::{Directory, DirectoryError, NewGhost, TokenSecret},
    id::{DeviceId, UserId},
    presence::Timestamp,
};

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
    /// The service of a registration on that server, which was checked when it was read.
    fn of(registration: &Registration, server: &str) -> Self {
        const CHECKED: &str = "registrations are checked";
        let users = registration.users.iter().map(|users| (users.regex().expect(CHECKED), users.exclusive));
        Self {
            id: registration.id.clone(),
            token: registration.token.clone(),
            sender: registration.sender(server).expect(CHECKED),
            device: registration.device().expect(CHECKED),
            users: users.collect(),
        }
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
    /// Those of a configuration.
    pub fn of(config: &Config) -> Self {
        Self(config.registrations().map(|it| AppService::of(it, &config.server.name)).collect())
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
