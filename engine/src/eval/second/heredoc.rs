//! Heredocs that the parser reads otherwise than the language does.
//!
//! It looks for the end from the second line on, so one without lines would end at the next marker of
//! that name, and it takes every line that begins with the marker for the end.

/// Whether a text may have such a heredoc, or a carriage return alone: a quick look that may say yes
/// too often.
pub(super) fn is_suspect(text: &str) -> bool {
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        let Some(below) = rest.strip_prefix('<') else { continue };
        rest = below;
        let Some((marker, below)) = marker(rest) else { continue };
        let Some(end) = content(marker, below) else { return true };
        rest = &below[end..];
    }
    has_lone_return(text)
}

/// The marker after `<<`, and what is below its line.
fn marker(rest: &str) -> Option<(&str, &str)> {
    let (line, below) = rest.split_once('\n')?;
    let marker = line.strip_prefix('-').unwrap_or(line).trim_end();
    let is_name = !marker.is_empty() && marker.chars().all(is_part);
    is_name.then_some((marker, below))
}

fn is_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '-'
}

/// How long the text of a heredoc is; none where the parser needs help with it.
fn content(marker: &str, below: &str) -> Option<usize> {
    let mut length = 0;
    for line in below.split_inclusive('\n') {
        if line.trim() == marker {
            return (length > 0).then_some(length);
        }
        if seems_end(line, marker) || line.contains("<<") {
            return None;
        }
        length += line.len();
    }
    None
}

/// Whether the parser takes a line for the end of a heredoc.
fn seems_end(line: &str, marker: &str) -> bool {
    let after = line.trim_start().strip_prefix(marker);
    after.is_some_and(|after| !after.starts_with(is_part))
}

/// Another marker of the same length for a text with lines that seem to end it; none where no line does,
/// or where lines begin with every letter.
pub(super) fn other_marker(content: &str, marker: &str) -> Option<String> {
    if !content.lines().any(|line| seems_end(line, marker)) {
        return None;
    }
    let is_free =
        |letter: &char| !content.lines().any(|line| line.trim_start().starts_with(*letter));
    let letter = ('A'..='Z').chain('a'..='z').find(is_free)?;
    Some(letter.to_string().repeat(marker.len()))
}

/// Whether a carriage return stands without a line feed.
pub(super) fn has_lone_return(text: &str) -> bool {
    text.split('\r').skip(1).any(|after| !after.starts_with('\n'))
}
