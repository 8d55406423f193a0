//! Finds what a text opens and never closes.

use std::ops::Range;

/// Something that is still open, or that is closed by the wrong character.
#[derive(Debug, PartialEq)]
pub(super) struct Unclosed {
    pub(super) at: Range<usize>,
    pub(super) detail: String,
}

/// The first thing in a text that is opened and not closed.
pub(super) fn find(text: &str) -> Option<Unclosed> {
    let mut scan = Scan { text, at: 0, open: Vec::new() };
    while scan.at < text.len() {
        if let Err(problem) = scan.step() {
            return Some(problem);
        }
    }
    scan.open.pop().map(|open| scan.left_open(&open))
}

/// Whether nothing is wrong with a text but that it has not come to its end.
pub(super) fn awaits_more(text: &str) -> bool {
    let mut scan = Scan { text, at: 0, open: Vec::new() };
    while scan.at < text.len() {
        if scan.step().is_err() {
            return false;
        }
    }
    // No line after it can close a quote.
    scan.open.last().is_some_and(|open| !matches!(open.kind, Kind::Quote))
}

/// Where a text begins and ends when comments and white space around it are left out.
pub(super) fn extent(text: &str) -> Range<usize> {
    let mut scan = Scan { text, at: 0, open: Vec::new() };
    let mut extent: Option<Range<usize>> = None;
    while scan.at < text.len() {
        let (start, rest) = (scan.at, scan.rest());
        let outside = scan.template_kind().is_none();
        let comment = ["#", "//", "/*"].iter().any(|mark| rest.starts_with(mark));
        let blank = rest.starts_with(char::is_whitespace);
        if scan.step().is_err() {
            return 0..text.trim_end().len();
        }
        // A line break ends a heredoc: it belongs to it.
        if !(outside && (comment || blank)) {
            let end = scan.at.min(text.len());
            extent = Some(extent.map_or(start, |extent| extent.start)..end);
        }
    }
    extent.unwrap_or(0..0)
}

/// What is open.
#[derive(Clone, Debug)]
enum Kind {
    /// `(`, `[` or `{`.
    Bracket(u8),
    /// `"`.
    Quote,
    /// `<<EOT`.
    Heredoc(String),
    /// `${` or `%{`.
    Marker(u8),
    /// `%{if}` or `%{for}`, waiting for its end.
    Directive(&'static str),
}

#[derive(Clone, Debug)]
struct Open {
    kind: Kind,
    start: usize,
    end: usize,
    /// Which of the open ones is the innermost, from here outwards, that is no directive.
    around: Option<usize>,
}

struct Scan<'a> {
    text: &'a str,
    at: usize,
    open: Vec<Open>,
}

