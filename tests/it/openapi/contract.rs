//! The Matrix document against the contract that it follows, `openapi/contract/matrix-presence.yaml`.
//! Both are compared as values with every reference resolved, since names of components are free.

use std::fs;

use presenced::{
    api::{Dialect, matrix},
    openapi::{differences, resolved, to_value},
};
use serde_json::Value;

const CONTRACT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi/contract/matrix-presence.yaml");

fn contract() -> Value {
    let text = fs::read_to_string(CONTRACT).expect("the contract is checked in");
    yaml_serde::from_str(&text).expect("the contract is YAML")
}

fn referred<'a>(reference: &str, document: &'a Value) -> &'a Value {
    document.pointer(&reference[1..]).unwrap_or_else(|| panic!("{reference} refers to nothing"))
}

/// A line of differences, with what was added as the document has it: references are not followed, so
/// that a line can be read.
fn with_references(line: &str, document: &Value) -> String {
    let Some((added, _)) = line.split_once(": ") else { return line.to_owned() };
    let tokens = added.trim_start_matches("added /").split('/');
    let value =
        tokens.map(|token| token.replace("~1", "/").replace("~0", "~")).fold(document, |value, token| {
            let value = match value.get("$ref").and_then(Value::as_str) {
                Some(reference) if value.get(&token).is_none() => referred(reference, document),
                _ => value,
            };
            match (value, token.parse::<usize>()) {
                (Value::Array(items), Ok(index)) => &items[index],
                _ => &value[&token],
            }
        });
    format!("{added}: {value}")
}

