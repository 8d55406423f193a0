//! Upper, lower and title case one letter to one letter, as Terraform maps them.
//!
//! Rust's own mappings may give several letters (`ß` to `SS`); these never do.

use std::iter;

/// Each letter in upper case.
pub fn upper(text: &str) -> String {
    text.chars().map(upper_letter).collect()
}

/// Each letter in lower case.
pub fn lower(text: &str) -> String {
    text.chars().map(lower_letter).collect()
}

/// The first letter of each word in title case, the others as they are.
pub fn title(text: &str) -> String {
    let before = iter::once(' ').chain(text.chars());
    before.zip(text.chars()).map(|(b, c)| if separates(b) { title_letter(c) } else { c }).collect()
}

fn upper_letter(c: char) -> char {
    match c {
        // Letters with iota subscript have a letter of their own in this case.
        '\u{1F80}'..='\u{1F87}' | '\u{1F90}'..='\u{1F97}' | '\u{1FA0}'..='\u{1FA7}' => raised(c, 8),
        '\u{1FB3}' | '\u{1FC3}' | '\u{1FF3}' => raised(c, 9),
        _ => single(c.to_uppercase(), c),
    }
}

fn raised(c: char, by: u32) -> char {
    char::from_u32(u32::from(c) + by).unwrap_or(c)
}

fn lower_letter(c: char) -> char {
    match c {
        'İ' => 'i',
        _ => single(c.to_lowercase(), c),
    }
}

fn title_letter(c: char) -> char {
    match c {
        'Ǆ' | 'ǅ' | 'ǆ' => 'ǅ',
        'Ǉ' | 'ǈ' | 'ǉ' => 'ǈ',
        'Ǌ' | 'ǋ' | 'ǌ' => 'ǋ',
        'Ǳ' | 'ǲ' | 'ǳ' => 'ǲ',
        // Georgian has capitals, but no title case.
        '\u{10D0}'..='\u{10FF}' => c,
        _ => upper_letter(c),
    }
}

fn single(mut mapped: impl Iterator<Item = char>, c: char) -> char {
    match (mapped.next(), mapped.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

fn separates(c: char) -> bool {
    if c.is_ascii() { !(c.is_ascii_alphanumeric() || c == '_') } else { c.is_whitespace() }
}
