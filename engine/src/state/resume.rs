//! What to do with a journal that an earlier run left: decided here, done elsewhere.

use super::replay::Replay;
use super::{Entry, State};

/// What a journal that was found means.
#[derive(Debug, PartialEq)]
pub(super) enum Resume {
    /// There is nothing to take over; a journal that is there anyway may go.
    Nothing,
    /// Its facts are not part of the state yet.
    Fold(Vec<Entry>),
    /// The state says that a run elsewhere did not end.
    Elsewhere,
    /// It cannot be used; the reason is a sentence's end.
    Refuse(String),
}

/// A journal beside its state.
pub(super) fn beside(state: &State, replay: Option<Replay>) -> Resume {
    let Some(replay) = replay else { return Resume::Nothing };
    // A crash between replacing the state and removing the journal leaves one already folded.
    if replay.lineage == state.lineage && replay.serial < state.serial {
        return Resume::Nothing;
    }
    let first = state.lineage.is_empty() && state.serial == 0;
    if !first && (replay.lineage != state.lineage || replay.serial != state.serial) {
        return Resume::Refuse(continues(&replay, state));
    }
    match replay.entries.is_empty() {
        true => Resume::Nothing,
        false => Resume::Fold(replay.entries),
    }
}

/// A journal in a working directory, whose state others can reach too.
pub(super) fn away(state: &State, replay: Option<Replay>) -> Resume {
    let open = state.runs.open.as_ref();
    let absent = || if open.is_some() { Resume::Elsewhere } else { Resume::Nothing };
    let Some(replay) = replay else { return absent() };
    let own = open.is_some_and(|open| open.id == replay.run);
    match () {
        () if own && replay.lineage == state.lineage && replay.serial == state.serial => {
            Resume::Fold(replay.entries)
        }
        // The run ended before the state named it, hence before it did anything.
        () if replay.entries.is_empty() => absent(),
        () if own || replay.lineage != state.lineage || replay.serial > state.serial => {
            Resume::Refuse(continues(&replay, state))
        }
        () if state.runs.abandoned.contains(&replay.run) => Resume::Refuse(format!(
            "its run was given up with \"force-unlock -journal-lost\", and the state has gone on \
             without it. It tells of {}. Compare them with the state, then remove the journal",
            named(&replay.entries)
        )),
        // Only folding it in, or giving it up, takes a run's name out of the state.
        () => absent(),
    }
}

fn continues(replay: &Replay, state: &State) -> String {
    let told = match named(&replay.entries) {
        names if names.is_empty() => "It tells of no object".to_owned(),
        names => format!("It tells of {names}"),
    };
    format!(
        "it continues lineage {} serial {}, the state has lineage {} serial {}. {told}",
        replay.lineage, replay.serial, state.lineage, state.serial
    )
}

/// How many names a sentence has; the others are counted.
const NAMED: usize = 20;

fn named(entries: &[Entry]) -> String {
    let names = entries.iter().filter_map(|entry| match entry {
        Entry::Began { addr, .. }
        | Entry::Step { addr, .. }
        | Entry::Became { addr, .. }
        | Entry::Gone { addr } => Some(addr.to_string()),
        Entry::Moved { to, .. } => Some(to.to_string()),
        Entry::Outputs { .. } | Entry::Checks { .. } => None,
    });
    let names: std::collections::BTreeSet<String> = names.collect();
    let told = names.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().checked_sub(NAMED).filter(|more| *more > 0) {
        Some(more) => format!("{told} and {more} more"),
        None => told,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Holder, Runs};
    use super::*;

    fn state(serial: u64, open: Option<&str>) -> State {
        let open = open.map(|id| Holder { id: id.to_owned(), ..Holder::default() });
        let runs = Runs { open, abandoned: ["lost".to_owned()].into() };
        State { lineage: "l".to_owned(), serial, runs, ..State::default() }
    }

    fn replay(run: &str, serial: u64, facts: usize) -> Option<Replay> {
        let gone = Entry::Gone { addr: "host_file.a".parse().unwrap() };
        let (lineage, run) = ("l".to_owned(), run.to_owned());
        Some(Replay { lineage, serial, run, entries: vec![gone; facts] })
    }

    fn kind(resume: &Resume) -> &'static str {
        match resume {
            Resume::Nothing => "nothing",
            Resume::Fold(_) => "fold",
            Resume::Elsewhere => "elsewhere",
            Resume::Refuse(_) => "refuse",
        }
    }

    #[test]
    fn a_journal_away_from_its_state_is_folded_once_and_never_forgotten() {
        for (why, state, replay, expected) in [
            ("quiet", state(3, None), None, "nothing"),
            ("another machine died", state(3, Some("b")), None, "elsewhere"),
            ("we died", state(3, Some("a")), replay("a", 3, 2), "fold"),
            ("we died before the first fact", state(3, Some("a")), replay("a", 3, 0), "fold"),
            ("we died before the state named us", state(2, None), replay("a", 3, 0), "nothing"),
            ("... and another died since", state(4, Some("b")), replay("a", 3, 0), "elsewhere"),
            ("folded, the journal not removed", state(4, None), replay("a", 3, 2), "nothing"),
            ("... and another died since", state(9, Some("b")), replay("a", 3, 2), "elsewhere"),
            ("we were given up", state(4, None), replay("lost", 3, 2), "refuse"),
            ("the state was set back", state(2, None), replay("a", 3, 2), "refuse"),
            ("the state is an altered one", state(5, Some("a")), replay("a", 3, 2), "refuse"),
        ] {
            assert_eq!(kind(&away(&state, replay)), expected, "{why}");
        }
    }

    #[test]
    fn a_journal_that_was_given_up_names_its_objects() {
        let Resume::Refuse(reason) = away(&state(4, None), replay("lost", 3, 2)) else { panic!() };
        assert!(reason.contains("It tells of host_file.a. "), "{reason}");
    }
}
