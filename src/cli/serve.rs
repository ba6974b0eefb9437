mod data;

use std::{
    fs,
    io::{self, Write as _},
    net::{SocketAddr, TcpListener},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use clap::Args;
use tracing_subscriber::EnvFilter;

use super::{Done, Failure, print};
use crate::{
    app::App,
    config::{Config, Overrides},
    demo,
    directory::{Holder, NewToken, TokenSecret},
    server,
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
        let runtime = tokio::runtime::Runtime::new().map_err(Failure::unusable)?;
        let done = runtime.block_on(self.serve(listener, config));
        // Whoever stops a server that still reads its data need not wait for the rest.
        runtime.shutdown_background();
        done
    }

    async fn serve(&self, listener: TcpListener, config: Config) -> Done {
        let listener = tokio::net::TcpListener::from_std(listener).map_err(Failure::unusable)?;
        let address = listener.local_addr().map_err(Failure::unusable)?;
        // Signals are caught before anybody is told that the server runs.
        let stop = server::stop_signal().map_err(Failure::unusable)?;
        tokio::pin!(stop);
        let opening = data::open(config.clone(), self.keeps_data());
        let app = tokio::select! {
            opened = opening => opened?,
            () = server::starting(&listener, &config) => unreachable!("it is never done"),
            () = &mut stop => return Ok(()),
        };
        if self.demo {
            demo::furnish(&app.directory, app.service.now()).await.map_err(Failure::unusable)?;
            print(&format!("{}\n", demo::greeting(address, self.data.as_deref())));
        } else {
            admit_admin(&app)?;
            tracing::info!(%address, "serving");
        }
        server::run(listener, app, stop).await;
        Ok(())
    }

    /// The demo leaves nothing behind unless it is told where.
    fn keeps_data(&self) -> bool {
        !self.demo || self.data.is_some()
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

fn admit_admin(app: &App) -> Done {
    let file = app.config.server.data.join("admin-token");
    let token = admin_token(&file)
        .map_err(|error| Failure::unusable(format!("the admin token in {}: {error}", file.display())))?;
    app.directory.admit(&token, NewToken { holder: Holder::Admin, expires: None });
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
    let token = TokenSecret::random();
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
    writeln!(file, "{}", token.reveal())?;
    file.sync_all()?;
    Ok(token)
}
