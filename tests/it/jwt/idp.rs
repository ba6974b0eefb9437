//! An issuer that publishes its keys, or does worse.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use jsonwebtoken::{Algorithm, EncodingKey, Header, jwk::Jwk};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use super::{claims, signed};

/// How the issuer answers.
#[derive(Clone)]
pub(super) enum Mood {
    Keys(Vec<Value>),
    /// Whatever is to be sent, head and all.
    Says(Vec<u8>),
    Hangs,
}

pub(super) struct Idp {
    pub(super) url: String,
    mood: Arc<Mutex<Mood>>,
    asked: Arc<AtomicUsize>,
}

/// A key of the issuer's.
pub(super) struct Pair {
    private: EncodingKey,
    kid: &'static str,
}

impl Pair {
    pub(super) fn new(kid: &'static str) -> Self {
        let pair = rcgen::KeyPair::generate().expect("a key");
        Self { private: EncodingKey::from_ec_pem(pair.serialize_pem().as_bytes()).expect("a key"), kid }
    }

    /// As the issuer publishes it.
    pub(super) fn public(&self) -> Value {
        let jwk = Jwk::from_encoding_key(&self.private, Algorithm::ES256).expect("a public key");
        let mut jwk = serde_json::to_value(jwk).expect("JSON");
        (jwk["kid"], jwk["use"]) = (json!(self.kid), json!("sig"));
        jwk
    }

    pub(super) fn token(&self, changes: Value) -> String {
        let header = Header { kid: Some(self.kid.to_owned()), ..Header::new(Algorithm::ES256) };
        signed(&header, &claims(&changes), &self.private)
    }
}

impl Idp {
    pub(super) async fn start(mood: Mood) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/certs", listener.local_addr().expect("an address"));
        let (mood, asked) = (Arc::new(Mutex::new(mood)), Arc::new(AtomicUsize::new(0)));
        let (moods, count) = (mood.clone(), asked.clone());
        tokio::spawn(async move {
            while let Ok((mut connection, _)) = listener.accept().await {
                let (mood, count) = (moods.clone(), count.clone());
                tokio::spawn(async move {
                    let mut request = [0; 4_096];
                    let _read = connection.read(&mut request).await;
                    count.fetch_add(1, Ordering::SeqCst);
                    let mood = mood.lock().clone();
                    let text = match mood {
                        Mood::Keys(keys) => answer(json!({ "keys": keys }).to_string().as_bytes()),
                        Mood::Says(text) => text,
                        Mood::Hangs => std::future::pending().await,
                    };
                    let _sent = connection.write_all(&text).await;
                });
            }
        });
        Self { url, mood, asked }
    }

    pub(super) fn become_so(&self, mood: Mood) {
        *self.mood.lock() = mood;
    }

    /// How often it was asked.
    pub(super) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

/// An answer with that body.
pub(super) fn answer(body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}
