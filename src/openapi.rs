//! What all documents share: how they are completed, written out and compared.

mod breakage;
mod compare;
#[cfg(feature = "contract-check")]
pub mod conformance;
mod twin;
mod yaml;

use std::collections::HashSet;

use serde_json::Value;
use utoipa::{
    ToSchema,
    openapi::{
        Components, ContactBuilder, Content, HeaderBuilder, InfoBuilder, LicenseBuilder, Object,
        ObjectBuilder, OneOf, OpenApi, OpenApiBuilder, PathItem, Ref, RefOr, Required, Schema, ServerBuilder,
        Type,
        extensions::Extensions,
        path::Operation,
        security::{SecurityRequirement, SecurityScheme},
        tag::TagBuilder,
    },
};

pub use self::{
    breakage::{Cause, breakage},
    compare::{differences, resolved},
    twin::{Unsayable, to_v3_0},
};

/// The forms in which a document is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    Yaml,
    Json,
}

impl Format {
    /// Every form.
    pub const ALL: [Self; 2] = [Self::Json, Self::Yaml];

    /// The ending of a file in this form.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Yaml => "yaml",
            Self::Json => "json",
        }
    }

    /// The media type of this form.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Yaml => "application/yaml",
            Self::Json => "application/json",
        }
    }

    /// Writes a document out, with a line end at its end. The YAML form opens with a notice as a comment.
    pub fn write(self, notice: &str, document: &Value) -> String {
        match self {
            Self::Json => format!("{document:#}\n"),
            Self::Yaml => {
                let notice: String = notice.lines().map(|line| format!("# {line}\n")).collect();
                notice + &yaml::write(document)
            }
        }
    }
}

/// The versions of OpenAPI in which documents are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum OasVersion {
    #[value(name = "3.1")]
    V3_1,
    #[value(name = "3.0")]
    V3_0,
}

impl OasVersion {
    /// Every version.
    pub const ALL: [Self; 2] = [Self::V3_1, Self::V3_0];

    /// What the names of files of this version have after the dialect.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::V3_1 => "",
            Self::V3_0 => "-3.0",
        }
    }

    /// A document, which is of 3.1, in this version.
    pub fn of(self, document: Value) -> Result<Value, Unsayable> {
        match self {
            Self::V3_1 => Ok(document),
            Self::V3_0 => to_v3_0(&document),
        }
    }
}

/// What every document tells of the demo's answers on demand.
const ON_DEMAND: &str = "A server that runs as a demo takes a header `Prefer`: `code=429` answers with the \
    documented example of that status, before anything is looked at and without any effect; `example=NAME` with \
    the example of that name; `delay=2` waits so many seconds first, at most 30. Other servers ignore it.";

/// A document as a value.
pub fn to_value(document: &OpenApi) -> Value {
    serde_json::to_value(document).expect("a document is JSON")
}

/// Completes a document of operations with what all have: tags with a sentence each, of which those that no operation
/// has are left out, the security and the challenge of every operation, and what a demo does besides.
pub fn finished(mut document: OpenApi, tags: &[(&str, &str)]) -> OpenApi {
    let mut used = HashSet::new();
    let components = document.components.take().unwrap_or_default();
    for operation in document.paths.paths.values_mut().flat_map(operations) {
        used.extend(operation.tags.iter().flatten().cloned());
        state_security(operation, &components);
        state_challenge(operation);
        require_headers(operation);
        leave_out_null(operation);
    }
    document.components = Some(components);
    let tags = tags.iter().filter(|(name, _)| used.contains(*name));
    let tags = tags.map(|(name, about)| TagBuilder::new().name(*name).description(Some(*about)).build());
    document.tags = Some(tags.collect());
    let about = document.info.description.take();
    document.info.description =
        Some(about.into_iter().chain([ON_DEMAND.to_owned()]).collect::<Vec<_>>().join("\n\n"));
    document
}

/// A body that may be left out is an `Option` to utoipa, which writes that as a union with null. Few generators know what
/// to make of it.
fn leave_out_null(operation: &mut Operation) {
    let Some(RefOr::T(body)) = &mut operation.request_body else { return };
    for content in body.content.values_mut() {
        if let RefOr::T(Content { schema: Some(schema), .. }) = content
            && let RefOr::T(Schema::OneOf(OneOf { items, .. })) = schema
            && let Some(reference) = items.iter().find(|item| matches!(item, RefOr::Ref(_)))
        {
            *schema = reference.clone();
            body.required = Some(Required::False);
        }
    }
}

