use std::{
    fmt::Display,
    fs,
    path::{Path, PathBuf},
};

use clap::{Args, builder::PossibleValuesParser};
use serde_json::Value;

use super::{Done, Failure, print};
use crate::{
    api::{self, Companion, Dialect},
    openapi::{Format, OasVersion, breakage, resolved, to_value},
};

#[derive(Debug, Args)]
pub(super) struct OpenApi {
    /// Whose document, or which one beside it.
    #[arg(value_parser = PossibleValuesParser::new(names()))]
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
    /// Print instead what the document means to those who use FILE, which is an older one [default:
    /// openapi/NAME.yaml]: a line for each difference, breaking or compatible. Exit code 0: the same, 3: compatible,
    /// 1: breaking, 2: unusable. With --contract references are resolved first, so that names of components do not
    /// matter.
    #[arg(long, value_name = "FILE")]
    #[expect(clippy::option_option, reason = "that is how clap tells an option without its value")]
    check: Option<Option<PathBuf>>,
}

/// What there is a document of.
fn names() -> Vec<&'static str> {
    let companions = api::ALL.into_iter().flat_map(|dialect| dialect.companions);
    api::ALL.into_iter().map(|dialect| dialect.name).chain(companions.map(|one| one.name)).collect()
}

impl OpenApi {
    pub(super) fn run(self) -> Done {
        let (dialect, document) = self.document()?;
        match &self.check {
            Some(file) => self.check(file.as_deref(), &document),
            None => {
                print(&self.format.write(dialect.notice, &document));
                Ok(())
            }
        }
    }

    fn check(&self, file: Option<&Path>, newer: &Value) -> Done {
        let file = match file {
            Some(file) => file.to_owned(),
            None if self.contract => return Err(Failure::unusable("--contract --check needs a FILE")),
            None => format!("openapi/{}{}.yaml", self.dialect, self.oas.suffix()).into(),
        };
        let older = read(&file)?;
        let version = |document: &Value| -> Option<String> {
            let numbers: Vec<&str> = document.get("openapi")?.as_str()?.split('.').take(2).collect();
            Some(numbers.join("."))
        };
        if version(&older) != version(newer) {
            return Err(Failure::unusable(format!(
                "{}: it is no document of OpenAPI {}; see --oas",
                file.display(),
                version(newer).unwrap_or_default()
            )));
        }
        let causes = if self.contract {
            breakage(&resolved(&older), &resolved(newer))
        } else {
            breakage(&older, newer)
        };
        print(&causes.iter().map(|cause| format!("{cause}\n")).collect::<String>());
        let breaking = causes.iter().filter(|cause| cause.is_breaking).count();
        match (causes.len(), breaking) {
            (0, _) => Ok(()),
            (all, 0) => Err(Failure::Compatible(format!(
                "compatible with {}: differences: {all}, none of them breaking",
                file.display()
            ))),
            (all, breaking) => Err(Failure::No(format!(
                "breaks what {} says: differences: {all}, of them breaking: {breaking}",
                file.display()
            ))),
        }
    }

    /// The document that is asked for, and whose it is.
    fn document(&self) -> Result<(&'static Dialect, Value), Failure> {
        if let Some((dialect, companion)) = Dialect::companion_named(&self.dialect) {
            return Ok((dialect, self.companion(companion)?));
        }
        let dialect = Dialect::named(&self.dialect)
            .ok_or_else(|| Failure::unusable(format!("there is no document {}", self.dialect)))?;
        let document = if self.contract { contract(dialect)? } else { to_value(&(dialect.document)()) };
        Ok((dialect, self.oas.of(document).map_err(Failure::unusable)?))
    }

    fn companion(&self, companion: &Companion) -> Result<Value, Failure> {
        if self.contract || self.oas != OasVersion::V3_1 {
            let name = companion.name;
            return Err(Failure::unusable(format!(
                "there is one {name} alone; leave --contract and --oas out"
            )));
        }
        Ok((companion.document)())
    }
}

fn contract(dialect: &Dialect) -> Result<Value, Failure> {
    let contract = dialect.contract.ok_or_else(|| {
        Failure::unusable(format!("{} follows no contract but its own; leave --contract out", dialect.name))
    })?;
    Ok(contract())
}

fn read(file: &Path) -> Result<Value, Failure> {
    let unusable = |error: &dyn Display| Failure::unusable(format!("{}: {error}", file.display()));
    let text = fs::read_to_string(file).map_err(|error| unusable(&error))?;
    // JSON is YAML too.
    yaml_serde::from_str(&text).map_err(|error| unusable(&error))
}
