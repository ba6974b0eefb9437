//! Sections that are not the server's own: what a dialect can be told.

use std::{any::Any, collections::BTreeMap, fmt, path::Path};

use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize, Serializer, de::DeserializeOwned};
use serde_json::Value;

use super::{
    Config, Registration,
    invalid::{Check, Invalid, in_words},
};

/// A section of the configuration that is a dialect's. Each of its keys has a default, and bounds of numbers stand in
/// its schema alone.
pub trait Section:
    fmt::Debug + Clone + PartialEq + Serialize + DeserializeOwned + JsonSchema + Send + Sync + 'static
{
    /// The section's name.
    const NAME: &'static str;

    /// The section as TOML, from its head on, with every key at its default and what it means above it.
    const DEFAULTS: &'static str;

    /// The keys that hold secrets, or lists with secrets in them: errors don't show what they say.
    const SECRETS: &'static [&'static str] = &[];

    /// The defaults, read once.
    fn defaults() -> &'static Self;

    /// Reads the files that the section names, for a server of that name; relative paths may be those from the folder of
    /// the configuration file.
    fn read_files(&mut self, _folder: &Path, _server: &str) -> Check {
        Ok(())
    }

    /// What a schema cannot say.
    fn check(&self) -> Check {
        Ok(())
    }

    /// Takes what may change while the server runs from what was read now.
    fn reload(&mut self, from: &Self) {
        self.clone_from(from);
    }

    /// The key of files that say something else than those of another section, whatever they are called.
    fn changed_files(&self, _other: &Self) -> Option<&'static str> {
        None
    }

    /// Changes the defaults to those of the demo.
    fn be_demo(&mut self) {}

    /// The application services that it names.
    fn registrations(&self) -> &[Registration] {
        &[]
    }
}

/// The defaults of a section.
pub fn parsed<S: Section>() -> S {
    #[derive(Deserialize)]
    #[serde(transparent)]
    struct One<S>(BTreeMap<String, S>);
    let text: Result<One<S>, _> = toml::from_str(S::DEFAULTS);
    let section = text.ok().and_then(|mut sections| sections.0.remove(S::NAME));
    section.expect("a section's defaults are its keys as TOML")
}

/// A kind of section, for who reads a configuration.
#[derive(Clone, Copy, Debug)]
pub struct SectionKind {
    pub(super) name: &'static str,
    pub(super) defaults: &'static str,
    pub(super) secrets: &'static [&'static str],
    pub(super) schema: fn() -> Schema,
    pub(super) demo: fn() -> Box<dyn AnySection>,
    pub(super) parse: fn(toml::Value) -> Result<Box<dyn AnySection>, Invalid>,
}

impl SectionKind {
    /// The kind of a type.
    pub const fn of<S: Section>() -> Self {
        Self {
            name: S::NAME,
            defaults: S::DEFAULTS,
            secrets: S::SECRETS,
            schema: || schemars::schema_for!(S),
            demo: || {
                let mut section = S::defaults().clone();
                section.be_demo();
                Box::new(section)
            },
            parse: parse::<S>,
        }
    }
}

fn parse<S: Section>(value: toml::Value) -> Result<Box<dyn AnySection>, Invalid> {
    match serde_path_to_error::deserialize::<_, S>(value) {
        Ok(section) => Ok(Box::new(section)),
        Err(error) => {
            Err(Invalid::new(format!("{}.{}", S::NAME, error.path()), in_words(error.inner().message())))
        }
    }
}

/// A section of any type.
pub(super) trait AnySection: Any + fmt::Debug + Send + Sync {
    fn copy(&self) -> Box<dyn AnySection>;
    fn unchanged(&self) -> Box<dyn AnySection>;
    fn equals(&self, other: &dyn AnySection) -> bool;
    fn json(&self) -> Value;
    fn read_files(&mut self, folder: &Path, server: &str) -> Check;
    fn check(&self) -> Check;
    fn reload(&mut self, from: &dyn AnySection);
    fn changed_files(&self, other: &dyn AnySection) -> Option<&'static str>;
    fn registrations(&self) -> &[Registration];
}

fn same<S: Section>(section: &dyn AnySection) -> &S {
    let section = section as &dyn Any;
    section.downcast_ref().expect("a name has one type")
}

impl<S: Section> AnySection for S {
    fn copy(&self) -> Box<dyn AnySection> {
        Box::new(self.clone())
    }

    fn unchanged(&self) -> Box<dyn AnySection> {
        Box::new(S::defaults().clone())
    }

    fn equals(&self, other: &dyn AnySection) -> bool {
        self == same::<S>(other)
    }

    fn json(&self) -> Value {
        serde_json::to_value(self).expect("a section is JSON")
    }

    fn read_files(&mut self, folder: &Path, server: &str) -> Check {
        Section::read_files(self, folder, server)
    }

    fn check(&self) -> Check {
        Section::check(self)
    }

    fn reload(&mut self, from: &dyn AnySection) {
        Section::reload(self, same(from));
    }

    fn changed_files(&self, other: &dyn AnySection) -> Option<&'static str> {
        Section::changed_files(self, same(other))
    }

    fn registrations(&self) -> &[Registration] {
        Section::registrations(self)
    }
}

/// The dialects' sections of a configuration. One that is not among them is at its defaults.
#[derive(Debug, Default)]
pub(super) struct Sections(BTreeMap<&'static str, Box<dyn AnySection>>);

impl Sections {
    pub(super) fn put(&mut self, name: &'static str, section: Box<dyn AnySection>) {
        self.0.insert(name, section);
    }

    pub(super) fn each(&self) -> impl Iterator<Item = (&'static str, &dyn AnySection)> {
        self.0.iter().map(|(name, section)| (*name, &**section))
    }

    pub(super) fn each_mut(&mut self) -> impl Iterator<Item = &mut Box<dyn AnySection>> {
        self.0.values_mut()
    }

    pub(super) fn get(&self, name: &str) -> Option<&dyn AnySection> {
        self.0.get(name).map(|section| &**section)
    }

    /// Puts in, at their defaults, those that others have.
    pub(super) fn fill(&mut self, others: &Self) {
        for (name, other) in others.each() {
            self.0.entry(name).or_insert_with(|| other.unchanged());
        }
    }
}

impl Clone for Sections {
    fn clone(&self) -> Self {
        Self(self.0.iter().map(|(name, section)| (*name, section.copy())).collect())
    }
}

impl PartialEq for Sections {
    fn eq(&self, other: &Self) -> bool {
        self.0.len() == other.0.len()
            && self.each().all(|(name, section)| other.get(name).is_some_and(|other| section.equals(other)))
    }
}

impl Serialize for Sections {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.each().map(|(name, section)| (name, section.json())))
    }
}

impl Config {
    /// A dialect's section.
    pub fn section<S: Section>(&self) -> &S {
        match self.sections.get(S::NAME) {
            Some(section) => same(section),
            None => S::defaults(),
        }
    }

    /// A dialect's section, to be changed.
    pub fn section_mut<S: Section>(&mut self) -> &mut S {
        let section: &mut dyn AnySection =
            &mut **self.sections.0.entry(S::NAME).or_insert_with(|| Box::new(S::defaults().clone()));
        let section: &mut dyn Any = section;
        section.downcast_mut().expect("a name has one type")
    }

    /// The application services that the dialects' sections name.
    pub fn registrations(&self) -> impl Iterator<Item = &Registration> {
        self.sections.each().flat_map(|(_, section)| section.registrations())
    }
}
