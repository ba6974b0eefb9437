//! The log of a server: to standard error, with a filter that can be replaced; and traces, for a collector.

#[cfg(feature = "opentelemetry")]
mod traces;

use std::{
    env,
    io::{self, IsTerminal as _},
};

use tracing_subscriber::{
    EnvFilter, Layer, Registry, fmt, layer::SubscriberExt as _, registry::LookupSpan, reload,
    util::SubscriberInitExt as _,
};

use crate::{
    cli::Failure,
    config::{self, LogFormat},
};

/// A running log.
pub(super) struct Log {
    filter: reload::Handle<EnvFilter, Registry>,
    #[cfg(feature = "opentelemetry")]
    _traces: Option<traces::Traces>,
}

impl Log {
    /// Starts the log of this process.
    #[cfg(not(feature = "opentelemetry"))]
    pub(super) fn start(config: &config::Log) -> Result<Self, Failure> {
        let (layer, filter) = reload::Layer::new(filter(config)?);
        tracing_subscriber::registry().with(layer).with(lines(config.format)).init();
        Ok(Self { filter })
    }

    /// Starts the log of this process, and its traces, if the environment says where to send them.
    #[cfg(feature = "opentelemetry")]
    pub(super) fn start(config: &config::Log) -> Result<Self, Failure> {
        let (layer, filter) = reload::Layer::new(filter(config)?);
        let traces = traces::Traces::start().map_err(Failure::unusable)?;
        tracing_subscriber::registry()
            .with(lines(config.format).with_filter(layer))
            .with(traces.as_ref().map(traces::Traces::layer))
            .init();
        Ok(Self { filter, _traces: traces })
    }

    /// Logs by another filter from now on.
    pub(super) fn replace_filter(&self, config: &config::Log) -> Result<(), Failure> {
        self.filter.reload(filter(config)?).map_err(Failure::unusable)
    }
}

fn filter(config: &config::Log) -> Result<EnvFilter, Failure> {
    EnvFilter::try_new(&config.filter)
        .map_err(|error| Failure::unusable(format!("configuration: log.filter: {error}")))
}

fn lines<S>(format: LogFormat) -> Box<dyn Layer<S> + Send + Sync>
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a>,
{
    // Colours are for people, who may not want them: <https://no-color.org>.
    let is_plain = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let lines = fmt::layer().with_writer(io::stderr).with_ansi(io::stderr().is_terminal() && !is_plain);
    match format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_span_list(false).boxed(),
    }
}
