//! Character encodings by their IANA names.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use encoding_rs::Encoding;

use super::unbase64;
use crate::functions::signature::{Call, FunctionError, Outcome};

/// How to write text in an encoding.
enum Charset {
    /// Sixteen bits to a unit.
    Utf16 { big: bool, mark: bool },
    /// Code points up to a last one, each as a byte.
    Bytes { last: u8 },
    /// Latin-1 with the letters of Turkish.
    Latin5,
    /// Anything else.
    Other(&'static Encoding),
}

impl Charset {
    /// Names of browsers differ from IANA's in what Latin-1 and ASCII are, so those come first.
    fn named(name: &str) -> Option<Charset> {
        let name = name.to_ascii_lowercase();
        Some(match name.as_str() {
            "utf-16" => Charset::Utf16 { big: true, mark: true },
            "utf-16le" => Charset::Utf16 { big: false, mark: false },
            "utf-16be" => Charset::Utf16 { big: true, mark: false },
            "us-ascii" | "iso-ir-6" | "us" | "cp367" | "ibm367" | "csascii" => {
                Charset::Bytes { last: 0x7F }
            }
            "iso-8859-1" | "iso_8859-1" | "latin1" | "l1" | "ibm819" | "cp819" | "iso-ir-100"
            | "csisolatin1" => Charset::Bytes { last: 0xFF },
            "iso-8859-9" | "iso_8859-9" | "latin5" | "l5" | "iso-ir-148" | "csisolatin5" => {
                Charset::Latin5
            }
            "cp936" | "ms936" | "windows-936" => Charset::Other(encoding_rs::GBK),
            // A name that browsers know and IANA does not.
            "ascii" => return None,
            _ => Charset::Other(Encoding::for_label(name.as_bytes())?),
        })
    }

    fn encode(&self, text: &str) -> Option<Vec<u8>> {
        match self {
            Charset::Utf16 { big, mark } => {
                let first = mark.then_some(0xFEFF);
                let units = first.into_iter().chain(text.encode_utf16());
                Some(
                    units
                        .flat_map(|u| if *big { u.to_be_bytes() } else { u.to_le_bytes() })
                        .collect(),
                )
            }
            Charset::Bytes { last } => text
                .chars()
                .map(|c| u8::try_from(u32::from(c)).ok().filter(|byte| byte <= last))
                .collect(),
            Charset::Latin5 => text.chars().map(latin5_byte).collect(),
            Charset::Other(encoding) => {
                let (bytes, _, failed) = encoding.encode(text);
                (!failed && is_defined(encoding, text)).then(|| bytes.into_owned())
            }
        }
    }

    fn decode(&self, bytes: &[u8]) -> Option<String> {
        match self {
            Charset::Utf16 { big, mark } => decode_utf16(bytes, *big, *mark),
            Charset::Bytes { last } => {
                bytes.iter().map(|b| (b <= last).then(|| char::from(*b))).collect()
            }
            Charset::Latin5 => Some(bytes.iter().map(|byte| latin5_char(*byte)).collect()),
            Charset::Other(encoding) => encoding
                .decode_without_bom_handling_and_without_replacement(bytes)
                .filter(|text| is_defined(encoding, text))
                .map(|text| text.into_owned()),
        }
    }
}

/// Browsers let bytes to which a standard gives no character stand for control characters.
fn is_defined(encoding: &'static Encoding, text: &str) -> bool {
    !encoding.is_single_byte() || !text.contains(|c| matches!(c, '\u{80}'..='\u{9F}'))
}

/// Where Latin-5 is not Latin-1.
const TURKISH: [(u8, char); 6] =
    [(0xD0, 'Ğ'), (0xDD, 'İ'), (0xDE, 'Ş'), (0xF0, 'ğ'), (0xFD, 'ı'), (0xFE, 'ş')];

fn latin5_char(byte: u8) -> char {
    TURKISH.iter().find(|(code, _)| *code == byte).map_or(char::from(byte), |(_, c)| *c)
}

fn latin5_byte(c: char) -> Option<u8> {
    let turkish = TURKISH.iter().find(|(_, letter)| *letter == c).map(|(code, _)| *code);
    turkish.or_else(|| u8::try_from(u32::from(c)).ok().filter(|byte| latin5_char(*byte) == c))
}

fn decode_utf16(bytes: &[u8], big: bool, mark: bool) -> Option<String> {
    let (bytes, big) = match bytes {
        [0xFE, 0xFF, rest @ ..] if mark => (rest, true),
        [0xFF, 0xFE, rest @ ..] if mark => (rest, false),
        _ => (bytes, big),
    };
    let (pairs, []) = bytes.as_chunks::<2>() else { return None };
    let unit =
        |pair: &[u8; 2]| if big { u16::from_be_bytes(*pair) } else { u16::from_le_bytes(*pair) };
    char::decode_utf16(pairs.iter().map(unit)).collect::<Result<_, _>>().ok()
}

fn charset(call: &Call) -> Result<Charset, FunctionError> {
    let name = call.text(1)?;
    Charset::named(name).ok_or_else(|| {
        let shown = call.quoted(name);
        let message = format!(
            "{shown} is not a supported IANA encoding name or alias in this Quorate version"
        );
        FunctionError::of_kind(1, message)
    })
}

/// `textencodebase64`
pub fn encode(call: &Call) -> Outcome {
    let bytes = charset(call)?.encode(call.text(0)?).ok_or_else(|| {
        let name = call.shown(call.text(1).unwrap_or_default());
        let message =
            format!("the given string contains characters that cannot be represented in {name}");
        FunctionError::of_kind(0, message)
    })?;
    Ok(BASE64.encode(bytes).into())
}

/// `textdecodebase64`
pub fn decode(call: &Call) -> Outcome {
    let charset = charset(call)?;
    let text = charset.decode(&unbase64(call)?).ok_or_else(|| {
        let name = call.shown(call.text(1).unwrap_or_default());
        let message = format!("the given string contains symbols that are not defined for {name}");
        FunctionError::of_kind(0, message)
    })?;
    Ok(text.into())
}
