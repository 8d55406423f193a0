//! Lines to what they ask for.

use quorate_engine::eval::{is_unfinished, without_comments};

/// What `help` says.
pub const HELP: &str = "\
The console evaluates expressions of the configuration language. Values of the
configuration in this directory and of its state can be used as in a file: for
example, \"local.name\" or \"pki_ca.etcd.cert_pem\". The function \"type\", which only
the console has, gives the type of a value.

Type an expression and hit <enter> to see its value. An expression goes on over
several lines as long as a bracket or a heredoc is open.

To leave, type \"exit\" and hit <enter>, or use Control-D.";

/// What one or more lines ask for.
#[derive(Debug, PartialEq)]
pub enum Entry {
    /// Nothing: an empty line, or a comment.
    Blank,
    /// `help`
    Help,
    /// `exit`
    Exit,
    /// An expression.
    Expression(String),
}

/// Lines that are not a whole expression yet.
#[derive(Default)]
pub struct Pending {
    text: String,
}

impl Pending {
    /// Whether lines were taken that wait for more.
    pub fn is_open(&self) -> bool {
        !self.text.is_empty()
    }

    /// Takes a line; gives an entry unless something is still open.
    pub fn take(&mut self, line: &str) -> Option<Entry> {
        if self.text.is_empty() {
            self.text.push_str(line.trim_start());
        } else {
            self.text.push('\n');
            self.text.push_str(line.trim_end_matches('\r'));
        }
        (!is_unfinished(&self.text)).then(|| self.end())
    }

    /// What the lines so far are, although something may be open.
    pub fn end(&mut self) -> Entry {
        let text = std::mem::take(&mut self.text);
        match without_comments(&text) {
            "" => Entry::Blank,
            "help" => Entry::Help,
            "exit" => Entry::Exit,
            text => Entry::Expression(text.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(text: &str) -> Vec<Entry> {
        let mut pending = Pending::default();
        let mut entries: Vec<Entry> = text.lines().filter_map(|line| pending.take(line)).collect();
        if pending.is_open() {
            entries.push(pending.end());
        }
        entries
    }

    fn expressions(text: &str) -> Vec<String> {
        let shown = |entry| match entry {
            Entry::Expression(text) => text,
            other => format!("{other:?}"),
        };
        entries(text).into_iter().map(shown).collect()
    }

    #[test]
    fn a_line_is_an_expression_unless_something_is_open() {
        for (text, expected) in [
            ("1 + 1\n 2\n", vec!["1 + 1", "2"]),
            ("[\n1,\n2]\n3", vec!["[\n1,\n2]", "3"]),
            ("<<EOT\na\n\nEOT\n3", vec!["<<EOT\na\n\nEOT", "3"]),
            ("\"${\n1}\"", vec!["\"${\n1}\""]),
            ("\"a\n1", vec!["\"a", "1"]),
            ("\"[{(\"", vec!["\"[{(\""]),
            (")\n1", vec![")", "1"]),
            ("[1,", vec!["[1,"]),
            ("1 # [\n# x\n2", vec!["1", "Blank", "2"]),
            ("\n help \n exit", vec!["Blank", "Help", "Exit"]),
        ] {
            assert_eq!(expressions(text), expected, "{text:?}");
        }
    }
}
