//! Completion in a real bash.

use std::process::Command;

/// What bash would offer at the end of a line; its words are split at "=" as bash does.
fn offered(dir: &std::path::Path, words: &[&str]) -> String {
    let bin = env!("CARGO_BIN_EXE_quorate");
    let quoted: Vec<_> =
        words.iter().map(|word| format!("'{}'", word.replace('\'', r"'\''"))).collect();
    let script = format!(
        "source <({bin} completion bash); COMP_WORDS=({bin} {}); COMP_CWORD={}; _quorate; \
         printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        quoted.join(" "),
        words.len(),
    );
    let done = Command::new("bash").args(["-c", &script]).current_dir(dir).output().unwrap();
    String::from_utf8(done.stdout).unwrap()
}

#[test]
fn bash_completes_commands_flags_and_what_the_state_knows() {
    let dir = tempfile::tempdir().unwrap();
    let config = "resource \"terraform_data\" \"some\" { for_each = toset([\"x\"]) }\n\
                  output \"endpoints\" { value = 1 }\n";
    std::fs::write(dir.path().join("main.hcl"), config).unwrap();
    let applied = Command::new(env!("CARGO_BIN_EXE_quorate"))
        .args(["apply", "-auto-approve"])
        .current_dir(dir.path())
        .output()
        .unwrap();
    assert!(applied.status.success());
    for (words, expected) in [
        (&["val"][..], "validate\n"),
        (&["plan", "-det"], "-detailed-exitcode\n"),
        (&["output", "e"], "endpoints\n"),
        (&["state", "show", "terra"], "'terraform_data.some[\"x\"]'\n"),
        (&["plan", "-refresh", "=", "f"], "false\n"),
    ] {
        assert_eq!(offered(dir.path(), words), expected, "{words:?}");
    }
}
