use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;

use super::scope::Scopes;
use crate::{
    id::{DeviceId, UserId},
    presence::Timestamp,
};

type Digest = [u8; 32];

/// The SHA-256 of a token.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenHash(Digest);

impl TokenHash {
    /// The hash of this text.
    pub fn of(secret: &[u8]) -> Self {
        Self(digest(secret))
    }

    /// The token's name.
    pub fn id(&self) -> TokenId {
        TokenId::of_digest(&self.0)
    }

    /// Where it is filed who waits for the token's end.
    pub(super) fn lookup(&self) -> Lookup {
        lookup(&self.0)
    }

    pub(super) fn to_hex(self) -> String {
        hex::encode(self.0)
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut digest = Digest::default();
        hex::decode_to_slice(text, &mut digest).ok()?;
        Some(Self(digest))
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id().as_str())
    }
}

/// Where a token is filed: the first 8 bytes of its SHA-256. The whole is compared in constant time.
pub(super) type Lookup = u64;

pub(super) fn digest(secret: &[u8]) -> Digest {
    Sha256::digest(secret).into()
}

pub(super) fn lookup(digest: &Digest) -> Lookup {
    u64::from_le_bytes(*digest.first_chunk().expect("a digest has 32 bytes"))
}

/// A token's text, on its way to its owner. Its `Debug` form hides it, so that no log shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenSecret(String);

impl TokenSecret {
    /// A new secret of 256 random bits from the operating system.
    pub fn random() -> Self {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
        Self::of(bytes)
    }

    /// A secret from other 256 bits that cannot be guessed.
    pub(super) fn of(bytes: [u8; 32]) -> Self {
        Self(format!("pd_{}", hex::encode(bytes)))
    }

    /// The text, to be shown to its owner once.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<&str> for TokenSecret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for TokenSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenSecret(..)")
    }
}

/// A token's name in listings: the first 16 hexadecimal digits of its hash. It opens nothing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TokenId(String);

impl TokenId {
    /// The id of the token with this text.
    pub fn of(secret: &[u8]) -> Self {
        Self::of_digest(&digest(secret))
    }

    pub(super) fn of_digest(digest: &Digest) -> Self {
        Self(hex::encode(&digest[..8]))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Where the token of that id is filed.
    pub(super) fn lookup(&self) -> Option<Lookup> {
        let mut digest = [0; 8];
        hex::decode_to_slice(&self.0, &mut digest).ok()?;
        Some(u64::from_le_bytes(digest))
    }
}

impl From<String> for TokenId {
    fn from(text: String) -> Self {
        Self(text)
    }
}

/// Whom a token speaks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holder {
    /// The operator: everything in the native API, no presence of its own.
    Admin,
    /// A user on one device.
    User { user: UserId, device: DeviceId, scopes: Scopes, guest: bool },
    /// A user who may have new tokens of that kind, in place of the one that `access` names. It opens nothing
    /// itself, and ends with that one when it is revoked.
    Refresh {
        user: UserId,
        device: DeviceId,
        scopes: Scopes,
        access: TokenId,
        #[serde(default)]
        session: Session,
        /// What became of it, once it has been spent; `access` is then what came of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        spent: Option<Spent>,
    },
    /// An application's backend: a service token, which belongs to no user.
    App {
        name: String,
        #[serde(default = "Scopes::read")]
        scopes: Scopes,
    },
}

impl Holder {
    /// What the token may be used for; the admin's for everything.
    pub fn scopes(&self) -> Scopes {
        match self {
            Self::Admin => Scopes::all(),
            Self::User { scopes, .. } | Self::App { scopes, .. } => *scopes,
            Self::Refresh { .. } => Scopes::default(),
        }
    }
}

/// What stays the same from one refresh of a login to the next.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The name of the application's instance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// When the login ends at the latest, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<Timestamp>,
    /// Whether a guest logged in.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub guest: bool,
}

/// A refresh token that was spent. Clients that share it get the same for it for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    /// When the access token that came of it was first used, if it was.
    pub used: Option<Timestamp>,
}

/// A token to be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewToken {
    pub holder: Holder,
    /// When it stops working, if ever.
    pub expires: Option<Timestamp>,
}

/// What may be shown of a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenInfo {
    pub id: TokenId,
    pub holder: Holder,
    pub expires: Option<Timestamp>,
    /// When its user opened a session with another token and got this one; absent of tokens that were made
    /// otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opened: Option<Timestamp>,
    /// The login that it came of, by the id of the login's first access token; absent of that token itself, and of
    /// tokens that were made otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<TokenId>,
}

impl TokenInfo {
    /// The login that the token belongs to. It stays the same from one refresh to the next; a token that was made
    /// otherwise is a login of its own.
    pub fn login(&self) -> &TokenId {
        match (&self.login, &self.holder) {
            (Some(login), _) => login,
            // As earlier versions kept it.
            (None, Holder::Refresh { access, .. }) => access,
            (None, _) => &self.id,
        }
    }
}

/// What a known token grants now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    pub holder: Holder,
    /// It was a token once; its time is over.
    pub expired: bool,
}

/// A token as it is kept: its hash alone, never its text.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct StoredToken {
    #[serde(with = "hex")]
    digest: Digest,
    #[serde(flatten)]
    pub(super) info: TokenInfo,
}

impl StoredToken {
    /// The same token with another holder and end.
    pub(super) fn becoming(&self, holder: Holder, expires: Option<Timestamp>) -> Self {
        Self { digest: self.digest, info: TokenInfo { holder, expires, ..self.info.clone() } }
    }

    pub(super) fn new(secret: &TokenSecret, token: NewToken) -> Self {
        let digest = digest(secret.reveal().as_bytes());
        let id = TokenId::of_digest(&digest);
        let NewToken { holder, expires } = token;
        Self { digest, info: TokenInfo { id, holder, expires, opened: None, login: None } }
    }

    /// The user whom it speaks for, and on which device.
    pub(super) fn speaker(&self) -> Option<(&UserId, &DeviceId)> {
        match &self.info.holder {
            Holder::Admin | Holder::App { .. } => None,
            Holder::User { user, device, .. } | Holder::Refresh { user, device, .. } => Some((user, device)),
        }
    }

    /// Whether the token is that of a session on this device.
    pub(super) fn is_session_on(&self, on: &DeviceId) -> bool {
        self.info.opened.is_some() && self.speaker().is_some_and(|(_, device)| device == on)
    }

    pub(super) fn lookup(&self) -> Lookup {
        lookup(&self.digest)
    }

    pub(super) fn user(&self) -> Option<&UserId> {
        self.speaker().map(|(user, _)| user)
    }

    pub(super) fn is_an_apps(&self) -> bool {
        matches!(self.info.holder, Holder::App { .. })
    }

    /// Whether the token only serves to replace that one.
    pub(super) fn refreshes(&self, id: &TokenId) -> bool {
        matches!(&self.info.holder, Holder::Refresh { access, .. } if access == id)
    }

    /// Whether it was a refresh token.
    pub(super) fn is_spent(&self) -> bool {
        matches!(&self.info.holder, Holder::Refresh { spent: Some(_), .. })
    }

    pub(super) fn has_expired(&self, now: Timestamp) -> bool {
        self.info.expires.is_some_and(|expires| now >= expires)
    }

    pub(super) fn is(&self, digest: &Digest) -> bool {
        self.digest.ct_eq(digest).into()
    }

    pub(super) fn grant(&self, now: Timestamp) -> Grant {
        Grant { holder: self.info.holder.clone(), expired: self.has_expired(now) }
    }
}
