use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Done, Failure, print, serve::open_tls};
use crate::{api, config::Overrides};

#[derive(Debug, Args)]
pub(super) struct Config {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Check a configuration file together with the environment.
    Check {
        /// The configuration file; without one the environment alone is checked.
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
    /// Print the defaults, with their documentation.
    Default,
}

impl Config {
    pub(super) fn run(self) -> Done {
        match self.action {
            Action::Check { config } => {
                let (reader, overrides) = (api::config_reader(), Overrides::from_process(Vec::new()));
                for line in reader.near_misses(&overrides) {
                    eprintln!("presenced: {line}");
                }
                let config = reader.load(config.as_deref(), &overrides).map_err(Failure::unusable)?;
                open_tls(&config)?;
                print("The configuration is valid.\n");
            }
            Action::Default => print(&api::config_reader().documented_defaults()),
        }
        Ok(())
    }
}
