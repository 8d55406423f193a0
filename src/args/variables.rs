//! `-var` and `-var-file`, in the order in which they were typed: later ones win.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};

/// Values of input variables.
#[derive(Clone, Debug, Default)]
pub struct VariableArgs {
    /// All of them in the order in which they were typed.
    pub given: Vec<Assignment>,
}

/// One `-var` or `-var-file`.
#[derive(Clone, PartialEq, Eq)]
pub enum Assignment {
    /// `name=value`
    Value(String),
    /// The file with values.
    File(PathBuf),
}

/// Shows no value: it may be a secret.
impl std::fmt::Debug for Assignment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Assignment::Value(text) => {
                write!(f, "-var {}=…", text.split('=').next().unwrap_or_default())
            }
            Assignment::File(path) => write!(f, "-var-file {}", path.display()),
        }
    }
}

const VAR: &str = "var";
const FILE: &str = "var-file";

impl Args for VariableArgs {
    fn augment_args(command: Command) -> Command {
        let var = Arg::new(VAR)
            .long(VAR)
            .value_name("NAME=VALUE")
            .allow_hyphen_values(true)
            .action(ArgAction::Append)
            .help("Set an input variable; may be repeated");
        let file = Arg::new(FILE)
            .long(FILE)
            .value_name("FILE")
            .value_parser(clap::value_parser!(PathBuf))
            .action(ArgAction::Append)
            .help("Read values of input variables from a file; may be repeated, later ones win");
        command.arg(var).arg(file)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for VariableArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut given = Vec::new();
        let values = matches.get_many::<String>(VAR).into_iter().flatten();
        let places = matches.indices_of(VAR).into_iter().flatten();
        given.extend(places.zip(values.cloned().map(Assignment::Value)));
        let values = matches.get_many::<PathBuf>(FILE).into_iter().flatten();
        let places = matches.indices_of(FILE).into_iter().flatten();
        given.extend(places.zip(values.cloned().map(Assignment::File)));
        given.sort_by_key(|(place, _)| *place);
        Ok(VariableArgs { given: given.into_iter().map(|(_, assignment)| assignment).collect() })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
