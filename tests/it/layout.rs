//! The layout that `src/lib.rs` states, held against what the files import.

mod circles;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use regex::Regex;

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// The source, each file by the names of its modules, without comments.
fn modules() -> Vec<(Vec<String>, String)> {
    let source = source();
    let comment = Regex::new(r"(?m)^\s*//.*$").expect("a pattern");
    let read = |path: PathBuf| {
        let name = path.strip_prefix(&source).expect("it is below").with_extension("");
        let name = name.iter().map(|part| part.to_str().expect("a name").to_owned()).collect();
        (name, comment.replace_all(&fs::read_to_string(&path).expect("a text"), "").into_owned())
    };
    let is_rust = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "rs");
    files(&source).into_iter().filter(is_rust).map(read).collect()
}

/// The modules that the layout lists, from the bottom up.
fn listed() -> Vec<String> {
    let lib = fs::read_to_string(source().join("lib.rs")).expect("a text");
    let entry = Regex::new(r"(?m)^//! - \[?`(\w+)`\]?: ").expect("a pattern");
    entry.captures_iter(&lib).map(|found| found[1].to_owned()).collect()
}

static CRATE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\bcrate::").expect("a pattern"));

/// The paths below the crate that a file names: each with as many names as `depth`, as far as it has them.
fn imported(text: &str, depth: usize) -> Vec<Vec<String>> {
    CRATE.find_iter(text).flat_map(|found| branches(&text[found.end()..], depth)).collect()
}

/// The branches of a tree of imports, or the one path that is there.
fn branches(tree: &str, depth: usize) -> Vec<Vec<String>> {
    if depth == 0 {
        return vec![Vec::new()];
    }
    let Some(inner) = tree.strip_prefix('{') else {
        let name: String = tree.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        let rest = tree[name.len()..].strip_prefix("::");
        let rest = rest.map_or_else(|| vec![Vec::new()], |rest| branches(rest, depth - 1));
        return rest.into_iter().map(|rest| [vec![name.clone()], rest].concat()).collect();
    };
    let (mut level, mut from, mut found) = (0, 0, Vec::new());
    for (at, c) in inner.char_indices() {
        match c {
            '{' => level += 1,
            '}' if level > 0 => level -= 1,
            ',' | '}' if level == 0 => {
                let branch = inner[from..at].trim();
                found.extend((!branch.is_empty()).then(|| branches(branch, depth)));
                from = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    found.concat()
}

#[test]
fn trees_of_imports_are_read() {
    let text = "use crate::{a::{b, c::d}, e};\nlet x = crate::f::g::h;";
    let all: Vec<String> = imported(text, 2).iter().map(|path| path.join("::")).collect();
    assert_eq!(all, ["a::b", "a::c", "e", "f::g"]);
}

#[test]
fn the_layout_lists_every_module_once() {
    let mut known: Vec<String> = modules().into_iter().map(|(name, _)| name[0].clone()).collect();
    known.retain(|name| name != "lib" && name != "main");
    known.sort_unstable();
    known.dedup();
    let mut listed = listed();
    listed.sort_unstable();
    assert_eq!(listed, known);
}

#[test]
fn no_file_imports_what_stands_above_it() {
    let listed = listed();
    let place = |name: &String| listed.iter().position(|listed| listed == name);
    let mut wrong = Vec::new();
    for (name, text) in modules() {
        let Some(own) = place(&name[0]) else { continue };
        for path in imported(&text, 1) {
            if place(&path[0]).is_some_and(|other| other > own) {
                wrong.push(format!("{} imports {}", name.join("/"), path[0]));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn dialects_do_not_know_each_other() {
    let dialects = presenced::api::ALL.map(|dialect| dialect.name);
    let mut wrong = Vec::new();
    for (name, text) in modules() {
        // The list of dialects is in `api.rs` alone.
        let is_of_api = name[0] == "api" && name.len() > 1;
        let known_to_all = ["api", "stub", "client", "cli"].contains(&name[0].as_str()) && !is_of_api;
        if known_to_all {
            continue;
        }
        for path in imported(&text, 2) {
            let Some(other) = path.get(1).filter(|_| path[0] == "api") else { continue };
            if dialects.contains(&other.as_str()) && !(is_of_api && name[1] == *other) {
                wrong.push(format!("{} imports {}", name.join("/"), path.join("::")));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What goes over the wire, and how the command line is read, is no matter of the core.
#[test]
fn the_core_knows_no_wire() {
    const CORE: [&str; 9] =
        ["id", "presence", "clock", "alarms", "store", "directory", "changes", "service", "limit"];
    let wire = Regex::new(r"\b(utoipa|clap|axum|schemars)\b").expect("a pattern");
    let core = modules().into_iter().filter(|(name, _)| CORE.contains(&name[0].as_str()));
    let wrong: Vec<String> = core
        .filter_map(|(name, text)| Some(format!("{} names {}", name.join("/"), wire.find(&text)?.as_str())))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}
