//! The documented exit codes; `docs/errors.md` says what each means to a script.

use quorate_engine::diag::{Diagnostics, Fault};

/// How a command ended; what comes later is graver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// All is done, or there is nothing to do.
    Success,
    /// The configuration, the command line or an answer to a question was wrong.
    User,
    /// Changes are present, where `-detailed-exitcode` asked for that.
    Changes,
    /// A host, the network, a disk or a backend failed; also where a part was applied.
    World,
    /// The user interrupted.
    Interrupted,
    /// Files are not laid out, where `fmt -check` asked for that. Terraform's number.
    Untidy,
    /// `fmt` failed, for whatever reason. Terraform's number.
    FmtFailed,
    /// Quorate broke its own promise.
    Bug,
}

impl Exit {
    /// The number that the shell sees.
    pub fn code(self) -> u8 {
        match self {
            Exit::Success => 0,
            Exit::User => 1,
            Exit::Changes | Exit::FmtFailed => 2,
            Exit::World | Exit::Untidy => 3,
            Exit::Interrupted => 4,
            Exit::Bug => 70,
        }
    }

    /// How a command ends that reported these messages.
    pub fn of(diagnostics: &Diagnostics) -> Exit {
        match diagnostics.worst_fault() {
            None => Exit::Success,
            Some(Fault::User) => Exit::User,
            Some(Fault::World) => Exit::World,
            Some(Fault::Bug) => Exit::Bug,
        }
    }
}

#[cfg(test)]
mod tests {
    use quorate_engine::diag::Diagnostic;

    use super::*;

    #[test]
    fn the_worst_fault_decides() {
        let mut diagnostics = Diagnostics::default();
        diagnostics.push(Diagnostic::warning("w", "w"));
        assert_eq!(Exit::of(&diagnostics).code(), 0);
        diagnostics.error(Diagnostic::error("e", "e"));
        assert_eq!(Exit::of(&diagnostics).code(), 1);
        diagnostics.error(Diagnostic::world("e", "e"));
        assert_eq!(Exit::of(&diagnostics).code(), 3);
        diagnostics.error(Diagnostic::bug("e", "e"));
        assert_eq!(Exit::of(&diagnostics).code(), 70);
    }

    #[test]
    fn every_code_is_documented() {
        let page = include_str!("../docs/errors.md");
        let all =
            [Exit::Success, Exit::User, Exit::Changes, Exit::World, Exit::Interrupted, Exit::Bug];
        for exit in all {
            assert!(page.contains(&format!("| {} |", exit.code())), "{exit:?}");
        }
        for exit in [Exit::FmtFailed, Exit::Untidy] {
            assert!(page.contains(&format!("| {}, of `fmt` |", exit.code())), "{exit:?}");
        }
    }
}
