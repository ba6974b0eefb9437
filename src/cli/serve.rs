use std::{
    fs,
    io::{self, Write as _},
    net::{SocketAddr, TcpListener},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::Args;
use tracing_subscriber::EnvFilter;

use super::{Done, Failure, print};
use crate::{
    app::App,
    clock::SystemClock,
    config::{Config, Overrides},
    demo,
    directory::{Holder, NewToken, TokenSecret},
    server,
    store::MemoryStore,
};

#[derive(Debug, Args)]
pub(super) struct Serve {
    /// The configuration file; the defaults hold without one.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where to listen [default: 127.0.0.1:8008].
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// The folder for what the server keeps [default: ./presenced-data].
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Run with users and tokens to try things with, on this machine only.
    #[arg(long)]
    demo: bool,
}

impl Serve {
    pub(super) fn run(self) -> Done {
        let config = self.config()?;
        start_log(&config)?;
        let listener = listen(config.server.listen)?;
        let app = App::new(config, Box::new(MemoryStore::default()), Arc::new(SystemClock::start()));
        if self.demo {
            demo::furnish(&app.directory, app.service.now());
        } else {
            add_admin_token(&app)?;
        }
        let runtime = tokio::runtime::Runtime::new().map_err(Failure::unusable)?;
        runtime.block_on(self.serve(listener, app))
    }

    async fn serve(&self, listener: TcpListener, app: App) -> Done {
        let listener = tokio::net::TcpListener::from_std(listener).map_err(Failure::unusable)?;
        let address = listener.local_addr().map_err(Failure::unusable)?;
        // Signals are caught before anybody is told that the server runs.
        let stop = server::stop_signal().map_err(Failure::unusable)?;
        if self.demo {
            print(&format!("{}\n", demo::greeting(address)));
        } else {
            tracing::info!(%address, "serving");
            tracing::warn!("users, rooms, tokens and presence are in memory and end with this process");
        }
        server::run(listener, app, stop).await;
        Ok(())
    }

    fn config(&self) -> Result<Config, Failure> {
        let listen = self.listen.as_ref().map(|listen| ("server.listen", listen.clone()));
        let data = self.data.as_ref().map(|data| ("server.data", data.display().to_string()));
        let overrides = Overrides::from_process(listen.into_iter().chain(data).collect());
        let config = Config::load(self.config.as_deref(), overrides).map_err(Failure::unusable)?;
        if !self.demo {
            return Ok(config);
        }
        if !config.server.listen.ip().is_loopback() {
            return Err(Failure::unusable(format!(
                "the demo's tokens are known to everybody, so it listens on loopback addresses only, \
                 not on {}",
                config.server.listen
            )));
        }
        Ok(config.for_demo())
    }
}

fn start_log(config: &Config) -> Done {
    let filter = EnvFilter::try_new(&config.log.filter)
        .map_err(|error| Failure::unusable(format!("configuration: log.filter: {error}")))?;
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).init();
    Ok(())
}

fn listen(address: SocketAddr) -> Result<TcpListener, Failure> {
    let listener = TcpListener::bind(address).and_then(|listener| {
        listener.set_nonblocking(true)?;
        Ok(listener)
    });
    listener.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => {
            Failure::unusable(format!("{address} is in use; choose another address with --listen"))
        }
        _ => Failure::unusable(format!("cannot listen on {address}: {error}")),
    })
}

fn add_admin_token(app: &App) -> Done {
    let file = app.config.server.data.join("admin-token");
    let token = admin_token(&file)
        .map_err(|error| Failure::unusable(format!("the admin token in {}: {error}", file.display())))?;
    let holder = Holder::Admin;
    app.directory.add_token(&token, NewToken { holder, expires: None }).map_err(Failure::unusable)?;
    tracing::info!(file = %file.display(), "the admin token is in");
    Ok(())
}

/// The admin token of this data folder, made at the first start, for its owner's eyes only.
fn admin_token(file: &Path) -> io::Result<TokenSecret> {
    match fs::read_to_string(file) {
        Ok(text) if !text.trim().is_empty() => return Ok(TokenSecret::from(text.trim())),
        Ok(_) => return Err(io::Error::other("the file is empty; remove it to have a new token made")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    if let Some(folder) = file.parent() {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let token = TokenSecret::random();
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
    writeln!(file, "{}", token.reveal())?;
    file.sync_all()?;
    Ok(token)
}
