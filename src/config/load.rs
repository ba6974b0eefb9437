//! Reading a configuration from where it may stand, and telling an operator what is wrong with it.

use std::{collections::HashMap, fmt, fs, path::Path};

use toml::{Table, Value};

use super::{
    Config, Reader, bounds,
    invalid::{Invalid, in_words},
    place,
    section::Sections,
};

pub(super) const PREFIX: &str = "PRESENCED_";

/// Why a configuration cannot be used; one line for the operator.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("configuration: {file}: {why}")]
    Unreadable { file: String, why: String },
    #[error("configuration: {key}{}{}: {why}", Shown(" = ", value.as_deref(), ""), Shown(" (", place.as_deref(), ")"))]
    Invalid {
        key: String,
        /// What was given, unless it is a secret.
        value: Option<String>,
        /// Where it was given.
        place: Option<String>,
        /// What is expected instead.
        why: String,
    },
}

/// A text with what stands around it, if there is one.
struct Shown<'a>(&'static str, Option<&'a str>, &'static str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.1.map_or(Ok(()), |text| write!(f, "{}{text}{}", self.0, self.2))
    }
}

/// What overrides a configuration file.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// Environment variables; those of the form `PRESENCED_SECTION__KEY` count.
    pub environment: HashMap<String, String>,
    /// Keys and values from the command line, the strongest of all.
    pub command_line: Vec<(&'static str, String)>,
}

/// What was given, and where.
struct Sources<'a> {
    reader: &'a Reader,
    defaults: Table,
    file: Option<(&'a Path, &'a str)>,
    overrides: &'a Overrides,
}

impl Overrides {
    /// The process's environment, and what the command line said.
    pub fn from_process(command_line: Vec<(&'static str, String)>) -> Self {
        let environment = std::env::vars_os()
            .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Self { environment, command_line }
    }

    /// Those of the environment that name a section and a key, by that name, in a fixed order.
    fn variables(&self) -> Vec<(String, &str)> {
        let named = self.environment.iter().filter_map(|(variable, value)| {
            let (section, key) = variable.strip_prefix(PREFIX)?.split_once("__")?;
            Some((format!("{}.{}", section.to_lowercase(), key.to_lowercase()), value.as_str()))
        });
        let mut named: Vec<_> = named.collect();
        named.sort_unstable();
        named
    }
}

/// All keys, as `section.key`.
pub(super) fn keys(defaults: &Table) -> impl Iterator<Item = String> {
    let sections = defaults.iter().filter_map(|(section, keys)| Some((section, keys.as_table()?)));
    sections.flat_map(|(section, keys)| keys.keys().map(move |key| format!("{section}.{key}")))
}

impl Reader {
    /// The defaults, overridden by a file if one is named, the environment, and the command line.
    pub fn load(&self, file: Option<&Path>, overrides: &Overrides) -> Result<Config, ConfigError> {
        self.load_table(self.defaults(), file, overrides)
    }

    /// The same over other defaults.
    pub fn load_over(
        &self,
        defaults: &Config,
        file: Option<&Path>,
        overrides: &Overrides,
    ) -> Result<Config, ConfigError> {
        let mut base = self.defaults();
        base.extend(Table::try_from(defaults).expect("a configuration is TOML"));
        let (demo, check_contract) = (defaults.demo, defaults.check_contract);
        Ok(Config { demo, check_contract, ..self.load_table(base, file, overrides)? })
    }

    fn load_table(
        &self,
        base: Table,
        file: Option<&Path>,
        overrides: &Overrides,
    ) -> Result<Config, ConfigError> {
        let mut merged = Value::Table(base);
        let text = file.map(read).transpose()?;
        let sources =
            Sources { reader: self, defaults: self.defaults(), file: file.zip(text.as_deref()), overrides };
        sources.merge_into(&mut merged)?;
        let folder = file.and_then(Path::parent).unwrap_or(Path::new(""));
        let parsed = self.parse(merged.clone(), folder);
        parsed.map_err(|invalid| sources.locate(&merged, invalid))
    }

