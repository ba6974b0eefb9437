//! Generates a client of each document in OpenAPI 3.0, without the operations that progenitor does not read. The folder of
//! the documents is in `OPENAPI`.

use std::{env, fs, path::Path};

use openapiv3::{OpenAPI, PathItem, ReferenceOr};
use progenitor::{GenerationSettings, Generator, InterfaceStyle};

const DIALECTS: [&str; 4] = ["matrix", "pnut", "ringcentral", "presenced"];

/// What progenitor 0.15 panics at: refusals, or answers, of more than one type, and a body of more than one media type. Of
/// `streamChanges` a parameter of the query and a header have the same name in Rust, and to `openSocket` refusals that are no
/// `application/json` are bytes, which an upgrade may not have; the user of pnut.io's `User` and `Token` has a text named
/// `presence`, which becomes another type `UserPresence`.
const UNREAD: [(&str, &[&str]); 4] = [
    ("matrix", &["setPresence", "sync", "modifyPresenceList"]),
    ("pnut", &["setPresence", "getToken", "getUser"]),
    (
        "ringcentral",
        &["ReadUserPresenceStatus", "authorize", "answerAuthorization", "getToken", "revokeToken"],
    ),
    ("presenced", &["streamChanges", "openSocket"]),
];

/// What those operations alone have of pnut.io's schemas.
const UNUSED: [&str; 4] = ["Token", "TokenAnswer", "User", "UserAnswer"];

fn main() {
    let (documents, out) = (env::var("OPENAPI").expect("a folder"), env::var("OUT_DIR").expect("a folder"));
    println!("cargo::rerun-if-env-changed=OPENAPI");
    for dialect in DIALECTS {
        let file = Path::new(&documents).join(format!("{dialect}-3.0.yaml"));
        println!("cargo::rerun-if-changed={}", file.display());
        let text = fs::read_to_string(file).expect("a document");
        let mut document: OpenAPI = yaml_serde::from_str(&text).expect("OpenAPI 3.0");
        let unread = UNREAD.iter().find(|(of, _)| *of == dialect).map_or(&[][..], |(_, unread)| unread);
        leave_out(&mut document, unread);
        if dialect == "pnut" {
            let components = document.components.as_mut().expect("components");
            components.schemas.retain(|name, _| !UNUSED.contains(&name.as_str()));
        }
        let mut settings = GenerationSettings::new();
        settings.with_interface(InterfaceStyle::Builder);
        let client = Generator::new(&settings).generate_tokens(&document).expect("a client");
        fs::write(Path::new(&out).join(format!("{dialect}.rs")), client.to_string()).expect("it is written");
    }
}

/// Takes out operations, each of which has to be there.
fn leave_out(document: &mut OpenAPI, operations: &[&str]) {
    let mut left_out = 0;
    for item in document.paths.paths.values_mut() {
        let ReferenceOr::Item(PathItem { get, put, post, delete, .. }) = item else { continue };
        for place in [get, put, post, delete] {
            let id = place.as_ref().and_then(|operation| operation.operation_id.as_deref());
            if id.is_some_and(|id| operations.contains(&id)) {
                *place = None;
                left_out += 1;
            }
        }
    }
    assert_eq!(left_out, operations.len(), "{operations:?}");
}
