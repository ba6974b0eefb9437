//! What presenced is measured against: bare axum handlers that give the answers of a presenced, in three houses. One serves
//! connections as presenced does, on a runtime for each core; one as axum does by itself; and one writes each body that it
//! is sent to a file before it answers, those that wait together with one write and one `fdatasync`.

use std::{
    fs::File,
    io::{self, Write as _},
    net::SocketAddr,
    path::Path,
    thread,
};

use axum::{
    Router,
    body::Bytes,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    routing,
};
use hyper::server::conn::http1;
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use tokio::{
    net::{TcpListener, TcpStream},
    runtime,
    sync::{mpsc, oneshot},
};

use crate::{data, servers};

/// Where the bodies go that are written down, and who waits for them.
type Journal = mpsc::UnboundedSender<(Bytes, oneshot::Sender<()>)>;

/// Serves on a runtime of its own for each core, until this process ends. Connections go to them in turn.
pub(super) async fn serve_on_cores(listener: TcpListener, routes: Router, cores: usize) -> io::Result<()> {
    let workers = (0..cores).map(|_| worker(routes.clone())).collect::<io::Result<Vec<_>>>()?;
    for worker in workers.iter().cycle() {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let _taken = worker.send(stream.into_std()?);
    }
    Ok(())
}

/// A thread that serves the connections that it is given.
fn worker(routes: Router) -> io::Result<mpsc::UnboundedSender<std::net::TcpStream>> {
    let (give, mut given) = mpsc::unbounded_channel();
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    thread::spawn(move || {
        runtime.block_on(async {
            while let Some(stream) = given.recv().await {
                let (routes, stream) =
                    (TowerToHyperService::new(routes.clone()), TcpStream::from_std(stream));
                tokio::spawn(async move {
                    let stream = TokioIo::new(stream.expect("a runtime takes it"));
                    // A client that goes is no concern of the floor's.
                    let _gone = http1::Builder::new().serve_connection(stream, routes).await;
                });
            }
        });
    });
    Ok(give)
}

/// Has bodies written to a file of a folder.
pub(super) fn journal(folder: &Path) -> io::Result<Journal> {
    let mut file = File::create(folder.join("floor"))?;
    let (give, mut given) = mpsc::unbounded_channel::<(Bytes, oneshot::Sender<()>)>();
    thread::spawn(move || {
        while let Some((body, done)) = given.blocking_recv() {
            let (mut bytes, mut waiting) = (body.to_vec(), vec![done]);
            while let Ok((body, done)) = given.try_recv() {
                bytes.extend_from_slice(&body);
                waiting.push(done);
            }
            file.write_all(&bytes).and_then(|()| file.sync_data()).expect("the disk takes it");
            for done in waiting {
                let _gone = done.send(());
            }
        }
    });
    Ok(give)
}

/// Handlers that give the answers of the model; with a journal once it has the body.
pub(super) async fn routes(model: SocketAddr, journal: Option<Journal>) -> Router {
    let first = data::user(0);
    let (matrix, native) = (servers::path, servers::native_path);
    let get = record(Method::GET, model, &matrix(first.as_str()), String::new()).await;
    let put = format!(r#"{{"presence":"online","status_msg":"{}"}}"#, servers::STATUS);
    let put = record(Method::PUT, model, &matrix(first.as_str()), put).await;
    let say = format!(r#"{{"state":"online","status":{{"text":"{}"}}}}"#, servers::STATUS);
    let say = record(Method::PUT, model, &native(first.as_str()), say).await;
    let active = record(Method::POST, model, servers::ACTIVITY, String::new()).await;
    let get = async move || (get.0.clone(), get.1);
    let put = async move |body: Bytes| {
        if let Some(journal) = &journal {
            let (done, written) = oneshot::channel();
            let _taken = journal.send((body, done));
            written.await.expect("the disk takes it");
        }
        (put.0.clone(), put.1)
    };
    let say = async move |_body: Bytes| (say.0.clone(), say.1);
    let active = async move |_body: Bytes| (StatusCode::NO_CONTENT, active.0.clone());
    Router::new()
        .route(&matrix("{user}"), routing::get(get).put(put))
        .route(&native("{user}"), routing::put(say))
        .route(servers::ACTIVITY, routing::post(active))
}

/// An answer of the server at `model`. All of it is static: shared counts would cost the floor more than
/// the literals of a handler do.
async fn record(
    method: Method,
    model: SocketAddr,
    path: &str,
    body: String,
) -> (&'static HeaderMap, &'static [u8]) {
    let response = reqwest::Client::new()
        .request(method, format!("http://{model}{path}"))
        .bearer_auth(servers::token(0))
        .body(body)
        .send()
        .await
        .and_then(reqwest::Response::error_for_status)
        .expect("the model answers");
    // hyper adds the date to both.
    let lines = response.headers().iter().filter(|(name, _)| *name != header::DATE);
    let fixed = |(name, value): (&HeaderName, &HeaderValue)| {
        let value = value.to_str().expect("presenced's headers are ASCII").to_owned();
        (name.clone(), HeaderValue::from_static(value.leak()))
    };
    let headers: HeaderMap = lines.map(fixed).collect();
    let body = response.bytes().await.expect("the model answers").to_vec();
    (Box::leak(Box::new(headers)), body.leak())
}
