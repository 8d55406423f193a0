//! Text as other text: Base64, URLs, compression.

mod charset;
mod table;

use std::io::{Read as _, Write as _};

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD as BASE64};
use flate2::read::GzDecoder;
use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

use super::limit;
use super::signature::{Call, Function, FunctionError, Outcome, Param, Shape};

/// Does not mind bits after the last byte, as Terraform does not.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

const TEXT: &[Param] = &[Param::new("str", Shape::String)];
const ENCODING: Param = Param::new("encoding", Shape::String);
const TEXT_IN: &[Param] = &[Param::new("string", Shape::String), ENCODING];
const CODED_IN: &[Param] = &[Param::new("source", Shape::String), ENCODING];

pub const TABLE: &[Function] = &[
    Function::new("base64decode", TEXT, Shape::String, |c| {
        let bytes = unbase64(c)?;
        let text = String::from_utf8(bytes).map_err(|_| {
            FunctionError::new("the result of decoding the provided string is not valid UTF-8")
        })?;
        Ok(text.into())
    }),
    Function::new("base64encode", TEXT, Shape::String, |c| Ok(BASE64.encode(c.text(0)?).into())),
    Function::new("base64gunzip", TEXT, Shape::String, gunzip),
    Function::new("base64gzip", TEXT, Shape::String, gzip),
    Function::new("csvdecode", TEXT, Shape::Any, table::decode),
    Function::new("textdecodebase64", CODED_IN, Shape::String, charset::decode),
    Function::new("textencodebase64", TEXT_IN, Shape::String, charset::encode),
    Function::new("urldecode", TEXT, Shape::String, urldecode),
    Function::new("urlencode", TEXT, Shape::String, |c| Ok(urlencode(c.text(0)?).into())),
];

/// Decodes the first argument; line breaks in it do not count.
fn unbase64(call: &Call) -> Result<Vec<u8>, FunctionError> {
    let text = call.text(0)?;
    let joined: String = text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    LENIENT.decode(&joined).map_err(|_| {
        let shown = call.quoted(text);
        FunctionError::of_kind(None, format!("failed to decode base64 data {shown}"))
    })
}

/// Terraform flushes before it ends the stream, so the compressed text is followed by an empty block that
/// is stored, and another that is the last.
fn gzip(call: &Call) -> Outcome {
    const HEADER: &[u8] = &[0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF];
    const LAST_BLOCK: &[u8] = &[1, 0, 0, 0xFF, 0xFF];
    let text = call.text(0)?.as_bytes();
    let mut crc = Crc::new();
    crc.update(text);
    let mut encoder = DeflateEncoder::new(HEADER.to_vec(), Compression::default());
    let written = encoder.write_all(text).and_then(|()| encoder.flush());
    written.map_err(|error| FunctionError::new(format!("cannot compress: {error}")))?;
    let ends = [LAST_BLOCK, &crc.sum().to_le_bytes(), &crc.amount().to_le_bytes()].concat();
    Ok(BASE64.encode([encoder.get_ref(), ends.as_slice()].concat()).into())
}

fn gunzip(call: &Call) -> Outcome {
    let bytes = unbase64(call)?;
    let mut text = String::new();
    // One byte more than allowed tells a text that is too long from one that just fits.
    let mut decoder = GzDecoder::new(bytes.as_slice()).take(limit::TEXT as u64 + 1);
    decoder
        .read_to_string(&mut text)
        .map_err(|error| FunctionError::at(0, format!("failed to decompress: {error}")))?;
    limit::text(Some(text.len()))?;
    Ok(text.into())
}

fn urlencode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(char::from(byte));
            }
            b' ' => out.push('+'),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

fn urldecode(call: &Call) -> Outcome {
    let mut out = Vec::new();
    let mut rest = call.text(0)?.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'+' => out.push(b' '),
            b'%' => match hex_pair(after) {
                Some((decoded, after)) => {
                    out.push(decoded);
                    rest = after;
                }
                None => return Err(FunctionError::at(0, "invalid URL escape")),
            },
            _ => out.push(byte),
        }
    }
    let text = String::from_utf8(out);
    Ok(text.map_err(|_| FunctionError::at(0, "the decoded text is not valid UTF-8"))?.into())
}

fn hex_pair(text: &[u8]) -> Option<(u8, &[u8])> {
    let (pair, rest) = text.split_first_chunk::<2>()?;
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let value = digit(pair[0])? * 16 + digit(pair[1])?;
    Some((u8::try_from(value).ok()?, rest))
}
