use std::{
    fmt::Display,
    fs,
    path::{Path, PathBuf},
};

use clap::{Args, ValueEnum, builder::PossibleValuesParser};
use serde_json::Value;

use super::{Done, Failure, print};
use crate::{
    api::{self, Dialect},
    openapi::{Format, differences, resolved, to_value},
};

#[derive(Debug, Args)]
pub(super) struct OpenApi {
    /// Whose document.
    #[arg(value_parser = PossibleValuesParser::new(api::ALL.map(|dialect| dialect.name)))]
    dialect: String,
    /// How to write it.
    #[arg(long, value_enum, default_value_t = Format::Yaml)]
    format: Format,
    /// The version of OpenAPI.
    #[arg(long, value_enum, default_value_t = OasVersion::V3_1)]
    oas: OasVersion,
    /// Leave out what goes beyond the published contract that the dialect follows.
    #[arg(long)]
    contract: bool,
    /// Print how FILE differs from the document instead: exit code 1 if it does. With --contract both are
    /// compared with their references resolved, so that names of components do not matter.
    #[arg(long, value_name = "FILE")]
    check: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum OasVersion {
    #[value(name = "3.1")]
    V3_1,
}

impl OpenApi {
    pub(super) fn run(self) -> Done {
        let dialect = Dialect::named(&self.dialect)
            .ok_or_else(|| Failure::unusable(format!("there is no dialect {}", self.dialect)))?;
        let document = self.document(dialect)?;
        match &self.check {
            Some(file) => self.check(file, &document),
            None => {
                print(&self.format.write(dialect, &document));
                Ok(())
            }
        }
    }

    fn check(&self, file: &Path, document: &Value) -> Done {
        let theirs = read(file)?;
        let lines = if self.contract {
            differences(&resolved(document), &resolved(&theirs))
        } else {
            differences(document, &theirs)
        };
        if lines.is_empty() {
            return Ok(());
        }
        print(&format!("{}\n", lines.join("\n")));
        Err(Failure::No(format!("{} differs from the document: {} lines", file.display(), lines.len())))
    }

    fn document(&self, dialect: &Dialect) -> Result<Value, Failure> {
        let OasVersion::V3_1 = self.oas;
        if !self.contract {
            return Ok(to_value(&(dialect.document)()));
        }
        let contract = dialect.contract.ok_or_else(|| {
            Failure::unusable(format!(
                "{} follows no contract but its own; leave --contract out",
                dialect.name
            ))
        })?;
        Ok(contract())
    }
}

fn read(file: &Path) -> Result<Value, Failure> {
    let unusable = |error: &dyn Display| Failure::unusable(format!("{}: {error}", file.display()));
    let text = fs::read_to_string(file).map_err(|error| unusable(&error))?;
    // JSON is YAML too.
    yaml_serde::from_str(&text).map_err(|error| unusable(&error))
}
