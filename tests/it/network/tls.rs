//! TLS on the listener.

use std::{fs, path::Path, sync::Arc};

use axum::http::StatusCode;
use presenced::{
    config::{self, Config},
    server::{Listener, Tls},
};
use rustls::{ClientConfig, RootCertStore, pki_types::CertificateDer};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::{exchange, http2, listener, status, tokenless};
use crate::{clients::browse, support::TestServer};

/// Files with a new certificate for `localhost` and its key.
pub(crate) fn certify(folder: &Path) -> config::Tls {
    let pair = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let tls = config::Tls { certificate: folder.join("chain.pem"), key: folder.join("key.pem") };
    // The key goes first: a server that looks in between has to see a pair that does not match, and wait.
    fs::write(&tls.key, pair.signing_key.serialize_pem()).expect("a file");
    fs::write(&tls.certificate, pair.cert.pem()).expect("a file");
    tls
}

fn certificate_in(file: &Path) -> CertificateDer<'static> {
    use rustls::pki_types::pem::PemObject as _;
    CertificateDer::from_pem_file(file).expect("a certificate")
}

async fn start(tls: &config::Tls) -> TestServer {
    let opened = Tls::open(tls).expect("a certificate that can be used");
    let listener: Listener = listener().await.with_tls(opened);
    TestServer::start_at(listener, |config: &mut Config| config.tls = tls.clone()).await
}

/// Connects as a client that trusts this certificate alone.
async fn connect(
    server: &TestServer,
    trusted: CertificateDer<'static>,
    protocols: &[&str],
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted).expect("a certificate");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let mut client = builder.expect("TLS").with_root_certificates(roots).with_no_client_auth();
    client.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
    let name = "localhost".try_into().expect("a name");
    TlsConnector::from(Arc::new(client)).connect(name, super::connect(server).await).await
}

#[tokio::test]
async fn both_versions_are_spoken_and_nothing_without_tls() {
    let folder = tempfile::tempdir().expect("a folder");
    let tls = certify(folder.path());
    let (server, trusted) = (start(&tls).await, certificate_in(&tls.certificate));
    for protocols in [&["h2", "http/1.1"] as &[&str], &["h2"]] {
        let stream = connect(&server, trusted.clone(), protocols).await.expect("TLS");
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
        let answer =
            http2::speak(stream).await.send_request(http2::get("/healthz")).await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK);
    }
    for protocols in [&["http/1.1"] as &[&str], &[]] {
        let stream = connect(&server, trusted.clone(), protocols).await.expect("TLS");
        assert_eq!(status(&exchange(stream, tokenless("").as_bytes()).await), "401");
    }
    let plain = exchange(super::connect(&server).await, tokenless("").as_bytes()).await;
    assert!(!plain.contains("HTTP/1.1"), "{plain}");
}

#[tokio::test]
#[ignore = "needs playwright-core and chromium, which tests/run installs"]
async fn a_browsers_streams_share_a_connection() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = start(&certify(folder.path())).await;
    let url = server.url.replacen("http", "https", 1).replace("127.0.0.1", "localhost");
    browse("tests/clients/browser_streams.mjs", &url).await;
    // By HTTP/1.1 it would have been 101.
    let figures = server.figures();
    let opened =
        r#"presenced_http_requests_total{dialect="ringcentral",operation="OpenWebSocket",status="200"} 1"#;
    assert!(figures.contains(opened), "{figures}");
}

#[tokio::test]
async fn addresses_are_told_as_https() {
    let folder = tempfile::tempdir().expect("a folder");
    let tls = certify(folder.path());
    let server = start(&tls).await;
    let stream = connect(&server, certificate_in(&tls.certificate), &[]).await.expect("TLS");
    let request = b"GET /openapi/presenced.json HTTP/1.1\r\nhost: p.example\r\nconnection: close\r\n\r\n";
    assert!(exchange(stream, request).await.contains("\"https://p.example\""));
}

#[tokio::test]
async fn a_new_certificate_is_used_when_it_is_there_and_a_broken_one_is_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let tls = certify(folder.path());
    let (server, first) = (start(&tls).await, certificate_in(&tls.certificate));
    fs::write(&tls.certificate, "nonsense").expect("a file");
    for _ in 0..3 {
        assert!(connect(&server, first.clone(), &[]).await.is_ok(), "the former one stays");
    }
    certify(folder.path());
    let second = certificate_in(&tls.certificate);
    while connect(&server, second.clone(), &[]).await.is_err() {
        tokio::task::yield_now().await;
    }
    assert!(connect(&server, first, &[]).await.is_err());
}

#[test]
fn files_that_cannot_be_used_are_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let good = certify(folder.path());
    let (empty, missing) = (folder.path().join("empty.pem"), folder.path().join("missing.pem"));
    fs::write(&empty, "").expect("a file");
    let another = tempfile::tempdir().expect("a folder");
    let mismatched = folder.path().join("another.pem");
    fs::copy(certify(another.path()).key, &mismatched).expect("a copy");
    let why = |certificate: &Path, key: &Path| {
        let tls = config::Tls { certificate: certificate.to_owned(), key: key.to_owned() };
        let why = Tls::open(&tls).expect_err("it cannot be used").to_string();
        why.replace(folder.path().to_str().expect("a path"), "FOLDER")
    };
    let lines = [
        why(&missing, &good.key),
        why(&good.certificate, &missing),
        why(&empty, &good.key),
        why(&good.certificate, &empty),
        why(&good.key, &good.certificate),
        why(&good.certificate, &mismatched),
    ];
    insta::assert_snapshot!(lines.join("\n"), @"
    tls.certificate: FOLDER/missing.pem: No such file or directory (os error 2)
    tls.key: FOLDER/missing.pem: No such file or directory (os error 2)
    tls.certificate: FOLDER/empty.pem: there is no certificate in it
    tls.key: FOLDER/empty.pem: no items found
    tls.certificate: FOLDER/key.pem: there is no certificate in it
    tls.key: FOLDER/another.pem: keys may not be consistent: KeyMismatch
    ");
}