/// Everything that the full document adds. A line that starts with `missing` or `changed` is a breach of
/// the contract and may not be blessed.
#[test]
fn the_full_document_only_adds() {
    let document = to_value(&(matrix::DIALECT.document)());
    let lines = differences(&resolved(&contract()), &resolved(&document));
    assert!(lines.iter().all(|line| line.starts_with("added ")), "{}", lines.join("\n"));
    let lines: Vec<String> = lines.iter().map(|line| with_references(line, &document)).collect();
    insta::assert_snapshot!(lines.join("\n"), @r##"
    added /components/securitySchemes/accessTokenBearer: {"type":"http","scheme":"bearer","description":"The same token in the `Authorization: Bearer` header; to be preferred."}
    added /paths/~1account~1whoami: {"get":{"tags":["Account"],"summary":"Tell whom the access token speaks for.","operationId":"getTokenOwner","responses":{"200":{"description":"The owner of the access token.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/Whoami"}}}},"401":{"description":"There is no access token, or it is not valid.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/MatrixError"}}}},"403":{"description":"The access token belongs to no user.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/MatrixError"}}}},"413":{"description":"The request declares a body that is too large.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/MatrixError"}}}}},"security":[{"accessToken":[]},{"accessTokenBearer":[]}]}}
    added /paths/~1capabilities: {"get":{"tags":["Account"],"summary":"Tell what the user may do besides presence.","operationId":"getCapabilities","responses":{"200":{"description":"The capabilities.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/Capabilities"}}}},"401":{"description":"There is no access token, or it is not valid.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/MatrixError"}}}},"403":{"description":"The access token belongs to no user.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/MatrixError"}}}},"413":{"description":"The request declares a body that is too large.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/MatrixError"}}}}},"security":[{"accessToken":[]},{"accessTokenBearer":[]}]}}
    added /paths/~1login: {"get":{"tags":["Account"],"summary":"Tell how to log in: with a token that an admin made.","operationId":"getLoginFlows","responses":{"200":{"description":"The one way there is.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/LoginFlows"}}}},"413":{"description":"The request declares a body that is too large.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/MatrixError"}}}}},"security":[]},"post":{"tags":["Account"],"summary":"Log in with a token that an admin made.","description":"The token is the access token already; this tells whose it is, for clients that begin with a login.","operationId":"login","requestBody":{"description":"The kind of login and the token.","content":{"application/json":{"schema":{"type":"object","additionalProperties":{},"propertyNames":{"type":"string"}},"example":{"type":"m.login.token","token":"demo-alice"}}},"required":true},"responses":{"200":{"description":"The user is logged in.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/Login"}}}},"400":{"description":"The body is not valid, or asks for another kind of login.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/MatrixError"}}}},"403":{"description":"The token is not valid.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/MatrixError"}}}},"413":{"description":"The body is too large.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/MatrixError"}}}}},"security":[]}}
    added /paths/~1presence~1list~1{userId}: {"get":{"tags":["Presence lists"],"summary":"Get the presence of the users on the caller's list.","description":"Those who accepted, that is, in the order of their ids.","operationId":"getPresenceList","parameters":[{"name":"userId","in":"path","description":"The caller.","required":true,"schema":{"type":"string"},"example":"@alice:example.com"}],"responses":{"200":{"description":"The presence of each.","content":{"application/json":{"schema":{"type":"array","items":{"$ref":"#/components/schemas/ListedEvent"}},"examples":{"response":{"value":[{"type":"m.presence","content":{"user_id":"@alice:example.com","presence":"offline","last_active_ago":395}}]}}}}},"400":{"description":"The user is not the caller.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/MatrixError"}}}},"401":{"description":"There is no access token, or it is not valid.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/MatrixError"}}}},"403":{"description":"The token does not allow this.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/MatrixError"}}}},"413":{"description":"The request declares a body that is too large.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/MatrixError"}}}},"503":{"description":"The store cannot be read at present.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/MatrixError"}}}}},"security":[{"accessToken":[]},{"accessTokenBearer":[]}],"servers":[{"url":"{protocol}://{hostname}{basePath}","variables":{"basePath":{"default":"/_matrix/client/r0"},"hostname":{"default":"localhost:8008"},"protocol":{"default":"https","enum":["http","https"]}}}]},"post":{"tags":["Presence lists"],"summary":"Invite users to be seen, and drop others.","description":"An invitation is pending until the invited user accepts it; then the caller sees their presence, without\na shared room. Dropping ends it at once. Whether an invited user exists is not told.","operationId":"modifyPresenceList","parameters":[{"name":"userId","in":"path","description":"The caller.","required":true,"schema":{"type":"string"},"example":"@alice:example.com"}],"requestBody":{"description":"Whom to invite and whom to drop.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/PresenceListUpdate"}}},"required":true},"responses":{"200":{"description":"The list was changed.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/Empty"},"examples":{"response":{"value":{}}}}}},"400":{"description":"The user is not the caller, or the body is not valid. Nothing was changed.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/MatrixError"}}}},"401":{"description":"There is no access token, or it is not valid.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/MatrixError"}}}},"403":{"description":"The token does not allow this.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/MatrixError"}}}},"413":{"description":"The body is too large, or the list would be. Nothing was changed.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/MatrixError"}}}},"429":{"description":"This request was rate-limited.","headers":{"Retry-After":{"schema":{"type":"integer","format":"int32","minimum":0},"description":"How many seconds to wait."}},"content":{"application/json":{"schema":{"$ref":"#/components/schemas/LimitExceeded"},"examples":{"response":{"value":{"errcode":"M_LIMIT_EXCEEDED","error":"Too many requests","retry_after_ms":2000}}}}}}},"security":[{"accessToken":[]},{"accessTokenBearer":[]}],"servers":[{"url":"{protocol}://{hostname}{basePath}","variables":{"basePath":{"default":"/_matrix/client/r0"},"hostname":{"default":"localhost:8008"},"protocol":{"default":"https","enum":["http","https"]}}}]}}
    added /paths/~1presence~1{userId}~1status/get/responses/200/content/application~1json/schema/properties/currently_active/example: false
    added /paths/~1presence~1{userId}~1status/get/responses/200/content/application~1json/schema/properties/last_active_ago/example: 420845
    added /paths/~1presence~1{userId}~1status/get/responses/200/content/application~1json/schema/properties/last_active_ago/format: "int64"
    added /paths/~1presence~1{userId}~1status/get/responses/200/content/application~1json/schema/properties/presence/example: "online"
    added /paths/~1presence~1{userId}~1status/get/responses/200/content/application~1json/schema/properties/status_msg/example: "Back at noon"
    added /paths/~1presence~1{userId}~1status/get/responses/400: {"description":"The user id is not one.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/MatrixError"},"examples":{"response":{"value":{"errcode":"M_INVALID_PARAM","error":"A user id starts with `@`"}}}}}}
    added /paths/~1presence~1{userId}~1status/get/responses/401: {"description":"There is no access token, or it is not valid.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/MatrixError"},"examples":{"response":{"value":{"errcode":"M_UNKNOWN_TOKEN","error":"Unrecognised access token","soft_logout":false}}}}}}
    added /paths/~1presence~1{userId}~1status/get/responses/403/content/application~1json/schema/properties/soft_logout: {"type":"boolean","description":"Whether the client may log in again and go on, after a 401.","example":false}
    added /paths/~1presence~1{userId}~1status/get/responses/404/content/application~1json/examples: {"response":{"value":{"errcode":"M_NOT_FOUND","error":"There is no presence state for this user"}}}
    added /paths/~1presence~1{userId}~1status/get/responses/404/content/application~1json/schema/properties/soft_logout: {"type":"boolean","description":"Whether the client may log in again and go on, after a 401.","example":false}
    added /paths/~1presence~1{userId}~1status/get/responses/413: {"description":"The request declares a body that is too large.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/MatrixError"},"examples":{"response":{"value":{"errcode":"M_TOO_LARGE","error":"The request body is larger than the 65536 bytes allowed"}}}}}}
    added /paths/~1presence~1{userId}~1status/get/responses/503: {"description":"The store cannot be read at present.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/MatrixError"},"examples":{"response":{"value":{"errcode":"M_UNKNOWN","error":"the store refuses writes: the disk failed"}}}}}}
    added /paths/~1presence~1{userId}~1status/get/security/1: {"accessTokenBearer":[]}
    added /paths/~1presence~1{userId}~1status/put/requestBody/content/application~1json/schema/properties/presence/example: "online"
    added /paths/~1presence~1{userId}~1status/put/requestBody/content/application~1json/schema/properties/status_msg/example: "I am here."
    added /paths/~1presence~1{userId}~1status/put/responses/400: {"description":"The user id or the body is not valid. Nothing was changed.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/MatrixError"},"examples":{"response":{"value":{"errcode":"M_BAD_JSON","error":"`presence` is missing"}}}}}}
    added /paths/~1presence~1{userId}~1status/put/responses/401: {"description":"There is no access token, or it is not valid.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/MatrixError"},"examples":{"response":{"value":{"errcode":"M_MISSING_TOKEN","error":"Missing access token"}}}}}}
    added /paths/~1presence~1{userId}~1status/put/responses/403: {"description":"The presence of another user cannot be set.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/MatrixError"},"examples":{"response":{"value":{"errcode":"M_FORBIDDEN","error":"You can only set your own presence"}}}}}}
    added /paths/~1presence~1{userId}~1status/put/responses/413: {"description":"The body or the status message is too large. Nothing was changed.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/MatrixError"},"examples":{"response":{"value":{"errcode":"M_TOO_LARGE","error":"The request body is larger than the 65536 bytes allowed"}}}}}}
    added /paths/~1presence~1{userId}~1status/put/responses/429/content/application~1json/examples: {"response":{"value":{"errcode":"M_LIMIT_EXCEEDED","error":"Too many requests","retry_after_ms":2000}}}
    added /paths/~1presence~1{userId}~1status/put/responses/429/content/application~1json/schema/allOf/0/properties/soft_logout: {"type":"boolean","description":"Whether the client may log in again and go on, after a 401.","example":false}
    added /paths/~1presence~1{userId}~1status/put/responses/429/content/application~1json/schema/allOf/1/properties/retry_after_ms/format: "int64"
    added /paths/~1presence~1{userId}~1status/put/responses/429/headers: {"Retry-After":{"schema":{"type":"integer","format":"int32","minimum":0},"description":"How many seconds to wait."}}
    added /paths/~1presence~1{userId}~1status/put/responses/503: {"description":"The store refuses writes at present. Nothing was changed.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/MatrixError"},"examples":{"response":{"value":{"errcode":"M_UNKNOWN","error":"the store refuses writes: the disk is full"}}}}}}
    added /paths/~1presence~1{userId}~1status/put/security/1: {"accessTokenBearer":[]}
    added /paths/~1pushrules~1: {"get":{"tags":["Account"],"summary":"Get the push rules: there are none.","operationId":"getPushRules","responses":{"200":{"description":"An empty set of rules.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/PushRules"}}}},"401":{"description":"There is no access token, or it is not valid.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/MatrixError"}}}},"403":{"description":"The access token belongs to no user.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/MatrixError"}}}},"413":{"description":"The request declares a body that is too large.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/MatrixError"}}}}},"security":[{"accessToken":[]},{"accessTokenBearer":[]}]}}
    added /paths/~1sync: {"get":{"tags":["Sync"],"summary":"Follow the presence of everybody whom the caller may see.","description":"Without `since`, or with `full_state`, the answer has everybody who is not offline, at once. With\n`since` it has whoever changed after it or came in sight, as they are now; when there is nobody, it\nwaits for news up to `timeout`. While it waits the caller's device counts as connected, in the state of\n`set_presence`.","operationId":"sync","parameters":[{"name":"since","in":"query","description":"The `next_batch` of an earlier answer.","required":false,"schema":{"type":"string"},"example":"p1767603600000000"},{"name":"timeout","in":"query","description":"How long to wait for news, in milliseconds.","required":false,"schema":{"type":"integer","format":"int64","minimum":0},"example":30000},{"name":"full_state","in":"query","description":"Whether to tell of everybody again.","required":false,"schema":{"type":"boolean"},"example":false},{"name":"set_presence","in":"query","description":"The state of the device while it is connected. With `offline` the connection says nothing of the device.","required":false,"schema":{"$ref":"#/components/schemas/PresenceState"},"example":"online"},{"name":"filter","in":"query","description":"The id of a filter, or a filter as JSON.","required":false,"schema":{"type":"string"},"example":"e30"}],"responses":{"200":{"description":"The news, if there is any.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/SyncResponse"},"examples":{"response":{"value":{"next_batch":"p1767603600000000","presence":{"events":[{"type":"m.presence","sender":"@bob:example.com","content":{"presence":"unavailable","status_msg":"brb"}}]}}}}}}},"400":{"description":"A parameter is not valid.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/MatrixError"}}}},"401":{"description":"There is no access token, or it is not valid.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/MatrixError"}}}},"403":{"description":"The token does not allow this.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/MatrixError"}}}},"413":{"description":"The request declares a body that is too large.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/MatrixError"}}}},"503":{"description":"The store cannot be used at present.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/MatrixError"}}}}},"security":[{"accessToken":[]},{"accessTokenBearer":[]}]}}
    added /paths/~1user~1{userId}~1filter: {"post":{"tags":["Sync"],"summary":"Store a filter.","description":"The id is the same for the same filter. It holds the filter itself, so it stays valid for ever.","operationId":"defineFilter","parameters":[{"name":"userId","in":"path","description":"The caller.","required":true,"schema":{"type":"string"},"example":"@alice:example.com"}],"requestBody":{"description":"The filter. Only `presence` has a meaning here.","content":{"application/json":{"schema":{"type":"object","additionalProperties":{},"propertyNames":{"type":"string"}},"example":{"presence":{"not_senders":["@bob:example.com"]}}}},"required":true},"responses":{"200":{"description":"The filter was stored.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/FilterId"}}}},"400":{"description":"The filter is not valid.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/MatrixError"}}}},"401":{"description":"There is no access token, or it is not valid.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/MatrixError"}}}},"403":{"description":"Filters of other users cannot be stored.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/MatrixError"}}}},"413":{"description":"The filter is too large.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/MatrixError"}}}}},"security":[{"accessToken":[]},{"accessTokenBearer":[]}]}}
    added /paths/~1user~1{userId}~1filter~1{filterId}: {"get":{"tags":["Sync"],"summary":"Get a stored filter.","operationId":"getFilter","parameters":[{"name":"userId","in":"path","description":"The caller.","required":true,"schema":{"type":"string"},"example":"@alice:example.com"},{"name":"filterId","in":"path","description":"The filter's id.","required":true,"schema":{"type":"string"},"example":"e30"}],"responses":{"200":{"description":"The filter, as it was stored.","content":{"application/json":{"schema":{"type":"object","additionalProperties":{},"propertyNames":{"type":"string"}}}}},"400":{"description":"The user id is not one.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/MatrixError"}}}},"401":{"description":"There is no access token, or it is not valid.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/MatrixError"}}}},"403":{"description":"Filters of other users cannot be read.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/MatrixError"}}}},"404":{"description":"There is no filter with this id.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/MatrixError"}}}},"413":{"description":"The request declares a body that is too large.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/MatrixError"}}}}},"security":[{"accessToken":[]},{"accessTokenBearer":[]}]}}
    added /paths/~1versions: {"get":{"tags":["Server"],"summary":"Tell which versions are served.","description":"Needs no token. Clients ask this before anything else.","operationId":"getVersions","responses":{"200":{"description":"The versions and features.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/SupportedVersions"},"examples":{"response":{"value":{"versions":["v1.1","v1.2","v1.3","v1.4","v1.5","v1.6","v1.7","v1.8","v1.9","v1.10","v1.11"],"unstable_features":{}}}}}}},"413":{"description":"The request declares a body that is too large.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/MatrixError"}}}}},"security":[],"servers":[{"url":"{protocol}://{hostname}{basePath}","variables":{"basePath":{"default":"/_matrix/client"},"hostname":{"default":"localhost:8008"},"protocol":{"default":"https","enum":["http","https"]}}}]}}
    "##);
}

