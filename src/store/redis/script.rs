//! The scripts that the engine runs, and calls of them.

use std::{fmt, sync::LazyLock};

use redis::{Cmd, Script as Hashed, ToRedisArgs};

/// A script, by its text and its hash.
pub(super) struct Script {
    text: &'static str,
    hash: String,
}

impl Script {
    fn new(text: &'static str) -> Self {
        Self { text, hash: Hashed::new(text).get_hash().to_owned() }
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.hash)
    }
}

macro_rules! scripts {
    ($($name:ident = $file:literal),+ $(,)?) => {
        $(pub(super) static $name: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!($file)));)+
    };
}

scripts! {
    PUT = "put.lua",
    REMOVE = "remove.lua",
    POLL = "poll.lua",
    DUE = "due.lua",
    WRITE = "write.lua",
    LEASE = "lease.lua",
}

/// A call of a script.
#[derive(Debug)]
pub(super) struct Call {
    script: &'static Script,
    keys: Vec<String>,
    arguments: Vec<Vec<u8>>,
}

impl Call {
    pub(super) fn new(script: &'static Script, keys: Vec<String>) -> Self {
        Self { script, keys, arguments: Vec::new() }
    }

    pub(super) fn arg(mut self, argument: impl ToRedisArgs) -> Self {
        self.arguments.extend(argument.to_redis_args());
        self
    }

    /// A key of the slot that the call goes to.
    pub(super) fn key(&self) -> &str {
        &self.keys[0]
    }

    /// The command. By its hash a script is known only to an engine that has run it; the text is always understood.
    pub(super) fn command(&self, by_hash: bool) -> Cmd {
        let mut command = redis::cmd(if by_hash { "EVALSHA" } else { "EVAL" });
        if by_hash {
            command.arg(&self.script.hash);
        } else {
            command.arg(self.script.text);
        }
        command.arg(self.keys.len()).arg(&self.keys);
        for argument in &self.arguments {
            command.arg(argument.as_slice());
        }
        command
    }
}
