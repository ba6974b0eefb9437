//! What all documents share: how they are written out and compared, and the routes that show them.

mod compare;
mod routes;

use serde_json::Value;
use utoipa::{
    ToSchema,
    openapi::{
        ContactBuilder, HeaderBuilder, InfoBuilder, LicenseBuilder, ObjectBuilder, OpenApi, OpenApiBuilder,
        RefOr, ServerBuilder, Type, path::Operation,
    },
};

pub(crate) use self::routes::see_other;
pub use self::{
    compare::{differences, resolved},
    routes::router,
};
use crate::api::Dialect;

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

    /// Writes a document of `dialect` out, with a line end at its end. The YAML form opens with the
    /// dialect's notice.
    pub fn write(self, dialect: &Dialect, document: &Value) -> String {
        match self {
            Self::Json => format!("{document:#}\n"),
            Self::Yaml => {
                let notice: String = dialect.notice.lines().map(|line| format!("# {line}\n")).collect();
                notice + &yaml_serde::to_string(document).expect("a document can be written as YAML")
            }
        }
    }
}

/// A document as a value.
pub fn to_value(document: &OpenApi) -> Value {
    serde_json::to_value(document).expect("a document is JSON")
}

/// States the security of operations that need no token: none. (Left out it would be inherited.)
pub fn state_open_operations(mut document: OpenApi) -> OpenApi {
    for item in document.paths.paths.values_mut() {
        let operations: [&mut Option<Operation>; 4] =
            [&mut item.get, &mut item.put, &mut item.post, &mut item.delete];
        for operation in operations.into_iter().flatten() {
            operation.security.get_or_insert_default();
        }
    }
    document
}

/// States on every 401 the header that says how to come in.
pub fn with_challenges(mut document: OpenApi) -> OpenApi {
    for item in document.paths.paths.values_mut() {
        let operations: [&mut Option<Operation>; 4] =
            [&mut item.get, &mut item.put, &mut item.post, &mut item.delete];
        for operation in operations.into_iter().flatten() {
            if let Some(RefOr::T(refusal)) = operation.responses.responses.get_mut("401") {
                let schema = ObjectBuilder::new().schema_type(Type::String).build();
                let header = HeaderBuilder::new().schema(Some(schema)).description(Some(
                    "That a bearer token is needed, and whether one was sent that is not valid.",
                ));
                refusal.headers.insert("WWW-Authenticate".to_owned(), header.build().into());
            }
        }
    }
    document
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
