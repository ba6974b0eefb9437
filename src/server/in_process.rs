//! A demo inside of another program.

use std::{future::pending, io, sync::Arc};

use tokio::net::TcpListener;

use super::Server;
use crate::{
    api,
    app::App,
    clock::{Clock as _, SystemClock},
    demo,
    store::EmbeddedStore,
};

/// Serves a demo on a port of its own for as long as the runtime lives, for examples and tests. Returns its address, such as
/// `http://127.0.0.1:40613`.
pub async fn demo() -> io::Result<String> {
    let clock = Arc::new(SystemClock::start());
    let now = clock.now();
    let app =
        App::open(demo::config(&api::config_reader()), Box::new(EmbeddedStore::in_memory()), clock).await;
    let app = app.map_err(io::Error::other)?;
    demo::furnish(&app.directory, now).await.map_err(io::Error::other)?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(Server::default().run(listener, app, pending()));
    Ok(url)
}
