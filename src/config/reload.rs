//! What of a configuration can change while the server runs.

use serde_json::Value;

use super::Config;

/// What becomes of a configuration while the server runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Reloaded {
    /// The one that holds from now on.
    pub config: Config,
    /// The keys that changed.
    pub now: Vec<String>,
    /// The keys that were read, and hold from the next start.
    pub later: Vec<String>,
}

impl Config {
    /// This configuration with what may change at any time taken from another: limits, applications and keys, where
    /// webhooks may go, the filter of the log, whose word counts, who may call, and where secrets are.
    pub fn reloaded(&self, from: &Self) -> Reloaded {
        let (mut current, mut from) = (self.clone(), from.clone());
        current.sections.fill(&from.sections);
        from.sections.fill(&current.sections);
        let mut next = current.clone();
        for (section, (_, new)) in next.sections.each_mut().zip(from.sections.each()) {
            section.reload(new);
        }
        next.tls.clone_from(&from.tls);
        if from.tls.is_on() != current.tls.is_on() {
            next.tls.clone_from(&current.tls);
        }
        next.auth.clone_from(&from.auth);
        next.webhooks.clone_from(&from.webhooks);
        next.limits.clone_from(&from.limits);
        next.log.filter.clone_from(&from.log.filter);
        let (server, new) = (&mut next.server, &from.server);
        server.admin_token_file.clone_from(&new.admin_token_file);
        server.public_url.clone_from(&new.public_url);
        server.trusted_proxies.clone_from(&new.trusted_proxies);
        server.forwarded = new.forwarded;
        server.proxy_protocol = new.proxy_protocol;
        server.allowed_origins.clone_from(&new.allowed_origins);
        server.shutdown_grace_seconds = new.shutdown_grace_seconds;
        Reloaded { now: differences(&current, &next), later: differences(&next, &from), config: next }
    }
}

/// The keys in which two configurations differ, or what is in the files that they name.
fn differences(one: &Config, other: &Config) -> Vec<String> {
    let sections = one.sections.each().filter_map(|(name, section)| {
        let key = section.changed_files(other.sections.get(name)?)?;
        Some(format!("{name}.{key}"))
    });
    let files: Vec<String> = sections.collect();
    let value = |config: &Config| serde_json::to_value(config).expect("a configuration is JSON");
    let (one, other) = (value(one), value(other));
    let sections = one.as_object().into_iter().flatten();
    let keys = sections.flat_map(|(section, keys)| {
        keys.as_object()
            .into_iter()
            .flat_map(move |keys| keys.iter().map(move |(key, value)| (section, key, value)))
    });
    let differ = |(section, key, value): &(&String, &String, &Value)| other[*section][*key] != **value;
    let mut keys: Vec<String> =
        keys.filter(differ).map(|(section, key, _)| format!("{section}.{key}")).collect();
    for file in files {
        if !keys.contains(&file) {
            keys.push(file);
        }
    }
    keys
}