/// A header that answers may have, or always have.
pub(crate) struct HeaderDoc {
    pub(crate) name: &'static str,
    pub(crate) schema: Object,
    pub(crate) is_required: bool,
    pub(crate) about: &'static str,
}

/// Documents a header once, and on the answers of those operations and statuses that have it.
pub(crate) fn add_header(
    document: &mut OpenApi,
    header: HeaderDoc,
    answers: impl Fn(&Operation, &str) -> bool,
) {
    let HeaderDoc { name, schema, is_required, about } = header;
    let mut header = HeaderBuilder::new().schema(Some(schema)).description(Some(about)).build();
    header.extensions = Some(required(is_required));
    document.components.get_or_insert_default().headers.insert(name.to_owned(), header.into());
    for operation in document.paths.paths.values_mut().flat_map(operations) {
        let told = operation.responses.responses.keys().filter(|status| answers(operation, status));
        for status in told.cloned().collect::<Vec<_>>() {
            if let Some(RefOr::T(answer)) = operation.responses.responses.get_mut(&status) {
                let reference = Ref::new(format!("#/components/headers/{name}"));
                answer.headers.insert(name.to_owned(), RefOr::Ref(reference));
            }
        }
    }
}

/// States that the bodies of operations may be left out. What has no body is as it is.
pub(crate) fn let_out_bodies<'a>(operations: impl Iterator<Item = &'a mut Operation>) {
    for body in operations.filter_map(|operation| operation.request_body.as_mut()) {
        if let RefOr::T(body) = body {
            body.required = Some(Required::False);
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.put, &mut item.post, &mut item.delete].into_iter().flatten()
}

/// An operation without security needs no token, and says so: left out it would be inherited. Of several ways the
/// `Authorization` header stands first, since importers take that; ways that the document does not have are left out.
fn state_security(operation: &mut Operation, components: &Components) {
    let scheme = |requirement: &SecurityRequirement| {
        let names = serde_json::to_value(requirement).unwrap_or_default();
        let name = names.as_object().and_then(|names| names.keys().next()).cloned();
        name.map(|name| components.security_schemes.get(&name))
    };
    let ways = operation.security.get_or_insert_default();
    ways.retain(|way| scheme(way) != Some(None));
    ways.sort_by_key(|way| !matches!(scheme(way), Some(Some(RefOr::T(SecurityScheme::Http(_))))));
}

/// States on a 401 the header that says how to come in.
fn state_challenge(operation: &mut Operation) {
    if let Some(RefOr::T(refusal)) = operation.responses.responses.get_mut("401") {
        let schema = ObjectBuilder::new().schema_type(Type::String).build();
        let header = HeaderBuilder::new()
            .schema(Some(schema))
            .description(Some("That a bearer token is needed, and whether one was sent that is not valid."));
        refusal.headers.insert("WWW-Authenticate".to_owned(), header.build().into());
    }
}

/// Documented headers are always there, unless they are said not to be.
fn require_headers(operation: &mut Operation) {
    let answers = operation.responses.responses.values_mut();
    let headers = answers.filter_map(|answer| match answer {
        RefOr::T(answer) => Some(answer.headers.values_mut()),
        RefOr::Ref(_) => None,
    });
    for header in headers.flatten() {
        if let RefOr::T(header) = header {
            header.extensions.get_or_insert_with(|| required(true));
        }
    }
}

/// What a header says of whether it is always there. The type of headers has no place for that but this.
fn required(is_required: bool) -> Extensions {
    [("required", is_required)].into_iter().collect()
}

/// Adds a schema to a document's components, and those that it refers to.
pub fn add_schema<T: ToSchema>(document: &mut OpenApi) {
    let mut schemas = vec![(T::name().into_owned(), T::schema())];
    T::schemas(&mut schemas);
    document.components.get_or_insert_default().schemas.extend(schemas);
}

/// A document of ours without operations: what it is about, whose it is, and a server at the default address.
pub fn base(title: &str, description: &str) -> OpenApi {
    let info = InfoBuilder::new()
        .title(title)
        .description(Some(description))
        .version(env!("CARGO_PKG_VERSION"))
        .contact(Some(ContactBuilder::new().name(Some("the presenced developers")).build()))
        .license(Some(LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build()))
        .build();
    let server = ServerBuilder::new()
        .url("http://127.0.0.1:8008")
        .description(Some("A server on this machine with its default address."))
        .build();
    OpenApiBuilder::new().info(info).servers(Some([server])).build()
}
