//! TLS on the listener: certificates that are read again when they change.

use std::{fs, os::unix::fs::MetadataExt as _, path::Path, sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use parking_lot::Mutex;
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};
use tokio_rustls::TlsAcceptor;

use crate::config;

/// How often the files are looked at.
const LOOKED_AT_EVERY: Duration = Duration::from_secs(1);

/// A certificate and its key, as new connections use them.
#[derive(Debug)]
pub struct Tls {
    current: ArcSwap<ServerConfig>,
    /// What the files were when they were last read, whether they could be used or not.
    seen: Mutex<Option<Seen>>,
}

/// Enough of two files to tell when they change.
#[derive(Debug, PartialEq, Eq)]
struct Seen([Option<(u64, u64, i64, i64)>; 2]);

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("tls.certificate: {0}")]
    Certificate(String),
    #[error("tls.key: {0}")]
    Key(String),
}

impl Tls {
    /// Reads the files that a configuration names; nothing, if it names none.
    pub fn open(config: &config::Tls) -> Result<Option<Arc<Self>>, TlsError> {
        if !config.is_on() {
            return Ok(None);
        }
        // Before they are read: what changes meanwhile is read again.
        let seen = Mutex::new(Some(Seen::of(config)));
        Ok(Some(Arc::new(Self { current: ArcSwap::new(read(config)?), seen })))
    }

    /// For the next connection.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        self.current.load_full().into()
    }

    /// Reads the files again if they are others than before. What cannot be used is logged, and the former
    /// certificate stays.
    pub(super) fn refresh(&self, config: &config::Tls) {
        let now = Some(Seen::of(config));
        let mut seen = self.seen.lock();
        if *seen == now {
            return;
        }
        *seen = now;
        match read(config) {
            Ok(new) => {
                self.current.store(new);
                tracing::info!(file = %config.certificate.display(), "the certificate was read again");
            }
            Err(error) => tracing::error!(%error, "the new certificate cannot be used; the former one stays"),
        }
    }

    /// Looks at the files for ever.
    pub(super) async fn watch(self: Arc<Self>, config: Arc<config::Live<config::Config>>) {
        loop {
            tokio::time::sleep(LOOKED_AT_EVERY).await;
            let (tls, config) = (self.clone(), config.clone());
            let _looked = tokio::task::spawn_blocking(move || tls.refresh(&config.tls)).await;
        }
    }
}

impl Seen {
    fn of(config: &config::Tls) -> Self {
        Self([&config.certificate, &config.key].map(|file| {
            let meta = fs::metadata(file).ok()?;
            Some((meta.ino(), meta.size(), meta.mtime(), meta.mtime_nsec()))
        }))
    }
}

fn read(config: &config::Tls) -> Result<Arc<ServerConfig>, TlsError> {
    let certificate = |why: String| TlsError::Certificate(why);
    let about = |file: &Path, why: &dyn std::fmt::Display| format!("{}: {why}", file.display());
    let pem =
        fs::read(&config.certificate).map_err(|error| certificate(about(&config.certificate, &error)))?;
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&pem)
        .collect::<Result<_, _>>()
        .map_err(|error| certificate(about(&config.certificate, &error)))?;
    if chain.is_empty() {
        return Err(certificate(about(&config.certificate, &"there is no certificate in it")));
    }
    let pem = fs::read(&config.key).map_err(|error| TlsError::Key(about(&config.key, &error)))?;
    let key =
        PrivateKeyDer::from_pem_slice(&pem).map_err(|error| TlsError::Key(about(&config.key, &error)))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut server = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| certificate(error.to_string()))?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|error| TlsError::Key(about(&config.key, &error)))?;
    server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(server))
}
