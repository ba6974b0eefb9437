//! The documents of stubs say of their operations what the dialect's own say.

use std::collections::BTreeSet;

use presenced::{
    api::{Dialect, matrix, pnut, presenced as native, ringcentral},
    openapi::to_value,
    stub,
};
use reqwest::Method;
use serde_json::Value;
use utoipa::openapi::OpenApi;

use crate::{openapi::lint::operations, support::conformance};

fn same(dialect: &Dialect, document: &OpenApi, operations: &[&str]) {
    assert_eq!(same_operations(dialect, document), operations, "{}", dialect.name);
}

/// Each operation of a document against the dialect's own; their names.
fn same_operations(dialect: &Dialect, document: &OpenApi) -> Vec<String> {
    let (own, whole) = (to_value(document), conformance::document(dialect.name));
    let mut ids = Vec::new();
    for (path, item) in own["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("an item") {
            assert_eq!(*operation, whole["paths"][path][method], "{method} {path}");
            ids.push(operation["operationId"].as_str().expect("an id").to_owned());
        }
    }
    for (name, schema) in own["components"]["schemas"].as_object().expect("schemas") {
        assert_eq!(*schema, whole["components"]["schemas"][name], "{name}");
    }
    assert_eq!(own["components"]["securitySchemes"], whole["components"]["securitySchemes"]);
    let servers = own["servers"].as_array().expect("servers");
    let is_here = |server: &Value| server["url"].as_str().is_some_and(|url| url.starts_with('/'));
    assert!(servers.len() == 1 && is_here(&servers[0]), "{servers:?}");
    ids
}

#[test]
fn of_each_operation_the_same() {
    same(&matrix::DIALECT, &stub::matrix::document(), &["getPresence", "setPresence"]);
    let pnut = ["listPresence", "getPresence", "setPresence", "getPresenceByAlias"];
    same(&pnut::DIALECT, &stub::pnut::document(), &pnut);
    same(
        &matrix::DIALECT,
        &stub::matrix::presence_lists::document(),
        &["getPresenceList", "modifyPresenceList"],
    );
    let telephony = [
        "ReadAccountPresence",
        "ReadUserPresenceStatus",
        "UpdateUserPresenceStatus",
        "readMonitoredExtensions",
        "updateMonitoredExtensions",
        "readCallQueuePresence",
        "updateCallQueuePresence",
        "readExtensionCallQueuePresence",
        "updateExtensionCallQueuePresence",
    ];
    same(&ringcentral::DIALECT, &stub::ringcentral::document(), &telephony);
    let native = [
        "getUserPresence",
        "putUserPresence",
        "deleteUserPresence",
        "postActivity",
        "queryPresence",
        "updatePresence",
        "getRoomPresence",
        "getUserRooms",
        "postHeartbeats",
        "putCall",
        "deleteCall",
        "getSettings",
        "putSettings",
    ];
    same(&native::DIALECT, &stub::presenced::document(), &native);
    let lists = ["getPresenceList", "acceptObserver", "denyObserver"];
    same(&native::DIALECT, &stub::presenced::presence_lists::document(), &lists);
    let server = ["exportData", "getHealth", "getReadiness"];
    same(&native::DIALECT, &stub::presenced::server::document(), &server);
}

/// What a tag has of presenced's own API, one trait has; what is a stream or a subscription stays out.
#[test]
fn of_each_tag_all_operations() {
    const OUT: [&str; 1] = ["streamChanges"];
    let documents = [
        ("Directory", stub::presenced::directory::document()),
        ("Presence", stub::presenced::document()),
        ("Presence lists", stub::presenced::presence_lists::document()),
        ("Server", stub::presenced::server::document()),
    ];
    for (tag, document) in documents {
        let ids = |document: &Value| -> BTreeSet<String> {
            let all = operations(document).into_iter();
            let of_tag = all.filter(|(_, _, operation)| operation["tags"][0] == tag);
            of_tag.map(|(_, _, operation)| operation["operationId"].to_string()).collect()
        };
        let mut whole = ids(conformance::document("presenced"));
        whole.retain(|id| !OUT.iter().any(|out| id == &format!("\"{out}\"")));
        assert_eq!(ids(&to_value(&document)), whole, "{tag}");
        same_operations(&native::DIALECT, &document);
    }
}

#[tokio::test]
async fn the_example_serves_swagger_ui_over_its_document() {
    let server = crate::matrix::own_backend().await;
    let page = server.call(Method::GET, "/swagger-ui/swagger-initializer.js").send_undocumented().await;
    assert!(page.text.contains("/openapi.json"), "{}", page.text);
    let document = server.call(Method::GET, "/openapi.json").send_undocumented().await;
    assert_eq!(document.json(), to_value(&stub::matrix::document()));
}
