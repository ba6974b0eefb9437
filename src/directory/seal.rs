//! Values that are kept and that only the holder of a secret can read.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use serde::{Serialize, de::DeserializeOwned};
use sha2::Sha256;

/// A value as it is kept. A secret seals one value and no other.
pub(super) fn close<T: Serialize>(secret: &str, value: &T) -> String {
    let mut bytes = serde_json::to_vec(value).expect("what is kept has a JSON form");
    key(secret)
        .seal_in_place_append_tag(nonce(), Aad::empty(), &mut bytes)
        .expect("what is kept is not that long");
    BASE64_STANDARD.encode(bytes)
}

/// The value; none if it was not sealed with this secret, or by a version that has it otherwise.
pub(super) fn open<T: DeserializeOwned>(secret: &str, sealed: &str) -> Option<T> {
    let mut bytes = BASE64_STANDARD.decode(sealed).ok()?;
    let value = key(secret).open_in_place(nonce(), Aad::empty(), &mut bytes).ok()?;
    serde_json::from_slice(value).ok()
}

/// The key that a secret makes. It does not follow from the secret's hash, which is kept too.
fn key(secret: &str) -> LessSafeKey {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key of any length will do");
    mac.update(b"sealed ");
    let bytes: [u8; 32] = mac.finalize().into_bytes().into();
    LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, &bytes).expect("it has 32 bytes"))
}

/// A key that is used once needs no other.
fn nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; NONCE_LEN])
}
