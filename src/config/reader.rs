//! What may stand in a configuration, from its defaults to its schema.

use schemars::Schema;
use serde_json::{Value, json};
use toml::Table;

use super::{Config, OWN_DEFAULTS, section::SectionKind};

/// Reads configurations: it knows the dialects that an operator can name, and their sections.
#[derive(Clone, Debug, Default)]
pub struct Reader {
    dialects: Vec<&'static str>,
    pub(super) sections: Vec<SectionKind>,
}

impl Reader {
    /// The same, which lets a dialect be named.
    #[must_use]
    pub fn with_dialect(mut self, name: &'static str) -> Self {
        self.dialects.push(name);
        self
    }

    /// The same, which knows a section.
    #[must_use]
    pub fn with_section(mut self, section: SectionKind) -> Self {
        self.sections.push(section);
        self
    }

    /// The names of the dialects that an operator can name.
    pub fn dialects(&self) -> &[&'static str] {
        &self.dialects
    }

    /// The documented defaults, as `presenced config default` prints them.
    pub fn documented_defaults(&self) -> String {
        let sections = self.sections.iter().map(|section| section.defaults);
        [OWN_DEFAULTS].into_iter().chain(sections).collect::<Vec<_>>().join("\n")
    }

    /// The same without their documentation.
    pub(super) fn defaults(&self) -> Table {
        self.documented_defaults().parse().expect("the defaults are TOML")
    }

    /// The demo's sections of dialects, with all of them to be served.
    pub fn demo(&self) -> Config {
        let mut config = Config { demo: true, ..Config::default() };
        config.server.dialects = self.dialects.iter().map(|&name| name.to_owned()).collect();
        for section in &self.sections {
            config.sections.put(section.name, (section.demo)());
        }
        config
    }

    /// The JSON Schema of a configuration file: editors check it while it is written. No key is required,
    /// since each has a default.
    pub fn schema(&self) -> Schema {
        let mut schema = schemars::schema_for!(Config).to_value();
        for section in &self.sections {
            let mut about = (section.schema)().to_value();
            let Some(parts) = about.as_object_mut() else { continue };
            let title = parts.remove("title").and_then(|title| title.as_str().map(str::to_owned));
            let title = title.unwrap_or_else(|| section.name.to_owned());
            let own = parts.remove("$defs").into_iter().filter_map(|defs| match defs {
                Value::Object(defs) => Some(defs),
                _ => None,
            });
            parts.remove("$schema");
            schema["properties"][section.name] = json!({"$ref": format!("#/$defs/{title}")});
            for (name, part) in own.flatten() {
                schema["$defs"][name] = part;
            }
            schema["$defs"][title] = about;
        }
        schema["$defs"]["Server"]["properties"]["dialects"]["items"]["enum"] = json!(self.dialects);
        if let Some(parts) = schema.as_object_mut() {
            parts.remove("required");
        }
        for section in schema["$defs"].as_object_mut().into_iter().flat_map(|defs| defs.values_mut()) {
            section.as_object_mut().map(|section| section.remove("required"));
        }
        schema.try_into().expect("a schema is an object")
    }
}
