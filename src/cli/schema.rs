use clap::{Args, ValueEnum};

use super::{Done, print};
use crate::api::{self, matrix};

#[derive(Debug, Args)]
pub(super) struct Schema {
    /// What to describe.
    #[arg(value_enum)]
    subject: Subject,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Subject {
    /// The configuration file.
    Config,
    /// The Matrix event.
    #[value(name = "m.presence")]
    Presence,
}

impl Schema {
    pub(super) fn run(self) -> Done {
        let schema = match self.subject {
            Subject::Config => api::config_reader().schema(),
            Subject::Presence => matrix::event_schema(),
        };
        print(&format!("{:#}\n", schema.to_value()));
        Ok(())
    }
}
