//! Passes that stand for an access: whichever server takes one goes on with what the token grants.

use serde::{Deserialize, Serialize};

use super::{Access, Auth, AuthError, access::By};
use crate::{
    directory::{Holder, PassKind, Scopes, TokenId, TokenSecret},
    presence::Timestamp,
    store::StoreError,
};

/// An access as a pass has it.
#[derive(Deserialize, Serialize)]
struct Carried {
    by: CarriedBy,
    needs: Scopes,
    outlives_its_time: bool,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum CarriedBy {
    Kept(TokenId),
    /// The token's text: whether it is good is for each server to find out.
    Signed(String),
}

impl Carried {
    /// None: it goes on by no token.
    fn of(access: &Access) -> Option<Self> {
        let by = match &access.by {
            By::Kept(token) => CarriedBy::Kept(token.clone()),
            By::Signed(_, token) => CarriedBy::Signed(token.reveal().to_owned()),
            By::AppService(_) => return None,
        };
        Some(Self { by, needs: access.needs, outlives_its_time: access.outlives_its_time })
    }
}

impl Auth {
    /// Makes a pass of an owner's that stands for an access, and says until when; none for an application service.
    pub async fn issue_pass(
        &self,
        kind: &'static PassKind,
        owner: &str,
        access: &Access,
    ) -> Result<Option<(TokenSecret, Timestamp)>, StoreError> {
        let Some(carried) = Carried::of(access) else { return Ok(None) };
        self.directory.issue_pass(kind, owner, &carried).await.map(Some)
    }

    /// The access that an unused pass stands for, and whose it is, if that may go on; none if there is no such pass.
    pub async fn by_pass(&self, kind: &PassKind, pass: &str) -> Result<Option<(Access, Holder)>, AuthError> {
        let carried = self.directory.pass(kind, pass).await?;
        let Some(Carried { by, needs, outlives_its_time }) = carried else { return Ok(None) };
        let (by, holder) = match by {
            CarriedBy::Kept(token) => {
                let info = self.directory.token_named(&token).ok_or(AuthError::Unknown)?;
                (By::Kept(token), info.holder)
            }
            CarriedBy::Signed(token) => {
                let signed = self.jwts.signed(token.as_bytes()).await?;
                let holder = signed.holder();
                (By::Signed(signed, token.as_str().into()), holder)
            }
        };
        let access = Access { by, needs, outlives_its_time };
        self.check(&access).await?;
        Ok(Some((access, holder)))
    }
}
