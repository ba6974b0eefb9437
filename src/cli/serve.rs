mod admin_token;
mod data;
mod files;
mod log;
mod reload;

use std::{io, num::NonZero, path::PathBuf, sync::Arc, thread};

use clap::Args;

pub(super) use self::data::keep_to_owner;
use self::{files::Files, log::Log, reload::Reloading};
use super::{Done, Failure, print};
use crate::{
    api,
    app::App,
    config::{Config, Listen, Overrides, StoreKind},
    demo,
    server::{self, Builder, Listener, Server, Tls},
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
    /// Let the demo listen on any address: whoever reaches it may know its tokens.
    #[arg(long, requires = "demo")]
    allow_remote: bool,
    /// Hold every answer, and every request that is accepted, against the documents, and tell of what differs.
    #[cfg(feature = "contract-check")]
    #[arg(long)]
    check_contract: bool,
}

impl Serve {
    pub(super) fn run(self) -> Done {
        let overrides = self.overrides();
        let mut config = self.load(&overrides)?;
        let files = Files::raise()?;
        let log = Log::start(&config.log)?;
        self.tell(&overrides);
        files.bound(&mut config);
        tell_bounds(&config);
        let runtime = tokio::runtime::Runtime::new().map_err(Failure::unusable)?;
        let done = runtime.block_on(self.serve(config, log, files));
        // An operator who stops a server that still reads its data need not wait for the rest.
        runtime.shutdown_background();
        done
    }

    async fn serve(&self, config: Config, log: Log, files: Files) -> Done {
        // Signals are caught before it is told that the server runs.
        let stop = server::stop_signal().map_err(Failure::unusable)?;
        tokio::pin!(stop);
        let mut reloading = Reloading::new(log).map_err(Failure::unusable)?;
        let (server, listener) = (on_all_cores().map_err(Failure::unusable)?, listen(&config)?);
        for address in listener.addresses() {
            tracing::info!(%address, tls = config.tls.is_on(), "listening");
        }
        if !self.demo {
            admin_token::check(&config.server)?;
        }
        let opening = data::open(config.clone(), self.keeps_data());
        let app = tokio::select! {
            opened = opening => opened?,
            () = server.starting(&listener, &config) => unreachable!("it is never done"),
            () = &mut stop => return Ok(()),
        };
        let (counts, records) = (app.directory.counts(), app.service.store_figures().records);
        tracing::info!(users = counts.users, tokens = counts.tokens, rooms = counts.rooms, records, "read");
        check_name(&app)?;
        if self.demo {
            demo::furnish(&app.directory, app.service.now()).await.map_err(Failure::unusable)?;
            let address =
                listener.tcp_address().map_or_else(|| config.server.listen.to_string(), |at| at.to_string());
            print(&format!("{}\n", demo::greeting(&address, self.data.as_deref())));
        } else {
            reloading.admit(admin_token::admit(&app, &app.config.server)?);
            tracing::info!(address = %listener.addresses().join(" "), "serving");
        }
        let load = || {
            let mut config = self.load(&self.overrides())?;
            // At the start it was said what comes of it.
            files.fit(&mut config);
            // What cannot be used as a whole is not used in part.
            open_tls(&config)?;
            Ok(config)
        };
        let serving = server.run(listener, app.clone(), stop);
        tokio::select! {
            () = serving => {}
            () = reloading.run(&app, load) => unreachable!("it is never done"),
        }
        Ok(())
    }

    /// The demo leaves nothing behind unless it is told where.
    fn keeps_data(&self) -> bool {
        !self.demo || self.data.is_some()
    }

    #[cfg(feature = "contract-check")]
    fn checks_contract(&self) -> bool {
        self.check_contract
    }

    #[cfg(not(feature = "contract-check"))]
    fn checks_contract(&self) -> bool {
        false
    }

    fn overrides(&self) -> Overrides {
        let listen = self.listen.as_ref().map(|listen| ("server.listen", listen.clone()));
        let data = self.data.as_ref().map(|data| ("server.data", data.display().to_string()));
        Overrides::from_process(listen.into_iter().chain(data).collect())
    }

    fn load(&self, overrides: &Overrides) -> Result<Config, Failure> {
        let reader = api::config_reader();
        let defaults = if self.demo { demo::config(&reader) } else { Config::default() };
        let loaded = reader.load_over(&defaults, self.config.as_deref(), overrides);
        let mut config = loaded.map_err(Failure::unusable)?;
        config.check_contract = self.checks_contract();
        if self.demo && !self.allow_remote && !config.server.listen.is_local() {
            return Err(Failure::unusable(format!(
                "the demo's tokens are known to everybody, so it listens on loopback addresses only, \
                 not on {}; --allow-remote lets it",
                config.server.listen
            )));
        }
        if self.demo && config.server.name != demo::SERVER_NAME {
            return Err(Failure::unusable(format!(
                "the demo's users are of {}; leave server.name = {:?} out",
                demo::SERVER_NAME,
                config.server.name
            )));
        }
        self.check_store(&config)?;
        Ok(config)
    }