    /// The configuration that a table with all keys says.
    fn parse(&self, merged: Value, folder: &Path) -> Result<Config, Invalid> {
        let Value::Table(mut merged) = merged else { unreachable!("sections were merged into a table") };
        let mut sections = Sections::default();
        for kind in &self.sections {
            let keys = merged.remove(kind.name).unwrap_or_else(|| Value::Table(Table::new()));
            sections.put(kind.name, (kind.parse)(keys)?);
        }
        let mut config: Config = serde_path_to_error::deserialize(Value::Table(merged))
            .map_err(|error| Invalid::new(error.path().to_string(), in_words(error.inner().message())))?;
        config.sections = sections;
        config.auth.read_secrets()?;
        config.store.read_secrets()?;
        config.server.check_dialects(self.dialects())?;
        let server = config.server.name.clone();
        config.sections.each_mut().try_for_each(|section| section.read_files(folder, &server))?;
        bounds::check(&config, &self.schema().to_value())?;
        config.check()?;
        Ok(config)
    }
}

/// The text of a file, if it is TOML.
fn read(file: &Path) -> Result<String, ConfigError> {
    let unreadable = |why: String| ConfigError::Unreadable { file: file.display().to_string(), why };
    let text = fs::read_to_string(file).map_err(|error| unreadable(error.to_string()))?;
    text.parse::<Table>().map_err(|error| {
        let line = place::line_at(&text, error.span().map_or(0, |span| span.start));
        let why =
            if error.message().contains(" as i128") { "the number is too large" } else { error.message() };
        unreadable(format!("line {line}: {why}"))
    })?;
    Ok(text)
}

impl Sources<'_> {
    fn merge_into(&self, merged: &mut Value) -> Result<(), ConfigError> {
        let defaults = &self.defaults;
        let unknown = |invalid| self.locate(&Value::Table(Table::new()), invalid);
        let file: Table = self
            .file
            .as_ref()
            .map(|(_, text)| text.parse())
            .transpose()
            .unwrap_or_default()
            .unwrap_or_default();
        for (section, keys) in file {
            let Some(known) = defaults.get(&section) else {
                return Err(unknown(no_section(&section, defaults)));
            };
            let Value::Table(keys) = keys else {
                return Err(unknown(Invalid::new(
                    section.clone(),
                    format!("has to be a section: [{section}]"),
                )));
            };
            for (key, value) in keys {
                if known.get(&key).is_none() {
                    return Err(unknown(no_key(&section, &key, defaults)));
                }
                merged[&section][&key] = value;
            }
        }
        let named =
            self.overrides.command_line.iter().map(|(key, value)| ((*key).to_owned(), value.as_str()));
        for (name, text) in self.overrides.variables().into_iter().chain(named) {
            let (section, key) = name.split_once('.').unwrap_or((&name, ""));
            if !defaults.contains_key(section) {
                return Err(unknown(Invalid { key: name.clone(), ..no_section(section, defaults) }));
            }
            let Some(default) = defaults[section].get(key) else {
                return Err(unknown(no_key(section, key, defaults)));
            };
            merged[section][key] = from_text(text, default);
        }
        Ok(())
    }

    /// An error that tells what was given, and where.
    fn locate(&self, merged: &Value, Invalid { key, why }: Invalid) -> ConfigError {
        let is_secret = self.holds_secrets(&key);
        let given = place::value_of(merged, &key).filter(|value| !is_secret && !value.is_table());
        ConfigError::Invalid { value: given.map(ToString::to_string), place: self.place_of(&key), key, why }
    }

