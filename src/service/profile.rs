use super::{ReadError, Service, Viewer};
use crate::{directory::User, id::UserId};

impl Service {
    /// The directory's entry of a user, for viewers who may see the user. Hiding is about presence, and hides
    /// nothing of it.
    pub fn profile(&self, viewer: Viewer<'_>, user: &UserId) -> Result<User, ReadError> {
        self.may_see(viewer, user)?;
        self.directory.user(user).ok_or_else(|| self.nobody())
    }
}
