//! Each generated document against its file in `openapi/`, which is what users import.

use std::{env, fs, path::Path};

use presenced::{
    api::{self, Dialect},
    openapi::{Format, to_value},
};
use similar::TextDiff;

const BLESS: &str = "INSTA_UPDATE=always cargo test";

/// The file is the same as the generated document, to the letter. Where a change is wanted, the bless
/// command writes the file.
#[test]
fn the_checked_in_files_are_the_generated_documents() {
    let blessing = env::var("INSTA_UPDATE").is_ok_and(|mode| mode == "always");
    let mut drifted = Vec::new();
    for dialect in api::ALL {
        let generated = Format::Yaml.write(dialect, &to_value(&(dialect.document)()));
        let name = format!("openapi/{}.yaml", dialect.name);
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
        lines.extend(promises(dialect));
    }
    let settings = crate::support::snapshots();
    settings.bind(|| insta::assert_snapshot!("openapi-promises", lines.join("\n")));
}

fn promises(dialect: &Dialect) -> Vec<String> {
    let document = to_value(&(dialect.document)());
    let mut lines = vec![format!("{}:", dialect.name)];
    for (path, item) in document["paths"].as_object().expect("paths") {
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
