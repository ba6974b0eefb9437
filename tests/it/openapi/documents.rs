//! Each generated document against its file in `openapi/`, which is what users import.

use std::{env, fs, path::Path};

use presenced::{
    api,
    openapi::{Format, OasVersion, to_value},
};
use serde_json::Value;
use similar::TextDiff;

const BLESS: &str = "INSTA_UPDATE=always cargo test";

/// Every document by the name of its file, as it is written.
fn written() -> Vec<(String, String)> {
    let mut written = Vec::new();
    for dialect in api::ALL {
        for version in OasVersion::ALL {
            let document = version.of(to_value(&(dialect.document)())).expect("a document of that version");
            let name = format!("openapi/{}{}.yaml", dialect.name, version.suffix());
            written.push((name, Format::Yaml.write(dialect.notice, &document)));
        }
        for companion in dialect.companions {
            let name = format!("openapi/{}.yaml", companion.name);
            written.push((name, Format::Yaml.write(dialect.notice, &(companion.document)())));
        }
    }
    written
}

/// The file is the same as the generated document, to the letter. Where a change is wanted, the bless
/// command writes the file.
#[test]
fn the_checked_in_files_are_the_generated_documents() {
    let blessing = env::var("INSTA_UPDATE").is_ok_and(|mode| mode == "always");
    let mut drifted = Vec::new();
    for (name, generated) in written() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(&name);
        if blessing {
            fs::write(&path, &generated).expect("the file can be written");
        }
        let checked_in = fs::read_to_string(&path).unwrap_or_default();
        if checked_in != generated {
            drifted.push(difference(&name, &checked_in, &generated));
        }
    }
    assert!(drifted.is_empty(), "\n{}\nIf this change is wanted: {BLESS}\n", drifted.join("\n"));
}

fn difference(name: &str, checked_in: &str, generated: &str) -> String {
    let difference = TextDiff::from_lines(checked_in, generated);
    difference.unified_diff().context_radius(3).header(name, "generated from the handlers").to_string()
}

/// What the operations promise, in short: a line for each with its id, tag, security and answers. A
/// changed line is a line of the changelog.
#[test]
fn the_promises_in_short() {
    let mut lines = Vec::new();
    for dialect in api::ALL {
        lines.extend(promises(dialect.name, &to_value(&(dialect.document)())));
        for companion in dialect.companions {
            lines.extend(promises(companion.name, &(companion.document)()));
        }
    }
    let settings = crate::support::snapshots();
    settings.bind(|| insta::assert_snapshot!("openapi-promises", lines.join("\n")));
}

fn promises(name: &str, document: &Value) -> Vec<String> {
    let mut lines = vec![format!("{name}:")];
    let items = ["paths", "webhooks"].into_iter().filter_map(|items| document[items].as_object()).flatten();
    for (path, item) in items {
        for (method, operation) in item.as_object().expect("operations") {
            let statuses: Vec<_> = operation["responses"].as_object().expect("responses").keys().collect();
            lines.push(format!(
                "  {} {path}: {} {} {} {statuses:?}",
                method.to_uppercase(),
                operation["operationId"],
                operation["tags"],
                operation["security"],
            ));
        }
    }
    for (name, schema) in document["components"]["schemas"].as_object().expect("schemas") {
        let properties = schema["properties"].as_object().map(|all| all.keys().collect::<Vec<_>>());
        lines.push(format!("  {name}: {:?} required {}", properties.unwrap_or_default(), schema["required"]));
    }
    lines
}

/// Readers of YAML 1.1 take some plain texts for something else.
#[test]
fn texts_that_look_like_something_else_are_quoted() {
    let texts = [
        "2026-01-05",
        "2026-01-05T09:00:00.000Z",
        "2026-1-5 09:00:00",
        "1:30",
        "12:30:45.5",
        "1_000",
        "0x1_f",
        "0b101",
        "y",
        "No",
        "on",
        "OFF",
        "=",
        "yes",
        "true",
        "~",
        "null",
        "1.5",
        "017",
        "0x1f",
        "",
    ];
    for text in texts {
        let value = serde_json::json!({ text: [text] });
        let yaml = Format::Yaml.write("", &value);
        assert_eq!(yaml, format!("'{text}':\n- '{text}'\n"));
        assert_eq!(yaml_serde::from_str::<Value>(&yaml).expect("YAML"), value);
    }
    for text in ["0.1.0", "2026-01-05-a", "yesterday", "a_b", "12:75", "_", "on the train"] {
        let yaml = Format::Yaml.write("", &serde_json::json!([text]));
        assert_eq!(yaml, format!("- {text}\n"));
    }
}
