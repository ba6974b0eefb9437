//! Watches every log of the test run for every token that it uses: those of the demo, those that a server makes, and
//! whatever else a test sends as one.

use std::{
    collections::BTreeSet,
    io::{self, Write},
    process::exit,
    sync::{LazyLock, Once},
};

use parking_lot::RwLock;
use presenced::demo;
use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

static KNOWN: LazyLock<RwLock<BTreeSet<String>>> = LazyLock::new(|| {
    let of_demo = ["demo-alice", "demo-alice-2", "demo-bob", "demo-bob-2", "demo-carol", demo::ADMIN_TOKEN];
    RwLock::new(of_demo.map(str::to_owned).into())
});

/// What the tokens that a server makes begin with; hexadecimal digits follow.
const MADE: &str = "pd_";

/// Notes a token. Tests of what is no token send words, which stand elsewhere too.
pub(crate) fn note(token: &str) {
    let (is_made, is_word) = (token.starts_with(MADE), token.bytes().all(|byte| byte.is_ascii_alphabetic()));
    if token.len() >= 8 && !is_made && !is_word && !KNOWN.read().contains(token) {
        KNOWN.write().insert(token.to_owned());
    }
}

/// A token in a text, if there is one.
pub(crate) fn found_in(text: &str) -> Option<String> {
    let is_made = |rest: &str| rest.len() >= 16 && rest.bytes().take(16).all(|byte| byte.is_ascii_hexdigit());
    if text.match_indices(MADE).any(|(place, _)| is_made(&text[place + MADE.len()..])) {
        return Some(MADE.to_owned());
    }
    KNOWN.read().iter().find(|token| text.contains(token.as_str())).cloned()
}

/// Has everything logged, and every line looked at, from now on.
pub(crate) fn watch() {
    static WATCHED: Once = Once::new();
    WATCHED.call_once(|| {
        let watching =
            tracing_subscriber::fmt().with_env_filter(EnvFilter::new("trace")).with_writer(Watcher);
        watching.init();
    });
}

#[derive(Clone, Copy)]
struct Watcher;

impl MakeWriter<'_> for Watcher {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        *self
    }
}

impl Write for Watcher {
    /// Ends the whole run at the first token: a panic in a server's task would be taken for a bug of the request.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        if let Some(token) = found_in(&text) {
            // Past what the test runner catches.
            let _shown = writeln!(io::stderr(), "the token {token} reached the log: {text}");
            exit(101);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn tokens_are_found_where_they_are() {
    note("a-token-of-a-test");
    for text in ["a demo-alice b", "pd_0123456789abcdef0123", "x=a-token-of-a-test", "demo-admin"] {
        assert!(found_in(text).is_some(), "{text}");
    }
    for text in ["nothing", "pd_", "pd_of_words_that_are_long", "@alice:example.com"] {
        assert_eq!(found_in(text), None, "{text}");
    }
}
