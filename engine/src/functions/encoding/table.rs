//! Comma-separated values, as strict as RFC 4180.

use std::collections::BTreeSet;

use crate::functions::signature::{Call, FunctionError, Outcome};
use crate::value::{Type, Value, normalized};

/// `csvdecode`: a list of objects of strings, the first line naming their attributes.
pub fn decode(call: &Call) -> Outcome {
    let mut reader = Reader { rest: call.text(0)?, line: 1 };
    let Some(names) = reader.record()? else {
        return Err(FunctionError::new("missing header line"));
    };
    let names: Vec<_> = names.iter().map(|name| normalized(name)).collect();
    let mut seen = BTreeSet::new();
    if let Some(twice) = names.iter().find(|name| !seen.insert(*name)) {
        let shown = call.quoted(twice);
        return Err(FunctionError::new(format!("duplicate column name {shown}")));
    }
    let mut rows = Vec::new();
    loop {
        let line = reader.line;
        let Some(fields) = reader.record()? else { break };
        if fields.len() != names.len() {
            return Err(broken(line, "wrong number of fields"));
        }
        rows.push(Value::object(names.iter().cloned().zip(fields.into_iter().map(Value::from))));
    }
    let ty = Type::object(names.iter().map(|name| (name.clone(), Type::String)));
    Ok(Value::list(ty, rows))
}

fn broken(line: usize, why: &str) -> FunctionError {
    FunctionError::new(format!("CSV parse error on line {line}: {why}"))
}

struct Reader<'a> {
    rest: &'a str,
    line: usize,
}

/// What ended a field.
#[derive(PartialEq, Eq)]
enum End {
    Comma,
    Line,
}

impl Reader<'_> {
    /// The fields of the next line that is not empty.
    fn record(&mut self) -> Result<Option<Vec<String>>, FunctionError> {
        while self.line_break() {}
        if self.rest.is_empty() {
            return Ok(None);
        }
        let mut fields = Vec::new();
        loop {
            let (field, end) = match self.rest.strip_prefix('"') {
                Some(rest) => {
                    self.rest = rest;
                    self.quoted()?
                }
                None => self.plain()?,
            };
            fields.push(field);
            if end == End::Line {
                return Ok(Some(fields));
            }
        }
    }

    fn plain(&mut self) -> Result<(String, End), FunctionError> {
        let length = self.rest.find([',', '\n']).unwrap_or(self.rest.len());
        let (field, rest) = self.rest.split_at(length);
        if field.contains('"') {
            return Err(broken(self.line, "bare \" in non-quoted-field"));
        }
        let ends_line = !rest.starts_with(',');
        self.rest = rest;
        let field = if ends_line { field.strip_suffix('\r').unwrap_or(field) } else { field };
        Ok((field.to_owned(), self.end()?))
    }

    /// What follows an opening quote; two quotes are one.
    fn quoted(&mut self) -> Result<(String, End), FunctionError> {
        let mut field = String::new();
        loop {
            let Some((part, rest)) = self.rest.split_once('"') else {
                return Err(broken(self.line, "extraneous or missing \" in quoted-field"));
            };
            self.line += part.matches('\n').count();
            field.push_str(&part.replace("\r\n", "\n"));
            self.rest = rest;
            match rest.strip_prefix('"') {
                Some(rest) => {
                    field.push('"');
                    self.rest = rest;
                }
                None => return Ok((field, self.end()?)),
            }
        }
    }

    fn end(&mut self) -> Result<End, FunctionError> {
        if let Some(rest) = self.rest.strip_prefix(',') {
            self.rest = rest;
            return Ok(End::Comma);
        }
        if self.line_break() || self.rest.is_empty() {
            return Ok(End::Line);
        }
        Err(broken(self.line, "extraneous or missing \" in quoted-field"))
    }

    fn line_break(&mut self) -> bool {
        let rest = self.rest.strip_prefix("\r\n").or_else(|| self.rest.strip_prefix('\n'));
        match rest {
            Some(rest) => {
                self.rest = rest;
                self.line += 1;
                true
            }
            None => false,
        }
    }
}