    fn place_of(&self, key: &str) -> Option<String> {
        let top: String = key.chars().take_while(|c| *c != '[').collect();
        let top = top.splitn(3, '.').take(2).collect::<Vec<_>>().join(".");
        if self.overrides.command_line.iter().any(|(name, _)| *name == top) {
            return Some(format!("--{}", top.rsplit('.').next().unwrap_or_default()));
        }
        if self.overrides.variables().iter().any(|(name, _)| *name == top) {
            return Some(format!("{PREFIX}{}", top.replacen('.', "__", 1).to_uppercase()));
        }
        let (file, text) = self.file?;
        let line = place::line_of(text, key).filter(|_| self.is_given(text, &top))?;
        Some(format!("{}, line {line}", file.display()))
    }

    /// Whether what stands under a key may be a secret, or a list with secrets in it.
    fn holds_secrets(&self, key: &str) -> bool {
        let open =
            [".id", ".kid", ".algorithm", ".issuer", ".audience", ".jwks_url", ".user", ".scopes", "_file"];
        let own = ["auth.jwt", "store.password", "store.urls"].map(str::to_owned);
        let sections = self.reader.sections.iter();
        let of_sections =
            sections.flat_map(|kind| kind.secrets.iter().map(|key| format!("{}.{key}", kind.name)));
        let starts = |start: String| {
            key.strip_prefix(&start).is_some_and(|rest| rest.is_empty() || rest.starts_with('['))
        };
        !open.iter().any(|end| key.ends_with(end)) && own.into_iter().chain(of_sections).any(starts)
    }

    /// Whether a file has the key, or at least is about an unknown section of that name.
    fn is_given(&self, text: &str, key: &str) -> bool {
        let Ok(table) = text.parse::<Table>() else { return false };
        let table = Value::Table(table);
        let known = keys(&self.defaults).any(|known| known == key);
        !known || place::value_of(&table, key).is_some()
    }
}

/// A value of the environment or the command line, in the type that its default has. What is not of that type
/// stays a text, and is refused as one.
fn from_text(text: &str, default: &Value) -> Value {
    let as_text = || Value::String(text.to_owned());
    match default {
        Value::Integer(_) => text.trim().parse().map_or_else(|_| as_text(), Value::Integer),
        Value::Float(_) => text.trim().parse().map_or_else(|_| as_text(), Value::Float),
        Value::Boolean(_) => text.trim().parse().map_or_else(|_| as_text(), Value::Boolean),
        Value::Array(_) if text.trim_start().starts_with('[') => {
            let list =
                format!("list = {text}").parse::<Table>().ok().and_then(|mut table| table.remove("list"));
            list.unwrap_or_else(as_text)
        }
        Value::Array(_) => {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            Value::Array(items.map(|item| Value::String(item.to_owned())).collect())
        }
        _ => as_text(),
    }
}

fn no_section(section: &str, defaults: &Table) -> Invalid {
    let why = match nearest(section, defaults.keys()) {
        Some(meant) => format!("there is no section [{section}]; did you mean [{meant}]?"),
        None => format!("there is no section [{section}]; there are {}", listed(defaults.keys())),
    };
    Invalid::new(section, why)
}

fn no_key(section: &str, key: &str, defaults: &Table) -> Invalid {
    let keys = || defaults[section].as_table().into_iter().flat_map(Table::keys);
    let elsewhere = defaults.iter().find(|(_, keys)| keys.get(key).is_some());
    let why = match (nearest(key, keys()), elsewhere) {
        (Some(meant), _) => format!("there is no such key; did you mean {section}.{meant}?"),
        (None, Some((section, _))) => format!("there is no such key; did you mean {section}.{key}?"),
        (None, None) => format!("there is no such key; in [{section}] there are {}", listed(keys())),
    };
    Invalid::new(format!("{section}.{key}"), why)
}

fn nearest<'a>(text: &str, known: impl Iterator<Item = &'a String>) -> Option<&'a str> {
    let near = known.map(|known| (strsim::levenshtein(text, known), known.as_str()));
    near.min().filter(|(distance, known)| *distance <= 2 && *distance < known.len()).map(|(_, known)| known)
}

fn listed<'a>(names: impl Iterator<Item = &'a String>) -> String {
    names.map(String::as_str).collect::<Vec<_>>().join(", ")
}
