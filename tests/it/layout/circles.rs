//! No files of a folder import each other in a circle, however long.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use regex::Regex;

use super::{branches, modules};

type Path = Vec<String>;

/// So deep are paths followed.
const DEPTH: usize = 8;

/// The files, and what each brings in from elsewhere under which name.
struct Source {
    texts: BTreeMap<Path, String>,
    brought: BTreeMap<Path, BTreeMap<String, Path>>,
}

impl Source {
    fn read() -> Self {
        let texts: BTreeMap<Path, String> =
            modules().into_iter().filter(|(name, _)| name[0] != "lib" && name[0] != "main").collect();
        let import = Regex::new(r"\buse\s+([^;]+);").expect("a pattern");
        let brought = texts.iter().map(|(file, text)| {
            let imports = import.captures_iter(text).flat_map(|found| named(file, &found[1]));
            (file.clone(), imports.filter_map(|path| Some((path.last()?.clone(), path))).collect())
        });
        Self { brought: brought.collect(), texts: texts.clone() }
    }

    /// The file that a path leads to, through whatever brings it in elsewhere.
    fn file(&self, path: &[String], steps: usize) -> Option<Path> {
        let length = (1..=path.len()).rev().find(|length| self.texts.contains_key(&path[..*length]))?;
        let (file, rest) = path.split_at(length);
        let through = rest.first().and_then(|name| self.brought[file].get(name));
        let through = through.filter(|_| steps < DEPTH).map(|path| [path, &rest[1..]].concat());
        through.and_then(|path| self.file(&path, steps + 1)).or_else(|| Some(file.to_vec()))
    }

    /// The files that a file imports.
    fn imports<'a>(&'a self, file: &'a Path, text: &'a str) -> impl Iterator<Item = Path> + 'a {
        named(file, text).into_iter().filter_map(|path| self.file(&path, 0))
    }

    /// Which of a folder's files and folders import which others of it.
    fn within(&self, folder: &[String]) -> BTreeMap<&str, BTreeSet<String>> {
        let mut graph: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        let below = |file: &Path| file.len() > folder.len() && file.starts_with(folder);
        for (file, text) in self.texts.iter().filter(|(file, _)| below(file)) {
            let own = file[folder.len()].as_str();
            let imported = self.imports(file, text).filter(below).map(|path| path[folder.len()].clone());
            graph.entry(own).or_default().extend(imported.filter(|other| other != own));
        }
        graph
    }
}

static START: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(^|[^:\w])(crate|self|super)::((?:super::)*)").expect("a pattern"));

/// The paths below the crate that a text in a file names.
fn named(file: &[String], text: &str) -> Vec<Path> {
    let paths = START.captures_iter(text).flat_map(|found| {
        let up = found[3].matches("super::").count() + usize::from(&found[2] == "super");
        let base = match &found[2] {
            "crate" => &[],
            _ => &file[..file.len().saturating_sub(up)],
        };
        let end = found.get(0).expect("the whole").end();
        branches(&text[end..], DEPTH).into_iter().map(move |path| [base, &path].concat())
    });
    paths.collect()
}

/// All that a file leads to.
fn reached<'a>(graph: &'a BTreeMap<&str, BTreeSet<String>>, from: &'a str) -> BTreeSet<&'a str> {
    let (mut reached, mut next) = (BTreeSet::new(), vec![from]);
    while let Some(file) = next.pop() {
        let others = graph.get(file).into_iter().flatten().map(String::as_str);
        next.extend(others.filter(|other| reached.insert(*other)));
    }
    reached
}

#[test]
fn no_file_of_a_folder_leads_back_to_itself() {
    let source = Source::read();
    let folders: BTreeSet<&[String]> = source.texts.keys().map(|file| &file[..file.len() - 1]).collect();
    let mut circles = Vec::new();
    for folder in folders {
        let mut graph = source.within(folder);
        if folder.len() == 2 && folder[0] == "api" {
            // A contract as a trait is made of what its operations refuse with, and they are made over it.
            graph.remove("stub");
        }
        let circle: Vec<&str> =
            graph.keys().copied().filter(|file| reached(&graph, file).contains(file)).collect();
        if !circle.is_empty() {
            circles.push(format!("{}: {}", folder.join("/"), circle.join(", ")));
        }
    }
    assert!(circles.is_empty(), "{circles:#?}");
}

#[test]
fn paths_are_found_through_what_brings_them_in() {
    let source = Source::read();
    let file = |path: &str| {
        let path: Path = path.split("::").map(str::to_owned).collect();
        source.file(&path, 0).expect("a file").join("/")
    };
    assert_eq!(file("presence::Status::lasting"), "presence/status");
    assert_eq!(file("api::presenced::extract::read_json"), "api/presenced/json");
    let own = ["api", "pnut", "update"].map(str::to_owned);
    let paths = named(&own, "use super::{a, b::c};\nlet x = super::super::d::e(crate::f);");
    let paths: Vec<String> = paths.iter().map(|path| path.join("::")).collect();
    assert_eq!(paths, ["api::pnut::a", "api::pnut::b::c", "api::d::e", "f"]);
}
