//! The log of a server: to standard error, with a filter that can be replaced.

use std::io;

use tracing_subscriber::{
    EnvFilter, Layer, Registry, fmt, layer::SubscriberExt as _, reload, util::SubscriberInitExt as _,
};

use crate::{
    cli::Failure,
    config::{self, LogFormat},
};

/// A running log.
pub(super) struct Log(reload::Handle<EnvFilter, Registry>);

impl Log {
    /// Starts the log of this process.
    pub(super) fn start(config: &config::Log) -> Result<Self, Failure> {
        let (filter, handle) = reload::Layer::new(filter(config)?);
        tracing_subscriber::registry().with(filter).with(lines(config.format)).init();
        Ok(Self(handle))
    }

    /// Logs by another filter from now on.
    pub(super) fn replace_filter(&self, config: &config::Log) -> Result<(), Failure> {
        self.0.reload(filter(config)?).map_err(Failure::unusable)
    }
}

fn filter(config: &config::Log) -> Result<EnvFilter, Failure> {
    EnvFilter::try_new(&config.filter)
        .map_err(|error| Failure::unusable(format!("configuration: log.filter: {error}")))
}

fn lines<S>(format: LogFormat) -> Box<dyn Layer<S> + Send + Sync>
where
    S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
{
    let lines = fmt::layer().with_writer(io::stderr);
    match format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_span_list(false).boxed(),
    }
}
