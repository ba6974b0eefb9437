use std::collections::HashSet;

use serde_json::Value;

use super::{Extension, HIGHEST_NUMBER, Holder, User, fact::Fact, token::StoredToken};
use crate::{
    presence::Timestamp,
    store::{Document, DocumentRef},
};

/// Holds documents from elsewhere to what the directory itself would have written.
#[derive(Debug, Default)]
pub struct Check {
    numbers: HashSet<u64>,
    extensions: HashSet<(u64, String)>,
}

impl Check {
    /// Checks the next document; says what is wrong with it.
    pub fn take(&mut self, document: &Document) -> Result<(), String> {
        let fact = Fact::parse(&DocumentRef::from(document)).map_err(|error| error.to_string())?;
        match &fact {
            Fact::User(user) => {
                is_named(document, user.id.as_str())?;
                self.user(user)
            }
            Fact::Token(token) => {
                is_named(document, token.info.id.as_str())?;
                check_token(token)
            }
            Fact::Filter(_, _, Some(filter)) => moment("stored", Some(filter.stored)),
            Fact::Desk(_, desk) => {
                let lines = desk.lines.iter().flatten().map(|line| line.extension);
                lines.chain(desk.closed_queues.iter().copied()).try_for_each(|user| number("extension", user))
            }
            Fact::Removal(_, Some(micros)) if *micros > MOST => Err("it is after the year 9999".to_owned()),
            Fact::Subscription(_, Some(value)) => check_subscription(value),
            Fact::SignOut(_, at) => moment("sign-out", *at),
            Fact::EndedToken(_, Some(token)) => moment("until", Some(token.until)),
            Fact::TokenRooms(_, rooms) => {
                rooms.0.values().try_for_each(|until| moment("until", Some(*until)))
            }
            Fact::Pass(..) => Err("no export has passes".to_owned()),
            _ => Ok(()),
        }
    }

    fn user(&mut self, user: &User) -> Result<(), String> {
        number("number", user.number)?;
        moment("created", Some(user.created))?;
        if !self.numbers.insert(user.number) {
            return Err(format!("number: {} belongs to another user", user.number));
        }
        let Some(Extension { account, number: extension, departments, .. }) = &user.extension else {
            return Ok(());
        };
        number("account", *account)?;
        departments.iter().try_for_each(|department| number("departments", *department))?;
        if extension.is_empty() || !self.extensions.insert((*account, extension.clone())) {
            return Err(format!("extension {extension:?} of account {account} belongs to another user"));
        }
        Ok(())
    }
}

fn is_named(document: &Document, name: &str) -> Result<(), String> {
    if document.id == name {
        Ok(())
    } else {
        Err(format!("`id` is {:?}, and the value is of {name:?}", document.id))
    }
}

fn check_token(token: &StoredToken) -> Result<(), String> {
    if token.info.id.lookup() != Some(token.lookup()) {
        return Err("the token's id does not go with its digest".to_owned());
    }
    moment("expires", token.info.expires)?;
    moment("opened", token.info.opened)?;
    match &token.info.holder {
        Holder::Refresh { session, spent, .. } => {
            moment("end", session.end)?;
            moment("used", spent.and_then(|spent| spent.used))
        }
        Holder::Admin | Holder::User { .. } | Holder::App { .. } => Ok(()),
    }
}

/// What a subscription says is its dialect's; whatever it counts and whatever moments it has are bounded.
fn check_subscription(value: &[u8]) -> Result<(), String> {
    let mut values = vec![serde_json::from_slice::<Value>(value).map_err(|error| error.to_string())?];
    while let Some(value) = values.pop() {
        match value {
            Value::Number(number) if number.as_u64().is_none_or(|number| number > MOST) => {
                return Err(format!("{number} is out of range"));
            }
            Value::Array(items) => values.extend(items),
            Value::Object(members) => values.extend(members.into_values()),
            _ => {}
        }
    }
    Ok(())
}

/// The highest number of any kind: the end of the year 9999 in microseconds.
const MOST: u64 = Timestamp::HIGHEST.as_millis() * 1_000;

fn moment(name: &str, moment: Option<Timestamp>) -> Result<(), String> {
    match moment.filter(|moment| *moment > Timestamp::HIGHEST) {
        Some(_) => Err(format!("{name}: it is after the year 9999")),
        None => Ok(()),
    }
}

fn number(name: &str, number: u64) -> Result<(), String> {
    let is_one = (1..=HIGHEST_NUMBER).contains(&number);
    if is_one { Ok(()) } else { Err(format!("{name}: has to be from 1 to {HIGHEST_NUMBER}")) }
}