    /// Refuses an engine that others may share where it cannot be meant.
    fn check_store(&self, config: &Config) -> Done {
        if config.store.kind == StoreKind::Embedded {
            return Ok(());
        }
        if self.demo {
            return Err(Failure::unusable(
                "the demo keeps nothing in an engine; leave store.kind = \"redis\" out",
            ));
        }
        if config.server.admin_token_file.as_os_str().is_empty() {
            return Err(Failure::unusable(
                "configuration: server.admin_token_file has to name a file with the admin token, the same on all \
                 servers: with store.kind = \"redis\" none is made",
            ));
        }
        Ok(())
    }

    /// Says what this server is and goes by.
    fn tell(&self, overrides: &Overrides) {
        tracing::info!(version = env!("CARGO_PKG_VERSION"), "presenced");
        match &self.config {
            Some(file) => tracing::info!(file = %file.display(), "configuration"),
            None => tracing::info!("configuration: no file; defaults, environment and command line hold"),
        }
        for line in api::config_reader().near_misses(overrides) {
            tracing::warn!("{line}");
        }
    }
}

/// Says what is served, and within which bounds.
fn tell_bounds(config: &Config) {
    let dialects: Vec<&str> = api::ALL
        .into_iter()
        .filter(|dialect| dialect.is_served(config))
        .map(|dialect| dialect.name)
        .collect();
    tracing::info!(names = dialects.join(" "), "dialects");
    let limits = &config.limits;
    tracing::info!(
        connections = limits.connections,
        connections_per_address = limits.connections_per_address,
        streams = limits.streams,
        streams_per_user = limits.streams_per_user,
        body_bytes = limits.body_bytes,
        put_per_second = limits.put_per_second,
        put_burst = limits.put_burst,
        "limits"
    );
}

/// The sockets that were handed over, or one at the configured place; with TLS, if that is configured.
fn listen(config: &Config) -> Result<Listener, Failure> {
    let tls = open_tls(config)?;
    let place = &config.server.listen;
    let listener = match Listener::inherited() {
        Ok(Some(listener)) => Ok(listener),
        Ok(None) => Listener::bind(place),
        Err(error) => {
            return Err(Failure::unusable(format!(
                "the sockets that were handed over cannot be used: {error}"
            )));
        }
    };
    let listener = listener.map(|listener| listener.with_tls(tls)).map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => {
            Failure::unusable(format!("{place} is in use; choose another address with --listen"))
        }
        _ => Failure::unusable(format!("cannot listen on {place}: {error}")),
    })?;
    let Some(address) = config.metrics.address() else { return Ok(listener) };
    let metrics = Listener::bind(&Listen::Tcp(address))
        .map_err(|error| Failure::unusable(format!("metrics.listen: cannot listen on {address}: {error}")))?;
    tracing::info!(address = %metrics.addresses().join(" "), "metrics");
    Ok(listener.with_metrics(Some(metrics)))
}

/// The certificate that is configured, if there is one.
pub(super) fn open_tls(config: &Config) -> Result<Option<Arc<Tls>>, Failure> {
    Tls::open(&config.tls).map_err(|error| Failure::unusable(format!("configuration: {error}")))
}

/// Refuses to serve users of another name than the configured one: they would be strangers to their own server.
fn check_name(app: &App) -> Done {
    let configured = &app.config.server.name;
    let users = app.directory.users(None, 1);
    let Some(user) = users.items.first().filter(|user| user.id.server_name() != configured) else {
        return Ok(());
    };
    let name = user.id.server_name();
    let (place, own) = match app.config.store.kind {
        StoreKind::Embedded => (app.config.server.data.display().to_string(), "a data folder of its own"),
        StoreKind::Redis => ("the engine".to_owned(), "a store.prefix of its own"),
    };
    Err(Failure::unusable(format!(
        "configuration: server.name = \"{configured}\", but the users in {place} are of \"{name}\", such as {}; set \
         server.name = \"{name}\", or give the new name {own}",
        user.id,
    )))
}

/// A server with a thread for each core.
fn on_all_cores() -> io::Result<Server> {
    Server::builder()
        .threads(thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN))
        .map(Builder::build)
}
