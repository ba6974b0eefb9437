use std::sync::Arc;

use super::{
    Directory, DirectoryError, Holder, NewToken, Profile, Scope, TokenSecret, User, fact::Fact,
    token::StoredToken,
};
use crate::{
    id::{DeviceId, UserId},
    presence::Timestamp,
};

/// A user whom an application service makes.
#[derive(Clone, Debug)]
pub struct NewGhost {
    pub user: UserId,
    /// The service's name.
    pub made_by: String,
    /// The device that the user logs in on at once, and the text of its token.
    pub login: Option<(DeviceId, TokenSecret)>,
}

impl Directory {
    /// Adds a user whom an application service makes, and their token: both or neither.
    pub async fn make_ghost(self: &Arc<Self>, ghost: NewGhost, now: Timestamp) -> Result<(), DirectoryError> {
        self.change(move |entries| {
            if entries.users.contains(&ghost.user) {
                return Err(DirectoryError::UserTaken(ghost.user.clone()));
            }
            let user = User::new(ghost.user.clone(), entries.next_number(), Profile::default(), now);
            let user = User { made_by: Some(ghost.made_by.clone()), ..user };
            let token = ghost.login.as_ref().map(|login| Fact::Token(session(&ghost.user, login, now)));
            Ok(([Fact::User(user)].into_iter().chain(token).collect(), ()))
        })
        .await
    }
}

fn session(user: &UserId, (device, secret): &(DeviceId, TokenSecret), now: Timestamp) -> StoredToken {
    let scopes = [Scope::Read, Scope::Write].into_iter().collect();
    let holder = Holder::User { user: user.clone(), device: device.clone(), scopes, guest: false };
    let mut token = StoredToken::new(secret, NewToken { holder, expires: None });
    token.info.opened = Some(now);
    token
}
