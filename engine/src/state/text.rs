//! A state as text, and back: the newest version is written, every version is read.

use super::{State, StoreError, v1, v3};

/// The text of a state, in the newest version.
///
/// # Errors
/// Fails only where the library does.
pub fn render(state: &State) -> std::io::Result<Vec<u8>> {
    v3::write(state).map_err(std::io::Error::from)
}

/// The state in a text that was found in a place.
///
/// # Errors
/// Fails where it is no state, which an empty text never is, or one of a newer version.
pub fn parse(text: &[u8], place: &str) -> Result<State, StoreError> {
    let corrupt = |reason| StoreError::Corrupt { path: place.into(), reason, backup: None };
    if text.iter().all(u8::is_ascii_whitespace) {
        return Err(corrupt("the file is empty".to_owned()));
    }
    // Nearly every state has the newest version, and a large one is not read twice to find that out.
    let newest = match v3::read(text) {
        Ok(state) => return Ok(state),
        newest => newest,
    };
    #[derive(serde::Deserialize)]
    struct Head {
        version: Option<u64>,
    }
    let head: Head = serde_json::from_slice(text).map_err(|error| corrupt(error.to_string()))?;
    match head.version {
        Some(2 | v3::VERSION) => newest.map_err(corrupt),
        Some(1) => v1::read(text).map_err(corrupt),
        Some(0) => Err(corrupt("there never was a version 0".to_owned())),
        Some(version) => Err(StoreError::Newer { path: place.into(), version }),
        None => Err(corrupt("it has no version".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Status;
    use super::*;

    fn examples() -> Vec<(u64, Vec<u8>)> {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../state-examples");
        let path = |version| folder.join(format!("v{version}.json"));
        (1..=v3::VERSION).map(|version| (version, std::fs::read(path(version)).unwrap())).collect()
    }

    #[test]
    fn every_version_is_read_and_upgraded_without_loss() {
        for (version, text) in examples() {
            let state = parse(&text, "s").unwrap_or_else(|error| panic!("v{version}: {error}"));
            let objects = if version >= 3 { 3 } else { 2 };
            let counts = (state.serial, state.objects.len(), state.outputs.len());
            assert_eq!(counts, (7, objects, 2));
            let former = state.objects.keys().filter(|addr| addr.deposed.is_some());
            assert_eq!(former.count(), objects - 2);
            assert_eq!(state.runs.open.is_some(), version >= 2);
            let in_flight = |state: &State| {
                let in_flight = state.objects.values().filter(|o| o.status == Status::Updating);
                in_flight.flat_map(|object| object.depends_on.iter()).count()
            };
            assert_eq!(in_flight(&state), 1);
            let upgraded = render(&state).unwrap();
            let written: serde_json::Value = serde_json::from_slice(&upgraded).unwrap();
            assert_eq!(written["version"], v3::VERSION);
            assert_eq!(parse(&upgraded, "s").unwrap(), state);
        }
    }

    #[test]
    fn the_example_of_this_version_is_what_is_written() {
        let (_, text) = examples().pop().unwrap();
        let written = render(&parse(&text, "s").unwrap()).unwrap();
        let json = |text: &[u8]| serde_json::from_slice::<serde_json::Value>(text).unwrap();
        assert_eq!(json(&written), json(&text));
    }

    #[test]
    fn a_large_state_is_what_its_whole_text_says() {
        let mut state = parse(&examples().pop().unwrap().1, "s").unwrap();
        let some = state.objects.values().next().unwrap().clone();
        let addr = |n| format!("host_file.f[\"\\n    }},\\n{n}\"]").parse().unwrap();
        state.objects.extend((0..2000).map(|n| (addr(n), some.clone())));
        let text = render(&state).unwrap();
        assert_eq!(parse(&text, "s").unwrap(), state);
        let compact: serde_json::Value = serde_json::from_slice(&text).unwrap();
        assert_eq!(parse(compact.to_string().as_bytes(), "s").unwrap(), state);
        state.under_way.clear();
        let text = String::from_utf8(render(&state).unwrap()).unwrap();
        assert_eq!(v3::side_by_side(text.as_bytes()), Some(state));
        for (sound, broken) in [("\"ready\"", "\"red\""), ("    },\n", "    }\n")] {
            let at = text.rfind(sound).unwrap();
            let broken = format!("{}{broken}{}", &text[..at], &text[at + sound.len()..]);
            assert!(matches!(parse(broken.as_bytes(), "s"), Err(StoreError::Corrupt { .. })));
        }
        // Objects that are in something else are not those of the state.
        let nested = text.replacen("  \"objects\"", "  \"x\": {\"y\": 1,\n  \"objects\"", 1);
        let end = nested.rfind("\n}").unwrap();
        let nested = format!("{}}}, \"objects\": {{}}{}", &nested[..end], &nested[end..]);
        assert_eq!(parse(nested.as_bytes(), "s").unwrap().objects.len(), 0);
    }

    #[test]
    fn what_is_no_state_is_refused_with_a_sentence() {
        for (text, reason) in [
            (" \n", "the file is empty"),
            ("{", "EOF while parsing"),
            ("{}", "it has no version"),
            (r#"{"version": 0}"#, "never was a version 0"),
            (r#"{"version": 9}"#, "the state s has version 9; this program knows version 3"),
            (r#"{"version": 3}"#, "missing field"),
        ] {
            let error = parse(text.as_bytes(), "s").unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}
