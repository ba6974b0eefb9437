//! How ids look that have to be some: what is none is refused as the whole call. Where ids are looked up one by one,
//! each is answered for itself, whatever it looks like.

use utoipa::{
    PartialSchema,
    openapi::{Array, ArrayBuilder, KnownFormat, ObjectBuilder, RefOr, Schema, SchemaFormat, Type},
};

/// Longest id of a user or a room.
const LONGEST: usize = 255;

fn text(pattern: &str) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern)).max_length(Some(LONGEST))
}

/// A user's id.
pub struct UserIdText;

impl PartialSchema for UserIdText {
    fn schema() -> RefOr<Schema> {
        text("^@[!-9;-~]+:[!-~]+$").into()
    }
}

/// A user's id, or `me` for the caller's own.
pub struct UserIdOrMe;

impl PartialSchema for UserIdOrMe {
    fn schema() -> RefOr<Schema> {
        text("^(me|@[!-9;-~]+:[!-~]+)$").into()
    }
}

/// A room's id.
pub struct RoomIdText;

impl PartialSchema for RoomIdText {
    fn schema() -> RefOr<Schema> {
        text("^![!-9;-~]+:[!-~]+$").into()
    }
}

/// A subscription's id.
pub struct SubscriptionIdText;

impl PartialSchema for SubscriptionIdText {
    fn schema() -> RefOr<Schema> {
        let format = SchemaFormat::Custom("uuid".to_owned());
        ObjectBuilder::new().schema_type(Type::String).format(Some(format)).into()
    }
}

/// The members of a room.
#[expect(deprecated, reason = "OpenAPI 3.0, in which documents are written too, has no `examples` here")]
pub(super) fn members() -> Array {
    let example = serde_json::json!(["@alice:example.com", "@bob:example.com"]);
    let about = "User ids, each once; at most as many as `limits.room_members` of the configuration says.";
    ArrayBuilder::new().items(UserIdText::schema()).description(Some(about)).example(Some(example)).build()
}

/// The departments of a user.
#[expect(deprecated, reason = "OpenAPI 3.0, in which documents are written too, has no `examples` here")]
pub(super) fn departments() -> Array {
    let about =
        "The numbers of the departments (extensions of the type `Department`) whose calls the user takes.";
    let number = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
        .minimum(Some(1));
    let example = serde_json::json!([4]);
    let numbers = ArrayBuilder::new().items(number.build()).max_items(Some(100));
    numbers.description(Some(about)).example(Some(example)).build()
}
