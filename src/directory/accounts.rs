use std::collections::HashMap;

use super::{Directory, User};

impl Directory {
    /// The user whose extension has this short number, in whatever account; in the first of several.
    pub fn user_with_short_number(&self, short_number: &str) -> Option<User> {
        let entries = self.entries.read();
        entries.users.with_number(entries.accounts.anywhere(short_number)?)
    }
}

/// Which extensions each telephone account has.
#[derive(Debug, Default)]
pub(super) struct Accounts(HashMap<u64, Account>);

#[derive(Debug, Default)]
struct Account {
    /// The ids of the extensions, which are their users' numbers, in order: any page of them is a slice.
    extensions: Vec<u64>,
    /// The same by short number.
    by_short_number: HashMap<String, u64>,
}

impl Accounts {
    /// Files a user's extension, if there is one.
    pub(super) fn insert(&mut self, user: &User) {
        let Some(extension) = &user.extension else { return };
        let account = self.0.entry(extension.account).or_default();
        if let Err(place) = account.extensions.binary_search(&user.number) {
            account.extensions.insert(place, user.number);
        }
        account.by_short_number.insert(extension.number.clone(), user.number);
    }

    /// Takes a user's extension out again. An account without extensions is none.
    pub(super) fn remove(&mut self, user: &User) {
        let Some(extension) = &user.extension else { return };
        let Some(account) = self.0.get_mut(&extension.account) else { return };
        if let Ok(place) = account.extensions.binary_search(&user.number) {
            account.extensions.remove(place);
        }
        account.by_short_number.remove(&extension.number);
        if account.extensions.is_empty() {
            self.0.remove(&extension.account);
        }
    }

    /// The ids of an account's extensions, in order.
    pub(super) fn extensions(&self, account: u64) -> &[u64] {
        self.0.get(&account).map(|account| account.extensions.as_slice()).unwrap_or_default()
    }

    /// The extension with this short number, in the first account that has one.
    fn anywhere(&self, short_number: &str) -> Option<u64> {
        let found =
            self.0.iter().filter_map(|(id, account)| Some((id, account.by_short_number.get(short_number)?)));
        found.min().map(|(_, extension)| *extension)
    }

    /// The extension with this short number.
    pub(super) fn owner(&self, account: u64, short_number: &str) -> Option<u64> {
        self.0.get(&account)?.by_short_number.get(short_number).copied()
    }
}
