//! What is run on a host: one POSIX shell script per exchange.
//!
//! A host needs sh and coreutils. The script and the bytes of files come over standard input, so
//! that nothing of them shows in a list of processes; whatever is answered comes back in lines,
//! with everything that is not a plain path in base64. The end is marked, because neither an exit
//! status nor the end of the stream tells a lost connection from a finished script.

pub mod act;
pub mod ask;
pub mod facts;

use std::time::Duration;

use zeroize::Zeroizing;

use super::sh;

/// Reads the length of a script, the script, and runs it.
const BOOT: &str = r#"read -r n && s=$(head -c "$n") && eval "$s""#;

/// The command line that takes a script over standard input.
///
/// With `sudo` it becomes root unless it is already.
pub fn command(sudo: bool) -> Vec<String> {
    let boot = sh::join(["sh", "-c", BOOT]);
    let script = if sudo {
        format!(r#"if [ "$(id -u)" = 0 ]; then exec {boot}; else exec sudo -n {boot}; fi"#)
    } else {
        BOOT.to_owned()
    };
    vec!["sh".into(), "-c".into(), script]
}

/// One exchange with a host.
pub struct Request {
    /// What goes to standard input: the script and the bytes it takes. May be secret.
    pub input: Zeroizing<Vec<u8>>,
    /// How long it may take.
    pub limit: Duration,
}

/// What came back, as far as it came.
#[derive(Default)]
pub struct Answer {
    /// Standard output. May be secret.
    pub output: Zeroizing<Vec<u8>>,
    /// Standard error: what sudo or a shell says that could not even begin.
    pub complaint: String,
    /// Why the connection ended early, if it did.
    pub broken: Option<String>,
}

impl Request {
    fn new(script: &str, payload: &[&[u8]], limit: Duration) -> Request {
        let size = script.len() + payload.iter().map(|part| part.len() + 2).sum::<usize>();
        // Room for everything at once: a vector that grows leaves copies of secrets behind.
        let mut input = Zeroizing::new(Vec::with_capacity(size + 24));
        input.extend_from_slice(format!("{}\n{script}", script.len()).as_bytes());
        for part in payload {
            input.extend_from_slice(part);
            input.extend_from_slice(b".\n");
        }
        Request { input, limit }
    }
}

/// The lines between the script's first and last word, and whether the last was said.
///
/// What a login shell prints before is skipped.
fn body<'a>(answer: &'a Answer, kind: &str) -> Option<(Vec<&'a str>, bool)> {
    let text = match std::str::from_utf8(&answer.output) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&answer.output[..error.valid_up_to()]).ok()?,
    };
    let begin = format!("\n@quorate {kind}\n");
    let start = text.find(&begin)? + begin.len();
    let mut lines: Vec<_> = text[start..].split('\n').collect();
    // What follows the last line break is a line that was cut off, or nothing.
    lines.pop();
    let complete = lines.last() == Some(&"@end");
    if complete {
        lines.pop();
    }
    Some((lines, complete))
}

/// Text in base64, as the host sent it.
fn decode(text: &str) -> Option<Vec<u8>> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(text).ok()
}
