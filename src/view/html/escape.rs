//! Text that is only text in a page.

/// Text within an element or a quoted attribute.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// A name for a place in the page: letters and digits stay, all else is written as its number.
pub fn id(text: &str) -> String {
    let mut out = String::from("o-");
    for c in text.chars() {
        match c {
            c if c.is_ascii_alphanumeric() => out.push(c),
            '.' => out.push('-'),
            c => out.push_str(&format!("_{:x}", c as u32)),
        }
    }
    out
}
