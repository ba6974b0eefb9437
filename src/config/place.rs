//! Where in a file a key stands, so that an error can say so.

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// A part of a key: a name, or the place in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part<'a> {
    Name(&'a str),
    Place(usize),
}

/// The parts of a key such as `ringcentral.apps[0].id`.
fn parts(key: &str) -> impl Iterator<Item = Part<'_>> {
    let parts = key.split(['.', '[']).filter(|part| !part.is_empty());
    parts.map(|part| match part.strip_suffix(']').and_then(|place| place.parse().ok()) {
        Some(place) => Part::Place(place),
        None => Part::Name(part),
    })
}

/// The line in which a key stands, counted from 1; of the deepest part of it that is there.
pub(super) fn line_of(text: &str, key: &str) -> Option<usize> {
    let document = DeTable::parse(text).ok()?;
    let mut line = None;
    let mut parts = parts(key);
    let Some(Part::Name(section)) = parts.next() else { return None };
    let mut next = entry(document.get_ref(), section);
    while let Some((start, value)) = next {
        line = Some(line_at(text, start));
        next = match (parts.next(), value.get_ref()) {
            (Some(Part::Name(name)), DeValue::Table(table)) => entry(table, name),
            (Some(Part::Place(place)), DeValue::Array(items)) => {
                items.get(place).map(|item| (item.span().start, item))
            }
            _ => None,
        };
    }
    line
}

fn entry<'t, 'i>(table: &'t DeTable<'i>, name: &str) -> Option<(usize, &'t Spanned<DeValue<'i>>)> {
    let (key, value) = table.iter().find(|(key, _)| key.get_ref().as_ref() == name)?;
    Some((key.span().start, value))
}

/// The line of a byte, counted from 1.
pub(super) fn line_at(text: &str, byte: usize) -> usize {
    text.as_bytes()[..byte.min(text.len())].split(|byte| *byte == b'\n').count()
}

/// What is there under a key of a merged configuration.
pub(super) fn value_of<'v>(merged: &'v toml::Value, key: &str) -> Option<&'v toml::Value> {
    parts(key).try_fold(merged, |value, part| match part {
        Part::Name(name) => value.get(name),
        Part::Place(place) => value.get(place),
    })
}
