//! The bounds of numbers. The attributes of the fields state each once: for the schema, and for what is checked here.

use serde_json::Value;

use super::{
    Config,
    invalid::{Check, Invalid},
};

/// Checks the numbers of all sections against the configuration's schema.
pub(super) fn check(config: &Config, schema: &Value) -> Check {
    let config = serde_json::to_value(config).expect("a configuration is JSON");
    for (section, about) in entries(&schema["properties"]) {
        let place = about["$ref"].as_str().unwrap_or_default().trim_start_matches('#');
        let keys = schema.pointer(place).map(|section| &section["properties"]);
        for (key, bounds) in keys.into_iter().flat_map(entries) {
            let why = config[section][key].as_f64().and_then(|number| violation(number, bounds));
            why.map_or(Ok(()), |why| Err(Invalid::new(format!("{section}.{key}"), why)))?;
        }
    }
    Ok(())
}

fn entries(object: &Value) -> impl Iterator<Item = (&String, &Value)> {
    object.as_object().into_iter().flatten()
}

/// What a number has to be instead, if it is outside of the bounds of its schema.
fn violation(number: f64, schema: &Value) -> Option<String> {
    let (least, most) = (&schema["minimum"], &schema["maximum"]);
    let is_below = least.as_f64().is_some_and(|least| number < least);
    let is_above = most.as_f64().is_some_and(|most| number > most);
    let why = if most.is_null() {
        format!("has to be at least {least}")
    } else {
        format!("has to be from {least} to {most}")
    };
    (is_below || is_above).then_some(why)
}
