//! Variables of the environment that look as if they were meant to count, and do not.

use toml::Table;

use super::{
    Reader,
    load::{Overrides, PREFIX, keys},
};

impl Reader {
    /// A line for each such variable. What orchestrators set for a service called presenced is none of them.
    pub fn near_misses(&self, overrides: &Overrides) -> Vec<String> {
        let defaults = self.defaults();
        let variables = overrides.environment.keys();
        let mut lines: Vec<String> =
            variables.filter_map(|variable| near_miss(variable, &defaults)).collect();
        lines.sort_unstable();
        lines
    }
}

fn near_miss(variable: &str, defaults: &Table) -> Option<String> {
    let name = variable.strip_prefix(PREFIX).filter(|name| !name.contains("__"))?;
    let (section, rest) = name.split_once('_')?;
    let is_of_a_service = rest == "SERVICE_HOST"
        || rest.starts_with("SERVICE_PORT")
        || rest == "PORT"
        || rest.strip_prefix("PORT_").is_some_and(|port| port.starts_with(|c: char| c.is_ascii_digit()));
    if is_of_a_service {
        return None;
    }
    let all = keys(defaults).map(|key| key.replacen('.', "__", 1).to_uppercase());
    let meant = all.min_by_key(|key| strsim::levenshtein(&key.replace("__", "_"), name))?;
    if strsim::levenshtein(&meant.replace("__", "_"), name) <= 2 {
        return Some(format!("{variable} is not read; did you mean {PREFIX}{meant}?"));
    }
    let is_section = defaults.contains_key(&section.to_lowercase());
    is_section.then(|| {
        format!("{variable} is not read: keys of [{}] are {PREFIX}{section}__KEY", section.to_lowercase())
    })
}
