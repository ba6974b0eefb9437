//! An issuer that publishes its keys, or does worse.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use jsonwebtoken::{Algorithm, EncodingKey, Header, jwk::Jwk};
use parking_lot::Mutex;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{ServerConfig, crypto::ring, pki_types::PrivateKeyDer};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

use super::{claims, signed};

/// How the issuer answers.
#[derive(Clone)]
pub(crate) enum Mood {
    Keys(Vec<Value>),
    /// Whatever is to be sent, head and all.
    Says(Vec<u8>),
    Hangs,
}

pub(crate) struct Idp {
    pub(crate) url: String,
    mood: Arc<Mutex<Mood>>,
    asked: Arc<AtomicUsize>,
}

/// A key of the issuer's.
pub(crate) struct Pair {
    private: EncodingKey,
    kid: &'static str,
}

impl Pair {
    pub(crate) fn new(kid: &'static str) -> Self {
        let pair = KeyPair::generate().expect("a key");
        Self { private: EncodingKey::from_ec_pem(pair.serialize_pem().as_bytes()).expect("a key"), kid }
    }

    /// As the issuer publishes it.
    pub(crate) fn public(&self) -> Value {
        let jwk = Jwk::from_encoding_key(&self.private, Algorithm::ES256).expect("a public key");
        let mut jwk = serde_json::to_value(jwk).expect("JSON");
        (jwk["kid"], jwk["use"]) = (json!(self.kid), json!("sig"));
        jwk
    }

    pub(crate) fn token(&self, changes: Value) -> String {
        let header = Header { kid: Some(self.kid.to_owned()), ..Header::new(Algorithm::ES256) };
        signed(&header, &claims(&changes), &self.private)
    }
}

/// Somebody who vouches for servers.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(crate) fn new() -> Self {
        let mut authority = CertificateParams::default();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(authority, key).expect("a certificate"))
    }

    /// The authority's own certificate, as files have it.
    pub(crate) fn certificate(&self) -> String {
        self.0.pem()
    }

    /// Speaks TLS with a certificate for this machine.
    fn acceptor(&self) -> TlsAcceptor {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(["127.0.0.1".to_owned()]).expect("a name");
        let certificate = params.signed_by(&key, &self.0).expect("a certificate");
        let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions of TLS")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .expect("a certificate with its key");
        TlsAcceptor::from(Arc::new(config))
    }
}

impl Idp {
    pub(crate) async fn start(mood: Mood) -> Self {
        Self::serve(mood, None).await
    }

    /// The same behind TLS, with a certificate of that authority.
    pub(crate) async fn start_with_tls(mood: Mood, authority: &Authority) -> Self {
        Self::serve(mood, Some(authority.acceptor())).await
    }

    async fn serve(mood: Mood, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let scheme = if tls.is_some() { "https" } else { "http" };
        let url = format!("{scheme}://{}/certs", listener.local_addr().expect("an address"));
        let (mood, asked) = (Arc::new(Mutex::new(mood)), Arc::new(AtomicUsize::new(0)));
        let (moods, count) = (mood.clone(), asked.clone());
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let (mood, count, tls) = (moods.clone(), count.clone(), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => answer_as(&mood, &count, connection).await,
                        Some(tls) => {
                            if let Ok(connection) = tls.accept(connection).await {
                                answer_as(&mood, &count, connection).await;
                            }
                        }
                    }
                });
            }
        });
        Self { url, mood, asked }
    }

    pub(crate) fn become_so(&self, mood: Mood) {
        *self.mood.lock() = mood;
    }

    /// How often it was asked.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

async fn answer_as(
    mood: &Mutex<Mood>,
    count: &AtomicUsize,
    mut connection: impl AsyncRead + AsyncWrite + Unpin,
) {
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
    let _closed = connection.shutdown().await;
}

/// An answer with that body.
pub(crate) fn answer(body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}
