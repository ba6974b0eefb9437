//! The README's commands, run as they stand there.

use std::{fs, process::Command};

use crate::support::TestServer;

/// The commands of the README's console blocks, each with the answer that follows it.
fn commands(readme: &str) -> Vec<(String, String)> {
    let blocks = readme.split("```console\n").skip(1).filter_map(|rest| rest.split("```").next());
    let commands = blocks.flat_map(|block| block.split("$ ").skip(1)).map(|entry| {
        let mut lines = entry.lines();
        let mut command = String::new();
        for line in lines.by_ref() {
            command += line;
            command.push('\n');
            if !line.ends_with('\\') {
                break;
            }
        }
        (command, lines.collect())
    });
    commands.filter(|(command, _)| command.starts_with("curl")).collect()
}

/// The text without what differs from run to run: random tokens and the time since.
fn masked(text: &str) -> String {
    let mut masked = String::new();
    for part in text.split_inclusive(|character: char| !character.is_ascii_alphanumeric()) {
        let word = part.trim_end_matches(|character: char| !character.is_ascii_alphanumeric());
        let is_random = word.len() >= 16 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        masked += &if is_random { part.replace(word, "RANDOM") } else { part.to_owned() };
    }
    masked.replace("\"last_active_ago\":1042", "\"last_active_ago\":0")
}

#[tokio::test]
#[ignore = "needs curl, which tests/run installs"]
async fn every_curl_answers_as_it_says() {
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).expect("the README");
    let commands = commands(&readme);
    assert!(commands.len() >= 20, "{}", commands.len());
    let server = TestServer::start().await;
    for (command, expected) in commands {
        let line = command.replace("curl ", "curl -s ").replace("http://127.0.0.1:8008", &server.url);
        let run = move || Command::new("sh").args(["-c", &line]).output().expect("a shell");
        let output = tokio::task::spawn_blocking(run).await.expect("a run that ends");
        let answer = String::from_utf8(output.stdout).expect("text");
        let answer = answer.replace(&server.url, "http://127.0.0.1:8008");
        assert_eq!(masked(&answer), masked(&expected), "{command}");
    }
}

/// What the manifest says of Rust is said elsewhere too. Lints and tests hold the code to it: `clippy::incompatible_msrv`
/// refuses what a later one brought.
#[test]
fn the_version_of_rust_is_the_same_wherever_it_is_said() {
    let version = env!("CARGO_PKG_RUST_VERSION");
    let read = |file| fs::read_to_string(format!("{}/{file}", env!("CARGO_MANIFEST_DIR"))).expect("a text");
    let said = [
        ("README.md", format!("Rust {version} or later")),
        ("README.md", format!("It needs Rust {version}")),
        ("deploy/Dockerfile", format!("FROM rust:{version}-")),
    ];
    for (file, text) in said {
        assert!(read(file).contains(&text), "{file}: {text}");
    }
}

/// The rows of a table whose first column has what was measured.
fn figures(text: &str) -> Vec<&str> {
    let rows = text.lines().skip_while(|line| !line.starts_with("| what | measured"));
    rows.skip(2).take_while(|line| line.starts_with("| ")).collect()
}

#[test]
fn the_figures_are_the_first_of_the_results() {
    let read = |file| fs::read_to_string(format!("{}/{file}", env!("CARGO_MANIFEST_DIR"))).expect("a text");
    let (readme, results) = (read("README.md"), read("benches/RESULTS.md"));
    let shown = figures(&readme);
    assert!(shown.len() >= 10, "{shown:?}");
    assert_eq!(shown, figures(&results)[..shown.len()]);
}
