//! Text for people: breaking lines, counting things, and keeping control characters out.

use std::borrow::Cow;
use std::time::Duration;

use unicode_width::UnicodeWidthStr;

/// Breaks prose into lines of at most `width` columns. Indented lines stay as they are: they are
/// code or commands. A longer word gets a line of its own.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    text.lines().flat_map(|line| wrap_line(line, width)).collect()
}

fn wrap_line(line: &str, width: usize) -> Vec<String> {
    if line.starts_with([' ', '\t']) || line.width() <= width {
        return vec![clean(line).into_owned()];
    }
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in line.split(' ') {
        let word = clean(word);
        let fits = used == 0 || used + 1 + word.width() <= width;
        if !fits {
            lines.push(String::new());
            used = 0;
        }
        let Some(last) = lines.last_mut() else { break };
        if used > 0 {
            last.push(' ');
        }
        last.push_str(&word);
        used = last.width();
    }
    lines
}

/// Text that cannot steer a terminal: control characters but the tab are written as escapes.
pub fn clean(text: &str) -> Cow<'_, str> {
    let steers = |c: char| (c.is_control() && c != '\t') || is_bidi_control(c);
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    let escape = |c: char| {
        if steers(c) { format!("\\u{:04x}", c as u32) } else { c.to_string() }
    };
    Cow::Owned(text.chars().map(escape).collect())
}

/// Characters that reorder the text around them, and so could make a plan read otherwise than it
/// is.
fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// `1 attribute`, `2 attributes`.
pub fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// A duration in whole seconds, as Terraform writes it: `10s`, `1m5s`.
pub fn seconds(took: Duration) -> String {
    let seconds = took.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, s) => format!("{s}s"),
        (0, m, s) => format!("{m}m{s}s"),
        (h, m, s) => format!("{h}h{m}m{s}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_breaks_at_words_and_code_does_not_break() {
        let text = "one two three\n  code that is much longer than the line\n\nend";
        let lines = wrap(text, 8);
        assert_eq!(
            lines,
            ["one two", "three", "  code that is much longer than the line", "", "end"]
        );
        assert_eq!(wrap("日本語 日本", 6), ["日本語", "日本"]);
    }

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        assert_eq!(clean("a\u{1b}[31mb\tc"), "a\\u001b[31mb\tc");
        assert_eq!(clean("user\u{202e}nimda"), "user\\u202enimda");
    }

    #[test]
    fn durations_read_as_in_terraform() {
        for (secs, text) in [(0, "0s"), (59, "59s"), (65, "1m5s"), (3600, "1h0m0s")] {
            assert_eq!(seconds(Duration::from_secs(secs)), text);
        }
    }
}
