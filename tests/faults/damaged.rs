//! Files that are not what was written: each is told, says what to do, and stays as it is.

use std::fs;

use crate::kills::{hcl, journal_of_a_killed_run};
use crate::workspace::Workspace;

/// What is done to a text.
type Damage = fn(&[u8]) -> Vec<u8>;

fn lines(text: &[u8]) -> Vec<&[u8]> {
    text.split_inclusive(|byte| *byte == b'\n').collect()
}

const JOURNALS: [(&str, Damage); 12] = [
    ("emptied", |_| Vec::new()),
    ("cut in its header", |text| text[..20].to_vec()),
    ("without its header", |text| lines(text)[1..].concat()),
    ("zeros", |text| vec![0; text.len()]),
    ("foreign text", |_| b"nonsense\n0000 1 {}\n".to_vec()),
    ("no UTF-8", |text| [b"\xff\xfe\n", text].concat()),
    ("a byte changed in its header", |text| changed(text, 30)),
    ("a byte changed in its second line", |text| changed(text, lines(text)[0].len() + 40)),
    ("lines swapped", |text| {
        let mut lines = lines(text);
        lines.swap(1, 2);
        lines.concat()
    }),
    ("a line twice", |text| [text, lines(text)[1]].concat()),
    ("a line removed", |text| [lines(text)[0], &lines(text)[2..].concat()].concat()),
    ("a conflict of git in it", |text| {
        [lines(text)[0], b"<<<<<<< HEAD\n", &lines(text)[1..].concat()].concat()
    }),
];

fn changed(text: &[u8], at: usize) -> Vec<u8> {
    let mut text = text.to_vec();
    text[at] ^= 1;
    text
}

/// The commands that a message gives, a line each.
fn commands(said: &str, first_word: &str) -> Vec<String> {
    let lines = said.lines().map(|line| line.trim_start_matches('│').trim().to_owned());
    lines.filter(|line| line.starts_with(first_word)).collect()
}

fn shell(workspace: &Workspace, script: &str) {
    let mut shell = std::process::Command::new("sh");
    let ended = shell.args(["-ec", script]).current_dir(workspace.work()).status();
    assert!(ended.unwrap().success(), "{script}");
}

#[test]
fn a_damaged_journal_is_told_and_stays() {
    let workspace = Workspace::new(&hcl(1));
    let sound = journal_of_a_killed_run(&workspace);
    let journal = workspace.state_file(".journal");
    for (about, damage) in JOURNALS {
        let damaged = damage(&sound);
        fs::write(&journal, &damaged).unwrap();
        for command in [&["plan"][..], &["apply", "-auto-approve"], &["show"]] {
            let said = workspace.ends(command, 3);
            assert!(said.contains("Journal damaged"), "{about} {command:?}\n{said}");
            assert!(said.contains("quorate.state.json.journal.damaged"), "{about}\n{said}");
            assert_eq!(fs::read(&journal).unwrap(), damaged, "{about} {command:?}");
        }
    }
    // What the message says to do leads to the same end.
    let header_and_one = lines(&sound)[..2].concat().len();
    let damaged = changed(&sound, header_and_one + 40);
    fs::write(&journal, &damaged).unwrap();
    let said = workspace.ends(&["apply", "-auto-approve"], 3);
    assert!(said.contains("first 2 lines"), "{said}");
    shell(&workspace, &commands(&said, "mv ")[0]);
    workspace.ends(&["apply", "-auto-approve"], 0);
    workspace.ends(&["plan", "-detailed-exitcode"], 0);
    assert_eq!(fs::read(workspace.state_file(".journal.damaged")).unwrap(), damaged);
}

