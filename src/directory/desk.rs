use std::sync::Arc;

use super::{Desk, Directory, DirectoryError, Entries, MonitoredLine, Move, User, fact::Fact};
use crate::id::UserId;

impl Directory {
    /// What a user set for their telephone.
    pub fn desk(&self, user: &UserId) -> Desk {
        self.entries.read().desks.get(user).cloned().unwrap_or_default()
    }

    /// The extensions that a user monitors, as far as they are there: all others of the account until the user
    /// said whom.
    pub fn lines(&self, user: &User) -> Vec<MonitoredLine> {
        let Some(extension) = &user.extension else { return Vec::new() };
        let entries = self.entries.read();
        let all = entries.accounts.extensions(extension.account);
        match entries.desks.get(&user.id).and_then(|desk| desk.lines.as_ref()) {
            Some(lines) => {
                let is_there = |line: &&MonitoredLine| all.binary_search(&line.extension).is_ok();
                lines.iter().filter(is_there).cloned().collect()
            }
            None => {
                let others = all.iter().filter(|number| **number != user.number);
                let keys = (1..).map(|key: usize| key.to_string());
                keys.zip(others).map(|(id, extension)| MonitoredLine { id, extension: *extension }).collect()
            }
        }
    }

    /// Changes what a user set for their telephone.
    pub async fn set_desk(
        self: &Arc<Self>,
        user: &UserId,
        change: impl Fn(&mut Desk) + Send + 'static,
    ) -> Result<(), DirectoryError> {
        self.set_desks(vec![user.clone()], move |_, desk| change(desk)).await
    }

    /// Changes what each of the users set for their telephone, or nothing of it if one of them is not there.
    pub async fn set_desks(
        self: &Arc<Self>,
        users: Vec<UserId>,
        change: impl Fn(&UserId, &mut Desk) + Send + 'static,
    ) -> Result<(), DirectoryError> {
        self.change(move |entries| {
            let mut facts = Vec::new();
            for user in &users {
                if !entries.users.contains(user) {
                    return Err(DirectoryError::UnknownUser(user.clone()));
                }
                let before = entries.desks.get(user).cloned().unwrap_or_default();
                let mut desk = before.clone();
                change(user, &mut desk);
                facts.extend((desk != before).then(|| Fact::Desk(user.clone(), desk)));
            }
            Ok((facts, ()))
        })
        .await
    }
}

impl Entries {
    pub(super) fn put_desk(&mut self, user: UserId, desk: Desk) -> Vec<Move> {
        match desk == Desk::default() {
            true => drop(self.desks.remove(&user)),
            false => drop(self.desks.insert(user.clone(), desk)),
        }
        vec![Move::Profile { user, account: None, is_new: false }]
    }
}
