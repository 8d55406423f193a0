//! PEM text (RFC 7468): blocks are found by label, and a label is never changed.
//!
//! A file may hold several blocks with text between them: `openssl ecparam -genkey` writes an
//! `EC PARAMETERS` block before the key, and a CA bundle is a row of `CERTIFICATE` blocks.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;
use zeroize::Zeroizing;

/// The label of a certificate (RFC 7468, section 5).
pub const CERTIFICATE: &str = "CERTIFICATE";

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";
const LINE: usize = 64;

/// One block of a PEM text; its bytes are wiped when it is dropped.
pub struct Block {
    label: String,
    encrypted: bool,
    der: Zeroizing<Vec<u8>>,
}

/// Why a text could not be split into PEM blocks.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum PemError {
    /// A `BEGIN` line has no `END` line with the same label.
    #[error("the PEM block that begins on line {line} has no matching END line")]
    Unterminated {
        /// The line of the `BEGIN` marker, counted from 1.
        line: usize,
    },
    /// The text between the markers is not base64.
    #[error("the PEM block that begins on line {line} is not valid base64")]
    Base64 {
        /// The line of the `BEGIN` marker, counted from 1.
        line: usize,
    },
}

impl Block {
    /// Returns the label between the dashes, such as `RSA PRIVATE KEY`.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Returns the decoded bytes.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Tells whether the block says it is encrypted, by label (PKCS#8) or by header (RFC 1421).
    pub fn is_encrypted(&self) -> bool {
        self.encrypted
    }
}

/// Splits a text into its PEM blocks, in order; text outside of blocks is ignored.
///
/// # Errors
/// Fails on the first block that has no end or is not base64.
pub fn blocks(text: &str) -> Result<Vec<Block>, PemError> {
    let mut found = Vec::new();
    let mut lines = text.lines().map(str::trim).enumerate();
    while let Some((index, line)) = lines.next() {
        let Some(label) = marker(line, BEGIN) else { continue };
        let body = lines.by_ref().map(|(_, line)| line);
        found.push(read_block(label, body, text.len(), index + 1)?);
    }
    Ok(found)
}

/// Writes one block with 64 characters to the line, as Go's `encoding/pem` and OpenSSL do.
pub fn encode(label: &str, der: &[u8]) -> Zeroizing<String> {
    let body = Zeroizing::new(STANDARD.encode(der));
    let size = 2 * (BEGIN.len() + label.len() + DASHES.len()) + body.len() + body.len() / LINE + 4;
    // Reserved in full, so that no shorter copy of a key is left behind by a reallocation.
    let mut text = Zeroizing::new(String::with_capacity(size));
    push_marker(&mut text, BEGIN, label);
    let mut rest = body.as_str();
    while !rest.is_empty() {
        let (line, tail) = rest.split_at(rest.len().min(LINE));
        text.push_str(line);
        text.push('\n');
        rest = tail;
    }
    push_marker(&mut text, END, label);
    text
}

fn push_marker(text: &mut String, marker: &str, label: &str) {
    for part in [marker, label, DASHES, "\n"] {
        text.push_str(part);
    }
}

fn marker<'a>(line: &'a str, prefix: &str) -> Option<&'a str> {
    line.strip_prefix(prefix)?.strip_suffix(DASHES)
}

fn read_block<'a>(
    label: &str,
    body: impl Iterator<Item = &'a str>,
    longest: usize,
    line: usize,
) -> Result<Block, PemError> {
    let mut encrypted = label == "ENCRYPTED PRIVATE KEY";
    // Reserved in full, for the reason given in `encode`.
    let mut base64 = Zeroizing::new(String::with_capacity(longest));
    for text in body {
        if let Some(end) = marker(text, END) {
            return finish(label, end, encrypted, &base64, line);
        }
        match text.split_once(':') {
            Some((name, value)) => encrypted |= is_encryption_header(name, value),
            None => base64.push_str(text),
        }
    }
    Err(PemError::Unterminated { line })
}

fn is_encryption_header(name: &str, value: &str) -> bool {
    name == "Proc-Type" && value.ends_with("ENCRYPTED")
}

fn finish(
    label: &str,
    end: &str,
    encrypted: bool,
    base64: &str,
    line: usize,
) -> Result<Block, PemError> {
    if end != label {
        return Err(PemError::Unterminated { line });
    }
    let der = STANDARD.decode(base64).map_err(|_| PemError::Base64 { line })?;
    Ok(Block { label: label.to_owned(), encrypted, der: Zeroizing::new(der) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoding_and_reading_are_inverse() {
        for size in [0, 1, 47, 48, 49, 96, 1000] {
            let der: Vec<u8> = (0..size).map(|byte| byte as u8).collect();
            let text = encode("EC PRIVATE KEY", &der);
            let read = blocks(&text).unwrap();
            assert_eq!(read.len(), 1, "{size}");
            assert_eq!((read[0].label(), read[0].der()), ("EC PRIVATE KEY", &der[..]), "{size}");
        }
    }

    #[test]
    fn text_and_other_blocks_around_are_kept_apart() {
        let text = format!(
            "subject=CN = a\r\n{}some words: here\n{}",
            encode("EC PARAMETERS", b"a").replace('\n', "\r\n"),
            *encode("EC PRIVATE KEY", b"b")
        );
        let labels: Vec<_> = blocks(&text).unwrap().iter().map(|b| b.label().to_owned()).collect();
        assert_eq!(labels, ["EC PARAMETERS", "EC PRIVATE KEY"]);
    }

    #[test]
    fn encryption_is_seen_in_both_forms() {
        let header = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nYQ==\n-----END RSA PRIVATE KEY-----\n";
        assert!(blocks(header).unwrap()[0].is_encrypted());
        assert!(blocks(&encode("ENCRYPTED PRIVATE KEY", b"x")).unwrap()[0].is_encrypted());
        assert!(!blocks(&encode("PRIVATE KEY", b"x")).unwrap()[0].is_encrypted());
    }

    #[test]
    fn broken_blocks_name_their_line() {
        let cases = [
            ("\n-----BEGIN A-----\nYQ==\n", PemError::Unterminated { line: 2 }),
            ("-----BEGIN A-----\nYQ==\n-----END B-----\n", PemError::Unterminated { line: 1 }),
            ("-----BEGIN A-----\nY!==\n-----END A-----\n", PemError::Base64 { line: 1 }),
            ("-----BEGIN A-----\nYQ\n-----END A-----\n", PemError::Base64 { line: 1 }),
        ];
        for (text, error) in cases {
            assert_eq!(blocks(text).err(), Some(error), "{text}");
        }
        assert!(blocks("no block at all").unwrap().is_empty());
    }
}
