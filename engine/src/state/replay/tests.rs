use super::super::disk::OsDisk;
use super::super::files::Files;
use super::super::journal::Journal;
use super::*;

fn gone(name: &str) -> Entry {
    Entry::Gone { addr: format!("host_file.{name}").parse().unwrap() }
}

fn journal(batches: &[&[Entry]]) -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal");
    let files = Files(std::sync::Arc::new(OsDisk));
    let mut journal = Journal::begin(&files, &path, "l", 3, "r").unwrap();
    batches.iter().for_each(|batch| journal.append(batch).unwrap());
    std::fs::read(path).unwrap()
}

/// A header, and batches of one, three and two facts.
fn sample() -> Vec<u8> {
    let [a, b, c, d, e, f] = ["a", "b", "c", "d", "e", "f"].map(gone);
    journal(&[&[a], &[b, c, d], &[e, f]])
}

fn lines(text: &[u8]) -> Vec<&[u8]> {
    text.split_inclusive(|byte| *byte == b'\n').collect()
}

/// How many facts are read.
fn count(text: &[u8]) -> Result<usize, Unreadable> {
    replay(text).map(|replay| replay.entries.len())
}

fn is_damaged(text: &[u8], sound: usize, about: &str) {
    match replay(text) {
        Err(Unreadable::Damaged { sound: found, reason }) => {
            assert_eq!(found, sound, "{about}: {reason}");
        }
        other => panic!("{about}: {other:?}"),
    }
}

#[test]
fn a_torn_end_never_counted() {
    let all = sample();
    let ends: Vec<usize> = (1..=all.len()).filter(|end| all[end - 1] == b'\n').collect();
    for cut in ends[0]..all.len() {
        let whole = ends.iter().filter(|end| **end <= cut).count();
        assert_eq!(count(&all[..cut]), Ok(whole - 1), "cut at {cut}");
    }
}

#[test]
fn a_journal_without_its_header_is_damaged() {
    let all = sample();
    let header = all.iter().position(|byte| *byte == b'\n').unwrap();
    for cut in 0..=header {
        is_damaged(&all[..cut], 0, "cut in the header");
    }
    is_damaged(&all[header + 1..], 0, "no header");
}

#[test]
fn of_the_last_batch_any_sectors_may_be_lost() {
    let all = sample();
    let before: usize = lines(&all)[..5].iter().map(|line| line.len()).sum();
    for from in before..all.len() {
        for length in [1, 20, 64, 512] {
            let mut text = all.clone();
            let to = (from + length).min(text.len());
            text[from..to].fill(0);
            assert!(count(&text).is_ok_and(|count| (4..6).contains(&count)), "{from} {length}");
        }
    }
}

#[test]
fn what_an_earlier_flush_had_is_never_torn() {
    let all = sample();
    let end: usize = lines(&all)[..5].iter().map(|line| line.len()).sum();
    for from in 0..end {
        for length in [1, 20, 64] {
            let mut text = all.clone();
            text[from..(from + length).min(end)].fill(0);
            let found = lines(&all[..from]).iter().filter(|line| line.ends_with(b"\n")).count();
            is_damaged(&text, found, &format!("zeros at {from}, {length}"));
        }
    }
}

#[test]
fn no_changed_byte_goes_unnoticed() {
    let all = sample();
    for at in 0..all.len() {
        for bits in [0x01, 0x10, 0x80] {
            let mut text = all.clone();
            text[at] ^= bits;
            let sound = lines(&all[..at]).iter().filter(|line| line.ends_with(b"\n")).count();
            match at + 1 == all.len() {
                // Without its end the last line is as a crash leaves it.
                true => assert_eq!(count(&text), Ok(5)),
                false => is_damaged(&text, sound, &format!("byte {at} ^ {bits:#x}")),
            }
        }
    }
}

#[test]
fn lines_out_of_turn_are_noticed() {
    let all = sample();
    let lines = lines(&all);
    for first in 0..lines.len() {
        for second in first + 1..lines.len() {
            let mut swapped = lines.clone();
            swapped.swap(first, second);
            is_damaged(&swapped.concat(), first, &format!("{first} and {second} swapped"));
        }
        let mut twice = lines.clone();
        twice.insert(first, lines[first]);
        is_damaged(&twice.concat(), first + 1, &format!("{first} twice"));
        let mut without = lines.clone();
        without.remove(first);
        if first + 1 < lines.len() {
            is_damaged(&without.concat(), first, &format!("{first} missing"));
        }
    }
}

#[test]
fn foreign_text_is_noticed_wherever_it_stands() {
    let all = sample();
    let lines = lines(&all);
    let other = journal(&[&[gone("x"), gone("y")]]);
    for foreign in [
        &b"nonsense\n"[..],
        b"\n",
        b"\xff\xfe\n",
        b"{\"version\": 2}\n",
        b"00000000 2.2 {}\n",
        b"00000000 99999999999999999999999.2 {}\n",
        b"<<<<<<< HEAD\n",
        &other,
    ] {
        for at in 0..=lines.len() {
            let text = [&lines[..at].concat(), foreign, &lines[at..].concat()].concat();
            let own = usize::from(foreign == other && at == 0) * 3;
            is_damaged(&text, at + own, &format!("{:?} at {at}", String::from_utf8_lossy(foreign)));
        }
        if foreign != other {
            is_damaged(foreign, 0, "alone");
        }
    }
}

#[test]
fn what_no_text_is_is_noticed() {
    for (about, text) in [
        ("nothing", vec![]),
        ("zeros", vec![0; 4096]),
        ("ones", vec![0xff; 4096]),
        ("huge, one line", vec![b'x'; 20_000_000]),
        ("huge, all lines", vec![b'\n'; 2_000_000]),
        ("deep", vec![b'['; 1_000_000]),
    ] {
        is_damaged(&text, 0, about);
    }
    let mut huge_end = sample();
    huge_end.extend(vec![0; 20_000_000]);
    assert_eq!(count(&huge_end), Ok(6), "a file that was made longer and not written");
}

#[test]
fn a_newer_version_is_told() {
    let header = r#"1.1 {"kind":"later","version":9,"form":"another"}"#;
    let text = format!("{} {header}\n", check(header));
    assert_eq!(replay(text.as_bytes()).unwrap_err(), Unreadable::Newer(9));
}