const STATES: [(&str, Damage); 9] = [
    ("emptied", |_| Vec::new()),
    ("white space", |_| b" \n\n".to_vec()),
    ("half", |text| text[..text.len() / 2].to_vec()),
    ("without its last line", |text| {
        let lines = lines(text);
        lines[..lines.len() - 1].concat()
    }),
    ("zeros", |text| vec![0; text.len()]),
    ("no UTF-8", |text| [b"\xff\xfe", text].concat()),
    ("an empty object", |_| b"{}\n".to_vec()),
    ("another form", |_| br#"{"version": 2, "resources": []}"#.to_vec()),
    ("deep", |_| vec![b'['; 100_000]),
];

#[test]
fn a_state_that_cannot_be_right_is_never_no_resources() {
    let workspace = Workspace::new(&hcl(1));
    workspace.ends(&["apply", "-auto-approve"], 0);
    workspace.write(&hcl(2));
    workspace.ends(&["apply", "-auto-approve"], 0);
    let (state, backup) = (workspace.state_file(""), workspace.state_file(".backup"));
    let (sound, before) = (fs::read(&state).unwrap(), fs::read(&backup).unwrap());
    let mut asides = Vec::new();
    for (about, damage) in STATES {
        let damaged = damage(&sound);
        fs::write(&state, &damaged).unwrap();
        for command in [&["plan"][..], &["apply", "-auto-approve"], &["show"], &["state", "list"]] {
            let said = workspace.ends(command, 3);
            assert!(said.contains("State not usable"), "{about} {command:?}\n{said}");
            let way = "quorate state push -force quorate.state.json.backup";
            assert!(said.contains(way), "{about} {command:?}\n{said}");
        }
        assert_eq!(fs::read(&state).unwrap(), damaged, "{about}");
        workspace.ends(&["state", "push", "quorate.state.json.backup"], 3);
        let said = workspace.ends(&["state", "push", "-force", "quorate.state.json.backup"], 0);
        assert!(said.contains("kept as quorate.state.json.damaged"), "{about}\n{said}");
        asides.push(damaged);
        assert_eq!(fs::read(&backup).unwrap(), before, "{about}: the only good copy stays");
    }
    // The backup is of before the last change; the hosts tell the rest.
    workspace.ends(&["apply", "-auto-approve"], 0);
    workspace.ends(&["plan", "-detailed-exitcode"], 0);
    for (n, damaged) in asides.iter().enumerate() {
        let number = if n == 0 { String::new() } else { format!(".{}", n + 1) };
        let kept = workspace.state_file(&format!(".damaged{number}"));
        assert_eq!(&fs::read(kept).unwrap(), damaged);
    }
}

#[test]
fn a_state_without_a_backup_says_what_there_is_to_do() {
    let workspace = Workspace::new(&hcl(1));
    fs::write(workspace.state_file(""), "").unwrap();
    let said = workspace.ends(&["plan"], 3);
    assert!(said.contains("There is no backup") && said.contains("state push -force"), "{said}");
}

#[test]
fn a_journal_fits_one_state_only() {
    let workspace = Workspace::new(&hcl(1));
    let own = journal_of_a_killed_run(&workspace);
    let (state, journal) = (workspace.state_file(""), workspace.state_file(".journal"));
    let sound = fs::read(&state).unwrap();
    let other = Workspace::new(&hcl(1));
    let foreign = journal_of_a_killed_run(&other);
    fs::write(&journal, &foreign).unwrap();
    for command in [&["plan"][..], &["apply", "-auto-approve"]] {
        let said = workspace.ends(command, 3);
        assert!(said.contains("Journal of another state"), "{said}");
        assert!(said.contains("it continues") && said.contains("It tells of"), "{said}");
    }
    assert_eq!(fs::read(&journal).unwrap(), foreign);
    // A journal without its state; the state is put back, and nothing is lost.
    fs::write(&journal, &own).unwrap();
    fs::rename(&state, workspace.work().join("copy.json")).unwrap();
    let said = workspace.ends(&["apply", "-auto-approve"], 3);
    assert!(said.contains("State missing") && said.contains("state push -force"), "{said}");
    assert_eq!(fs::read(&journal).unwrap(), own);
    workspace.ends(&["state", "push", "copy.json"], 3);
    workspace.ends(&["state", "push", "-force", "copy.json"], 0);
    assert_eq!(fs::read(&state).unwrap(), sound);
    workspace.ends(&["apply", "-auto-approve"], 0);
    workspace.ends(&["plan", "-detailed-exitcode"], 0);
}
