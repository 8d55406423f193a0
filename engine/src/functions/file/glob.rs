//! Patterns of file names: `*`, `**`, `?`, `[a-z]`, `{a,b}`, and `\` before what stands for itself.

use regex::Regex;

/// A pattern that has been read.
pub struct Glob(Regex);

impl Glob {
    /// Reads a pattern; the error says what is wrong with it.
    pub fn new(pattern: &str) -> Result<Glob, String> {
        let expression = expression(pattern).ok_or("syntax error in pattern")?;
        Regex::new(&expression).map(Glob).map_err(|_| "syntax error in pattern".to_owned())
    }

    /// Whether a path matches as a whole.
    pub fn matches(&self, path: &str) -> bool {
        self.0.is_match(path)
    }
}

fn expression(pattern: &str) -> Option<String> {
    let mut out = String::from("(?s)^");
    let mut rest = pattern;
    let mut depth = 0_usize;
    while let Some(c) = rest.chars().next() {
        let starts_part =
            rest.len() == pattern.len() || pattern[..pattern.len() - rest.len()].ends_with('/');
        if starts_part && let Some(after) = rest.strip_prefix("**/") {
            out.push_str("(?:[^/]+/)*");
            rest = after;
            continue;
        }
        if starts_part && rest == "**" {
            out.push_str(".*");
            break;
        }
        rest = &rest[c.len_utf8()..];
        match c {
            '*' => out.push_str("[^/]*"),
            '?' => out.push_str("[^/]"),
            '[' => rest = class(rest, &mut out)?,
            '{' => {
                depth += 1;
                out.push_str("(?:");
            }
            '}' if depth > 0 => {
                depth -= 1;
                out.push(')');
            }
            ',' if depth > 0 => out.push('|'),
            '\\' => {
                let escaped = rest.chars().next()?;
                out.push_str(&regex::escape(escaped.encode_utf8(&mut [0; 4])));
                rest = &rest[escaped.len_utf8()..];
            }
            _ => out.push_str(&regex::escape(c.encode_utf8(&mut [0; 4]))),
        }
    }
    out.push('$');
    (depth == 0).then_some(out)
}

/// What follows `[`; gives what follows the `]`.
fn class<'a>(text: &'a str, out: &mut String) -> Option<&'a str> {
    let (inside, rest) = text.split_once(']')?;
    let negated = inside.strip_prefix(['!', '^']);
    let members = negated.unwrap_or(inside);
    if members.is_empty() {
        return None;
    }
    out.push_str(if negated.is_some() { "[^/" } else { "[" });
    for c in members.chars() {
        match c {
            '-' => out.push('-'),
            _ => out.push_str(&regex::escape(c.encode_utf8(&mut [0; 4]))),
        }
    }
    out.push(']');
    Some(rest)
}

#[cfg(test)]
mod tests {
    use super::Glob;

    #[test]
    fn patterns_match_as_in_doublestar() {
        let cases = [
            ("*.txt", "a.txt", true),
            ("*.txt", "d/a.txt", false),
            ("**/*.txt", "a.txt", true),
            ("**/*.txt", "d/e/a.txt", true),
            ("**", "d/e/a.txt", true),
            ("d/**", "d/e/a.txt", true),
            ("d/**", "e/a.txt", false),
            ("a.{tf,txt}", "a.tf", true),
            ("a.{tf,txt}", "a.t", false),
            ("?.t[a-f]", "é.tf", true),
            ("[!a]", "a", false),
            ("[^a]", "b", true),
            ("\\*", "*", true),
            ("\\*", "a", false),
            ("a+b", "a+b", true),
        ];
        for (pattern, path, wanted) in cases {
            let glob = Glob::new(pattern).expect(pattern);
            assert_eq!(glob.matches(path), wanted, "{pattern} on {path}");
        }
    }

    #[test]
    fn broken_patterns_are_refused() {
        for pattern in ["[", "{a", "\\", "[]", "[z-a]"] {
            assert!(Glob::new(pattern).is_err(), "{pattern}");
        }
    }
}