#[test]
fn the_contract_document_has_no_difference() {
    let document = matrix::DIALECT.contract.expect("Matrix follows a contract")();
    let lines = differences(&resolved(&contract()), &resolved(&document));
    insta::assert_snapshot!(lines.join("\n"), @"");
}

#[test]
fn a_breach_would_be_seen() {
    let whole = contract();
    let mut lines = Vec::new();
    for (pointer, member) in [
        ("/paths/~1presence~1{userId}~1status/get/responses", "404"),
        ("/paths/~1presence~1{userId}~1status/put/requestBody", "required"),
        ("/components/schemas/Error/properties", "error"),
    ] {
        let mut document = whole.clone();
        let holder = document.pointer_mut(pointer).and_then(Value::as_object_mut).expect("it is there");
        holder.remove(member).expect("it is there");
        lines.extend(differences(&resolved(&whole), &resolved(&document)));
    }
    assert!(lines.len() >= 5 && lines.iter().all(|line| line.starts_with("missing ")), "{lines:#?}");
}

#[test]
fn only_matrix_follows_a_contract_of_others() {
    let following: Vec<_> =
        presenced::api::ALL.into_iter().filter(|dialect| dialect.contract.is_some()).collect();
    assert_eq!(following.into_iter().map(|dialect: &Dialect| dialect.name).collect::<Vec<_>>(), ["matrix"]);
}
