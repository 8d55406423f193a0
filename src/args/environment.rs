//! Arguments from `QUORATE_CLI_ARGS` and `QUORATE_CLI_ARGS_command`.

use std::ffi::OsString;

use super::normalize::Flags;

/// Puts further arguments behind the command's name, so that what is typed wins over them.
pub fn complete(
    typed: &[OsString],
    command: &clap::Command,
    flags: &Flags,
    variable: &dyn Fn(&str) -> Option<OsString>,
) -> Result<Vec<OsString>, String> {
    let (end, path) = command_path(typed, command, flags);
    if path.is_empty() {
        return Ok(typed.to_vec());
    }
    let mut all = typed[..end].to_vec();
    for name in ["QUORATE_CLI_ARGS".to_owned(), format!("QUORATE_CLI_ARGS_{}", path.join("_"))] {
        let Some(value) = variable(&name) else { continue };
        let value = value.into_string().map_err(|_| format!("{name} is not UTF-8"))?;
        let words =
            split(&value).ok_or_else(|| format!("{name} has a quote that is not closed"))?;
        all.extend(words.into_iter().map(OsString::from));
    }
    all.extend_from_slice(&typed[end..]);
    Ok(all)
}

/// The command's name with its subcommand's, and the index behind it.
fn command_path(
    typed: &[OsString],
    command: &clap::Command,
    flags: &Flags,
) -> (usize, Vec<String>) {
    let (mut end, mut path) = (0, Vec::new());
    let mut at = command;
    let mut index = 1;
    while let Some(arg) = typed.get(index).filter(|_| at.has_subcommands()) {
        let is_flag = arg.to_str().is_some_and(|text| text.starts_with('-'));
        if is_flag {
            index += 1 + usize::from(flags.takes_next(arg));
            continue;
        }
        let Some(found) = arg.to_str().and_then(|name| at.find_subcommand(name)) else { break };
        path.push(found.get_name().to_owned());
        at = found;
        index += 1;
        end = index;
    }
    (end, path)
}

/// Splits a line into words as a shell does: quotes of both kinds, and the backslash.
fn split(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match (c, quote) {
            (c, Some(open)) if c == open => quote = None,
            ('\\', None | Some('"')) => word.get_or_insert_default().push(chars.next()?),
            (c, Some(_)) => word.get_or_insert_default().push(c),
            ('"' | '\'', None) => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (c, None) if c.is_whitespace() => words.extend(word.take()),
            (c, None) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_split_as_in_a_shell() {
        for (line, words) in [
            ("", Some(vec![])),
            ("  -a  -b=c ", Some(vec!["-a", "-b=c"])),
            (r#"-var 'a=b c' -var="d e""#, Some(vec!["-var", "a=b c", "-var=d e"])),
            (r#"a\ b "" "x\"y""#, Some(vec!["a b", "", "x\"y"])),
            ("'open", None),
        ] {
            let words = words.map(|w| w.into_iter().map(String::from).collect());
            assert_eq!(split(line), words, "{line}");
        }
    }
}