impl Scan<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn byte(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    fn push(&mut self, kind: Kind, len: usize) {
        let around = Some(self.open.len());
        self.open.push(Open { kind, start: self.at, end: self.at + len, around });
        self.at += len;
    }

    fn step(&mut self) -> Result<(), Unclosed> {
        match self.template_kind() {
            Some(Kind::Quote) => self.in_quote(),
            Some(Kind::Heredoc(delimiter)) => self.in_heredoc(&delimiter),
            _ => self.in_code(),
        }
    }

    /// The innermost text around this place; none in code.
    fn template_kind(&self) -> Option<Kind> {
        let around = self.open.last()?.around?;
        match &self.open.get(around)?.kind {
            kind @ (Kind::Quote | Kind::Heredoc(_)) => Some(kind.clone()),
            _ => None,
        }
    }

    fn in_code(&mut self) -> Result<(), Unclosed> {
        let byte = self.byte();
        match byte {
            b'#' => self.skip_line(),
            b'/' if self.rest().starts_with("//") => self.skip_line(),
            b'/' if self.rest().starts_with("/*") => return self.comment(),
            b'"' => self.push(Kind::Quote, 1),
            b'<' if self.heredoc() => {}
            b'(' | b'[' | b'{' => self.push(Kind::Bracket(byte), 1),
            b')' | b']' | b'}' => return self.close(byte),
            _ => self.at += 1,
        }
        Ok(())
    }

    fn skip_line(&mut self) {
        self.at += self.rest().find('\n').map_or(self.rest().len(), |n| n + 1);
    }

    fn comment(&mut self) -> Result<(), Unclosed> {
        let Some(length) = self.rest().find("*/") else {
            let detail = "This comment is never closed. Close it with \"*/\".".to_owned();
            return Err(Unclosed { at: self.at..self.at + 2, detail });
        };
        self.at += length + 2;
        Ok(())
    }

    fn heredoc(&mut self) -> bool {
        let Some(after) = self.rest().strip_prefix("<<") else { return false };
        let after = after.strip_prefix('-').unwrap_or(after);
        let line = after.split('\n').next().unwrap_or("").trim_end_matches('\r');
        let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
        if line.is_empty() || !line.chars().all(is_name) {
            return false;
        }
        let delimiter = line.to_owned();
        let length = self.rest().find('\n').map_or(self.rest().len(), |n| n + 1);
        self.push(Kind::Heredoc(delimiter), length);
        true
    }

    fn in_quote(&mut self) -> Result<(), Unclosed> {
        match self.byte() {
            b'\\' => self.at += 2,
            b'"' => {
                if let Some(open) = self.open.pop_if(|o| matches!(o.kind, Kind::Directive(_))) {
                    return Err(self.left_open(&open));
                }
                self.open.pop();
                self.at += 1;
            }
            b'\n' => return self.broken_line(),
            _ => self.in_template(),
        }
        Ok(())
    }

    fn in_heredoc(&mut self, delimiter: &str) -> Result<(), Unclosed> {
        let line_start = self.at == 0 || self.text.as_bytes()[self.at - 1] == b'\n';
        let line = self.rest().split('\n').next().unwrap_or("");
        if line_start && line.trim() == delimiter {
            let length = line.len();
            if let Some(open) = self.open.pop_if(|o| matches!(o.kind, Kind::Directive(_))) {
                return Err(self.left_open(&open));
            }
            self.open.pop();
            self.at += length;
            return Ok(());
        }
        self.in_template();
        Ok(())
    }

    fn in_template(&mut self) {
        let rest = self.rest();
        if rest.starts_with("$${") || rest.starts_with("%%{") {
            self.at += 3;
        } else if rest.starts_with("${") {
            self.push(Kind::Marker(b'$'), 2);
        } else if rest.starts_with("%{") {
            self.directive();
        } else {
            self.at += 1;
        }
    }

    fn directive(&mut self) {
        let inner = self.rest()[2..].trim_start_matches('~').trim_start();
        let word: String = inner.chars().take_while(char::is_ascii_alphabetic).collect();
        match word.as_str() {
            "if" => self.open.push(self.here(Kind::Directive("endif"))),
            "for" => self.open.push(self.here(Kind::Directive("endfor"))),
            "endif" | "endfor" => {
                self.open.pop_if(|o| matches!(o.kind, Kind::Directive(_)));
            }
            _ => {}
        }
        self.push(Kind::Marker(b'%'), 2);
    }

    fn here(&self, kind: Kind) -> Open {
        let around = self.open.last().and_then(|open| open.around);
        Open { kind, start: self.at, end: self.at + 2, around }
    }

    fn close(&mut self, byte: u8) -> Result<(), Unclosed> {
        let Some(open) = self.open.pop() else {
            let detail = format!("There is nothing open that this \"{}\" closes.", byte as char);
            return Err(Unclosed { at: self.at..self.at + 1, detail });
        };
        if closing(&open.kind) != byte as char {
            return Err(self.left_open(&open));
        }
        self.at += 1;
        Ok(())
    }

    /// What to blame for a line that ends within quotes.
    ///
    /// A quote inside `"${...` may well be the end of the outer text: then `${` is to blame.
    fn broken_line(&self) -> Result<(), Unclosed> {
        let in_quote = |pair: &&[Open]| {
            matches!((&pair[0].kind, &pair[1].kind), (Kind::Quote, Kind::Marker(_)))
        };
        let marker = self.open.windows(2).find(in_quote).map(|pair| &pair[1]);
        marker.or(self.open.last()).map_or(Ok(()), |open| Err(self.left_open(open)))
    }

    fn left_open(&self, open: &Open) -> Unclosed {
        let detail = match &open.kind {
            Kind::Bracket(byte) => {
                let close = closing(&open.kind);
                format!("This \"{}\" is never closed. Add the \"{close}\".", *byte as char)
            }
            Kind::Quote => {
                "This quoted text does not end on its line. Add the closing quote.".to_owned()
            }
            Kind::Heredoc(name) => {
                format!("This heredoc never ends. Add a line that is only {name}.")
            }
            Kind::Marker(byte) => {
                let byte = *byte as char;
                format!(
                    "This \"{byte}{{\" is never closed. Add the \"}}\", or write \"{byte}{byte}{{\" for the characters themselves."
                )
            }
            Kind::Directive(end) => format!("This directive never ends. Add \"%{{ {end} }}\"."),
        };
        let end = self.text[open.start..open.end].trim_end().len() + open.start;
        Unclosed { at: open.start..end, detail }
    }
}

fn closing(kind: &Kind) -> char {
    match kind {
        Kind::Bracket(b'(') => ')',
        Kind::Bracket(b'[') => ']',
        Kind::Bracket(_) | Kind::Marker(_) => '}',
        Kind::Quote | Kind::Heredoc(_) | Kind::Directive(_) => '"',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_texts_pass() {
        for text in [
            "",
            "a = \"x ${y[\"k\"]} %{if a}b%{else}c%{endif}\"\n",
            "a = <<-EOT\n  \" ( [ {\n  %{ for x in y ~}\n  ${x}\n  %{ endfor }\n  EOT\n",
            "# ( \" \n/* [ */ // {\n",
            "a = \"\\\" $${ %%{ { ( \"",
            "a = 1 < 2 ? f(b) : (c)",
        ] {
            assert_eq!(find(text), None, "{text}");
        }
    }

    #[test]
    fn comments_around_a_text_are_left_out() {
        for (text, expected) in [
            ("1 + 1 # x", "1 + 1"),
            ("/* [ */ a /* b */ c // \"", "a /* b */ c"),
            ("<<E\n# x\nE\n # y", "<<E\n# x\nE"),
            ("\"# x\"", "\"# x\""),
            ("\"${ /* } */ 1}\" ", "\"${ /* } */ 1}\""),
            (" # ", ""),
            (")# x", ")# x"),
        ] {
            assert_eq!(&text[extent(text)], expected, "{text}");
        }
    }

    #[test]
    fn an_opening_is_named_by_its_place() {
        for (text, start) in [
            ("a = f(1, [2)", 9),
            ("a = )", 4),
            ("/* x", 0),
            ("a = \"é${x", 7),
            ("a = <<E\n%{ for x in y }\nE\n", 8),
        ] {
            assert_eq!(find(text).map(|found| found.at.start), Some(start), "{text}");
        }
    }
}
