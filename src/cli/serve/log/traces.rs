//! Traces by OpenTelemetry: a span for each request, sent by OTLP over HTTP to where the environment says
//! (`OTEL_EXPORTER_OTLP_ENDPOINT`, and the other variables of its specification).

use std::env;

use opentelemetry::{global, trace::TracerProvider as _};
use opentelemetry_otlp::{ExporterBuildError, SpanExporter};
use opentelemetry_sdk::{Resource, propagation::TraceContextPropagator, trace::SdkTracerProvider};
use tracing_subscriber::{Layer, filter::Targets, registry::LookupSpan};

use crate::server::REQUESTS;

/// What says where traces are sent.
const ENDPOINTS: [&str; 2] = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"];

/// Traces under way. Dropping it sends those that are left.
pub(super) struct Traces(SdkTracerProvider);

impl Traces {
    /// Nothing, if no collector is named.
    pub(super) fn start() -> Result<Option<Self>, ExporterBuildError> {
        if ENDPOINTS.iter().all(|name| env::var_os(name).is_none_or(|value| value.is_empty())) {
            return Ok(None);
        }
        let exporter = SpanExporter::builder().with_http().build()?;
        let resource = Resource::builder().with_service_name(service()).build();
        let provider =
            SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build();
        global::set_text_map_propagator(TraceContextPropagator::new());
        Ok(Some(Self(provider)))
    }

    /// The layer that makes them of the log's spans: of those of requests, whatever the log shows.
    pub(super) fn layer<S>(&self) -> impl Layer<S> + Send + Sync + use<S>
    where
        S: tracing::Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
    {
        let tracer = self.0.tracer("presenced");
        let requests = Targets::new().with_target(REQUESTS, tracing::Level::DEBUG);
        tracing_opentelemetry::layer().with_tracer(tracer).with_filter(requests)
    }
}

/// What the operator calls this server, in the variable that is for it.
fn service() -> String {
    env::var("OTEL_SERVICE_NAME").unwrap_or_else(|_| "presenced".to_owned())
}

impl Drop for Traces {
    fn drop(&mut self) {
        if let Err(error) = self.0.shutdown() {
            eprintln!("presenced: the last traces could not be sent: {error}");
        }
    }
}
