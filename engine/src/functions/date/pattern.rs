//! Formats such as `DD MMM YYYY hh:mm ZZZ`.

use time::OffsetDateTime;

use super::offset_parts;

/// Writes a time; the error says what is wrong with the format.
pub fn format(pattern: &str, time: OffsetDateTime) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = pattern;
    while let Some(c) = rest.chars().next() {
        let length = match c {
            '\'' => quoted(rest, &mut out)?,
            _ if c.is_ascii_alphabetic() => {
                let length = rest.find(|other| other != c).unwrap_or(rest.len());
                out.push_str(&verb(&rest[..length], time)?);
                length
            }
            _ => {
                out.push(c);
                c.len_utf8()
            }
        };
        rest = &rest[length..];
    }
    Ok(out)
}

/// Copies text between quotes, where two quotes are one; gives its length with the quotes.
fn quoted(text: &str, out: &mut String) -> Result<usize, String> {
    // Nothing but quotes stands for half as many.
    let run = text.len() - text.trim_start_matches('\'').len();
    if run.is_multiple_of(2) {
        out.push_str(&text[..run / 2]);
        return Ok(run);
    }
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c != '\'' {
            out.push(c);
        } else if chars.next_if(|(_, next)| *next == '\'').is_some() {
            out.push('\'');
        } else {
            return Ok(at + 1);
        }
    }
    Err("unterminated literal '".to_owned())
}

fn verb(verb: &str, time: OffsetDateTime) -> Result<String, String> {
    let hour12 = (time.hour() + 11) % 12 + 1;
    let half = if time.hour() < 12 { "AM" } else { "PM" };
    Ok(match verb {
        "YYYY" => format!("{:04}", time.year()),
        "YY" => format!("{:02}", time.year().rem_euclid(100)),
        "MMMM" => time.month().to_string(),
        "MMM" => time.month().to_string()[..3].to_owned(),
        "MM" => format!("{:02}", u8::from(time.month())),
        "M" => u8::from(time.month()).to_string(),
        "DD" => format!("{:02}", time.day()),
        "D" => time.day().to_string(),
        "EEEE" => time.weekday().to_string(),
        "EEE" => time.weekday().to_string()[..3].to_owned(),
        "hh" => format!("{:02}", time.hour()),
        "h" => time.hour().to_string(),
        "HH" => format!("{hour12:02}"),
        "H" => hour12.to_string(),
        "AA" => half.to_owned(),
        "aa" => half.to_ascii_lowercase(),
        "mm" => format!("{:02}", time.minute()),
        "m" => time.minute().to_string(),
        "ss" => format!("{:02}", time.second()),
        "s" => time.second().to_string(),
        _ if verb.starts_with('Z') => return zone(verb, time),
        _ => return Err(wrong(verb)),
    })
}

fn zone(verb: &str, time: OffsetDateTime) -> Result<String, String> {
    let offset = time.offset();
    let (sign, hours, minutes) = offset_parts(offset);
    Ok(match verb {
        "Z" if offset.is_utc() => "Z".to_owned(),
        "ZZZ" if offset.is_utc() => "UTC".to_owned(),
        "ZZZ" | "ZZZZ" => format!("{sign}{hours:02}{minutes:02}"),
        "Z" | "ZZZZZ" => format!("{sign}{hours:02}:{minutes:02}"),
        _ => return Err(wrong(verb)),
    })
}

fn wrong(verb: &str) -> String {
    let hint = match verb.as_bytes()[0] {
        b'Y' => ": year must either be \"YY\" or \"YYYY\"",
        b'M' => ": month must be \"M\", \"MM\", \"MMM\", or \"MMMM\"",
        b'D' => ": day of month must either be \"D\" or \"DD\"",
        b'E' => ": day of week must either be \"EEE\" or \"EEEE\"",
        b'h' => ": 24-hour must either be \"h\" or \"hh\"",
        b'H' => ": 12-hour must either be \"H\" or \"HH\"",
        b'A' => ": must be \"AA\"",
        b'a' => ": must be \"aa\"",
        b'm' => ": minute must either be \"m\" or \"mm\"",
        b's' => ": second must either be \"s\" or \"ss\"",
        b'Z' => ": timezone must be Z, ZZZZ, or ZZZZZ",
        _ => "",
    };
    format!("invalid date format verb {verb:?}{hint}")
}
