//! Its own section of the configuration.

use std::{collections::HashMap, fs, sync::LazyLock};

use presenced::{
    api::{Dialect, config_reader},
    config::{self, Check, Config, Overrides, Reader, Section, SectionKind, require},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::MORSE;

/// How it is sent.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Morse {
    /// Words a minute.
    #[schemars(range(min = 5, max = 60))]
    speed: u32,
    key: String,
}

impl Section for Morse {
    const NAME: &'static str = "morse";
    const DEFAULTS: &'static str = "[morse]\n# Words a minute.\nspeed = 20\n# The secret of the day. It has dots and dashes.\nkey = \"...-\"\n";
    const SECRETS: &'static [&'static str] = &["key"];

    fn defaults() -> &'static Self {
        static DEFAULTS: LazyLock<Morse> = LazyLock::new(config::parsed);
        &DEFAULTS
    }

    fn check(&self) -> Check {
        require(self.key.chars().all(|c| "-.".contains(c)), "morse.key", "has to be dots and dashes")
    }

    fn reload(&mut self, from: &Self) {
        self.speed = from.speed;
    }

    fn be_demo(&mut self) {
        self.speed = 5;
    }
}

fn reader() -> Reader {
    let dialect = Dialect { is_optional: true, section: Some(SectionKind::of::<Morse>()), ..MORSE };
    dialect.add_to(config_reader())
}

/// What a file says, or what is said of it.
fn read(text: &str) -> Result<Config, String> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("presenced.toml");
    fs::write(&file, text).expect("a file");
    let named = |why: String| why.replace(&format!("{}/", folder.path().display()), "");
    reader().load(Some(&file), &Overrides::default()).map_err(|error| named(error.to_string()))
}

#[test]
fn a_dialect_from_outside_has_a_section() {
    let config = read("[morse]\nspeed = 30\n[server]\ndialects = [\"morse\"]\n").expect("it is valid");
    assert_eq!(*config.section::<Morse>(), Morse { speed: 30, key: "...-".to_owned() });
    let environment = HashMap::from([("PRESENCED_MORSE__SPEED".to_owned(), "40".to_owned())]);
    let overrides = Overrides { environment, ..Overrides::default() };
    assert_eq!(reader().load(None, &overrides).expect("it is valid").section::<Morse>().speed, 40);
    assert_eq!(reader().demo().section::<Morse>().speed, 5);
    assert!(reader().documented_defaults().contains("# Words a minute.\nspeed = 20"));
    let schema = reader().schema().to_value();
    assert_eq!(schema["$defs"]["Morse"]["properties"]["speed"]["maximum"], 60);
    let refusals = [
        "[morse]\nspeed = 61\n",
        "[morse]\nspeed = \"fast\"\n",
        "[morse]\nkey = \"SOS\"\n",
        "[morse]\nsped = 30\n",
        "[server]\ndialects = [\"mors\"]\n",
    ];
    insta::assert_snapshot!(refusals.map(|text| read(text).expect_err("it is refused")).join("\n"), @r#"
    configuration: morse.speed = 61 (presenced.toml, line 2): has to be from 5 to 60
    configuration: morse.speed = "fast" (presenced.toml, line 2): has to be a whole number from 0 to 4294967295
    configuration: morse.key (presenced.toml, line 2): has to be dots and dashes
    configuration: morse.sped (presenced.toml, line 2): there is no such key; did you mean morse.speed?
    configuration: server.dialects[0] = "mors" (presenced.toml, line 2): has to be one of "matrix", "pnut", "ringcentral", "morse"
    "#);
}

#[test]
fn what_of_it_may_change_is_its_own_to_say() {
    let before = Config::default();
    let after = read("[morse]\nspeed = 30\nkey = \"-\"\n").expect("it is valid");
    let reloaded = before.reloaded(&after);
    assert_eq!(*reloaded.config.section::<Morse>(), Morse { speed: 30, key: "...-".to_owned() });
    assert_eq!(
        (reloaded.now, reloaded.later),
        (vec!["morse.speed".to_owned()], vec!["morse.key".to_owned()])
    );
}
