//! Form data as this dialect's clients write it: escaped or not.

use percent_encoding::percent_decode;

/// The value of the last field of that name, in queries and bodies alike. A field without `=` has an
/// empty value; what is no escape sequence stays as it is. The bytes need not be text.
pub(super) fn last(form: &[u8], name: &str) -> Option<Vec<u8>> {
    let fields = form.split(|byte| *byte == b'&').filter(|field| !field.is_empty());
    let mut named = fields.filter_map(|field| {
        let end = field.iter().position(|byte| *byte == b'=').unwrap_or(field.len());
        let value = field.get(end + 1..).unwrap_or_default();
        (unescaped(&field[..end]) == name.as_bytes()).then_some(value)
    });
    named.next_back().map(unescaped)
}

fn unescaped(text: &[u8]) -> Vec<u8> {
    let spaced: Vec<u8> = text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    percent_decode(&spaced).collect()
}
