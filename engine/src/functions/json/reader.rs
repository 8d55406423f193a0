//! JSON to values, keeping every digit of numbers.

use std::collections::BTreeMap;

use crate::value::{Number, Value, normalized};

/// Deeper nesting would be a mistake or an attack.
const DEPTH: usize = 128;

/// Reads a text that is JSON as a whole.
pub fn read(text: &str) -> Result<Value, String> {
    let mut reader = Reader { rest: text };
    let value = reader.value(0)?;
    reader.space();
    match reader.rest {
        "" => Ok(value),
        _ => Err("extraneous data after JSON object".to_owned()),
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    fn take(&mut self, token: &str) -> bool {
        self.space();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn unexpected<T>(&self, place: &str) -> Result<T, String> {
        Err(match self.rest.chars().next() {
            Some(c) => format!("invalid character {c:?} {place}"),
            None => "unexpected end of JSON input".to_owned(),
        })
    }

    fn value(&mut self, depth: usize) -> Result<Value, String> {
        if depth > DEPTH {
            return Err(format!("the JSON is nested more than {DEPTH} levels deep"));
        }
        self.space();
        match self.rest.bytes().next() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => Ok(Value::string(self.string()?)),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ if self.take("null") => Ok(Value::NULL),
            _ if self.take("true") => Ok(true.into()),
            _ if self.take("false") => Ok(false.into()),
            _ => self.unexpected("looking for beginning of value"),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value, String> {
        self.take("{");
        let mut attrs = BTreeMap::new();
        if self.take("}") {
            return Ok(Value::object(attrs));
        }
        loop {
            self.space();
            if !self.rest.starts_with('"') {
                return self.unexpected("looking for beginning of object key string");
            }
            let key = normalized(&self.string()?);
            if !self.take(":") {
                return self.unexpected("after object key");
            }
            attrs.insert(key, self.value(depth + 1)?);
            if self.take("}") {
                return Ok(Value::object(attrs));
            }
            if !self.take(",") {
                return self.unexpected("after object key:value pair");
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<Value, String> {
        self.take("[");
        let mut items = Vec::new();
        if self.take("]") {
            return Ok(Value::tuple(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            if self.take("]") {
                return Ok(Value::tuple(items));
            }
            if !self.take(",") {
                return self.unexpected("after array element");
            }
        }
    }

    fn number(&mut self) -> Result<Value, String> {
        let text = self.rest;
        self.rest = self.rest.strip_prefix('-').unwrap_or(self.rest);
        // A zero in front stands alone, so `01` ends after it.
        match self.rest.strip_prefix('0') {
            Some(rest) => self.rest = rest,
            None => self.digits()?,
        }
        if let Some(rest) = self.rest.strip_prefix('.') {
            self.rest = rest;
            self.digits()?;
        }
        if let Some(rest) = self.rest.strip_prefix(['e', 'E']) {
            self.rest = rest.strip_prefix(['+', '-']).unwrap_or(rest);
            self.digits()?;
        }
        let text = &text[..text.len() - self.rest.len()];
        let number: Number = text.parse().map_err(|_| "a number is too large".to_owned())?;
        Ok(Value::Number(number))
    }

    fn digits(&mut self) -> Result<(), String> {
        let rest = self.rest.trim_start_matches(|c: char| c.is_ascii_digit());
        if rest.len() == self.rest.len() {
            return self.unexpected("in numeric literal");
        }
        self.rest = rest;
        Ok(())
    }

    fn string(&mut self) -> Result<String, String> {
        self.rest = self.rest.strip_prefix('"').unwrap_or(self.rest);
        let mut out = String::new();
        loop {
            let end = self.rest.find(|c: char| c == '"' || c == '\\' || c < ' ');
            let Some(end) = end else { return Err("unexpected end of JSON input".to_owned()) };
            out.push_str(&self.rest[..end]);
            self.rest = &self.rest[end..];
            if let Some(rest) = self.rest.strip_prefix('"') {
                self.rest = rest;
                return Ok(out);
            }
            match self.rest.strip_prefix('\\') {
                Some(rest) => {
                    self.rest = rest;
                    out.push(self.escape()?);
                }
                None => return self.unexpected("in string literal"),
            }
        }
    }

    fn escape(&mut self) -> Result<char, String> {
        let Some(c) = self.rest.chars().next() else { return self.unexpected("") };
        let plain = match c {
            '"' | '\\' | '/' => c,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                self.rest = &self.rest[1..];
                return self.utf16();
            }
            _ => return self.unexpected("in string escape code"),
        };
        self.rest = &self.rest[1..];
        Ok(plain)
    }

    /// Half a pair without the other half becomes the replacement character.
    fn utf16(&mut self) -> Result<char, String> {
        let first = self.unit()?;
        let second = match first {
            0xD800..=0xDBFF if self.rest.starts_with("\\u") => {
                let before = self.rest;
                self.rest = &self.rest[2..];
                let second = self.unit()?;
                if !(0xDC00..=0xDFFF).contains(&second) {
                    self.rest = before;
                }
                Some(second)
            }
            _ => None,
        };
        let units = [first].into_iter().chain(second);
        Ok(char::decode_utf16(units).next().and_then(Result::ok).unwrap_or('\u{FFFD}'))
    }

    fn unit(&mut self) -> Result<u16, String> {
        let digits = self.rest.get(..4).filter(|text| text.bytes().all(|b| b.is_ascii_hexdigit()));
        let Some(unit) = digits.and_then(|digits| u16::from_str_radix(digits, 16).ok()) else {
            return self.unexpected("in \\u hexadecimal character escape");
        };
        self.rest = &self.rest[4..];
        Ok(unit)
    }
}
