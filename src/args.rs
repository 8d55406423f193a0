//! Arguments as typed.

mod aim;
pub mod completion;
mod edit;
mod environment;
mod mistyped;
mod normalize;
mod variables;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{ArgAction, Args as ClapArgs, CommandFactory, Parser, Subcommand, ValueEnum};

use crate::view::Detail;
pub use aim::AimArgs;
pub use edit::{ImportArgs, MoveArgs, RemoveArgs, ResealArgs, TaintArgs};
use normalize::Flags;
pub use variables::{Assignment, VariableArgs};

/// Behind what a command has of its own.
const LAST: usize = 900;

/// Plan and apply for highly available etcd clusters.
///
/// The usual way: "init" once, then "plan" to see what would change and "apply" to change it.
/// Flags may be written with one dash or with two.
#[derive(Debug, Parser)]
#[command(
    name = "quorate",
    version,
    disable_help_subcommand = true,
    infer_long_args = false,
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = "Example:\n  quorate -C clusters/prod plan"
)]
pub struct Args {
    /// Work in DIR instead of the current directory.
    #[arg(short = 'C', long = "chdir", value_name = "DIR", global = true, display_order = LAST)]
    pub chdir: Option<PathBuf>,
    /// Write no colours.
    #[arg(long, global = true, display_order = LAST)]
    pub no_color: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Prepare a working directory: its folder, and an identity for sealed secrets.
    #[command(after_help = "Example:\n  quorate init -migrate-state")]
    Init(InitArgs),
    /// Check whether the configuration is valid, without looking at any host.
    #[command(after_help = "Example:\n  quorate validate -json")]
    Validate(ValidateArgs),
    /// Lay out configuration files in the one usual way.
    #[command(after_help = "Example:\n  quorate fmt -check -diff -recursive")]
    Fmt(FmtArgs),
    /// Show what would change, and change nothing.
    #[command(after_help = "Example:\n  quorate plan -var-file=prod.vars.hcl -detailed-exitcode")]
    Plan(PlanArgs),
    /// Create, update or replace objects until the hosts match the configuration.
    #[command(after_help = "Example:\n  quorate apply -auto-approve")]
    Apply(ApplyArgs),
    /// Remove every object that the state knows.
    #[command(
        // Taken, to say why they are no part of it.
        after_help = "Example:\n  quorate destroy",
        mut_arg("file", |arg| arg.hide(true)), mut_arg("replace", |arg| arg.hide(true)),
        mut_arg("refresh_only", |arg| arg.hide(true)))]
    Destroy(ApplyArgs),
    /// Show the objects in the state with their attributes, or a saved plan.
    #[command(after_help = "Example:\n  quorate show plan.bin")]
    Show(ShowArgs),
    /// Show output values from the state.
    #[command(after_help = "Example:\n  quorate output -raw endpoints")]
    Output(OutputArgs),
    /// Look into the state, and change what it says.
    #[command(subcommand_required = true, after_help = "Example:\n  quorate state list")]
    State(StateArgs),
    /// Have the state take over an object that exists already; nothing outside changes.
    #[command(after_help = "Example:\n  quorate import host_file.motd infra0:/etc/motd")]
    Import(ImportArgs),
    /// Mark an object as one that the next apply makes anew.
    #[command(after_help = "Example:\n  quorate taint 'pki_certificate.peer[\"infra0\"]'")]
    Taint(TaintArgs),
    /// Take such a mark away.
    #[command(after_help = "Example:\n  quorate untaint 'pki_certificate.peer[\"infra0\"]'")]
    Untaint(TaintArgs),
    /// Try out expressions: one a line, from a terminal or a pipe.
    #[command(after_help = "Example:\n  quorate console -var size=3")]
    Console(ConsoleArgs),
    /// Print the graph of objects in DOT, for Graphviz.
    #[command(after_help = "Example:\n  quorate graph | dot -Tsvg > graph.svg")]
    Graph(GraphArgs),
    /// Print what makes a shell complete commands, flags, addresses and outputs.
    #[command(after_help = "Example:\n  quorate completion bash > /etc/bash_completion.d/quorate")]
    Completion {
        /// The shell.
        shell: completion::Shell,
    },
    /// Write the manual pages into a folder.
    #[command(after_help = "Example:\n  quorate man /usr/local/share/man/man1")]
    Man {
        /// The folder.
        dir: PathBuf,
    },
    /// Take the lock of the state away from a process that is dead.
    #[command(after_help = "Example:\n  quorate force-unlock 6b1b7a6e-6c54-4d0c-8f2b-0f1f5a1c9a01")]
    ForceUnlock(ForceUnlockArgs),
    /// Print the version.
    #[command(after_help = "Example:\n  quorate version")]
    Version,
}

/// What `init` takes.
#[derive(Clone, Debug, Default, ClapArgs)]
pub struct InitArgs {
    /// A setting of the backend that the configuration leaves out, or a file with lines of the form
    /// NAME = VALUE; never a secret.
    #[arg(long, value_name = "NAME=VALUE|FILE")]
    pub backend_config: Vec<String>,
    /// Use the backend of the configuration as it is, and leave the state where it was.
    #[arg(long, conflicts_with = "migrate_state")]
    pub reconfigure: bool,
    /// Copy the state to the backend of the configuration.
    #[arg(long)]
    pub migrate_state: bool,
    /// The same without asking, also over a state that is there.
    #[arg(long)]
    pub force_copy: bool,
    /// Whether to ask; with "false" a missing answer is an error.
    #[arg(long, value_name = "BOOL", default_value_t = true, action = ArgAction::Set,
          num_args = 0..=1, require_equals = true, default_missing_value = "true",
          hide_possible_values = true)]
    pub input: bool,
}

/// What `force-unlock` takes.
#[derive(Clone, Debug, ClapArgs)]
pub struct ForceUnlockArgs {
    /// The id of the lock, from the message about it.
    pub id: String,
    /// Do not ask.
    #[arg(long)]
    pub force: bool,
    /// Give up the run with that id, whose journal is lost: what only it knew is forgotten.
    #[arg(long)]
    pub journal_lost: bool,
}

/// What `graph` takes.
#[derive(Clone, Debug, ClapArgs)]
pub struct GraphArgs {
    /// Values of input variables.
    #[command(flatten)]
    pub variables: VariableArgs,
    /// Draw variables, values, outputs and module calls too, or the order of removals, instead of the
    /// blocks alone.
    #[arg(long = "type", value_name = "TYPE", value_enum)]
    pub operation: Option<GraphType>,
    /// Draw what a saved plan was made from, instead of the configuration here; implies -type=apply.
    #[arg(long, value_name = "FILE")]
    pub plan: Option<PathBuf>,
    /// Accepted for scripts: a configuration with a cycle is refused, and the message names it.
    #[arg(long)]
    pub draw_cycles: bool,
}

/// What a graph is drawn for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GraphType {
    /// What a plan evaluates.
    Plan,
    /// The same.
    PlanRefreshOnly,
    /// What goes before what when everything is removed.
    PlanDestroy,
    /// What a plan evaluates.
    Apply,
}

/// What `validate` takes.
#[derive(Clone, Debug, ClapArgs)]
pub struct ValidateArgs {
    /// Values of input variables. Without any, all variables are taken as not known.
    #[command(flatten)]
    pub variables: VariableArgs,
    /// Write the messages as JSON, in Terraform's shape.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `fmt`.
#[derive(Clone, Debug, ClapArgs)]
pub struct FmtArgs {
    /// Files, and folders whose files are meant; "-" is the standard input. Without any, the
    /// current folder.
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Whether to list the files that are not laid out.
    #[arg(long, value_name = "BOOL", default_value_t = true, action = ArgAction::Set,
          num_args = 0..=1, require_equals = true, default_missing_value = "true",
          hide_possible_values = true)]
    pub list: bool,
    /// Whether to write the files.
    #[arg(long, value_name = "BOOL", default_value_t = true, action = ArgAction::Set,
          num_args = 0..=1, require_equals = true, default_missing_value = "true",
          hide_possible_values = true)]
    pub write: bool,
    /// Show what changes, as a diff.
    #[arg(long, value_name = "BOOL", default_value_t = false, action = ArgAction::Set,
          num_args = 0..=1, require_equals = true, default_missing_value = "true",
          hide_possible_values = true)]
    pub diff: bool,
    /// Write nothing, and end with exit code 3 when a file is not laid out.
    #[arg(long, value_name = "BOOL", default_value_t = false, action = ArgAction::Set,
          num_args = 0..=1, require_equals = true, default_missing_value = "true",
          hide_possible_values = true)]
    pub check: bool,
    /// Go into the folders within folders, too.
    #[arg(long, value_name = "BOOL", default_value_t = false, action = ArgAction::Set,
          num_args = 0..=1, require_equals = true, default_missing_value = "true",
          hide_possible_values = true)]
    pub recursive: bool,
}

impl Command {
    /// Whether warnings are wanted by their titles only.
    pub fn compact_warnings(&self) -> bool {
        match self {
            Command::Plan(args) => args.work.compact_warnings,
            Command::Apply(args) | Command::Destroy(args) => args.work.compact_warnings,
            _ => false,
        }
    }

    /// How much of a plan is wanted.
    pub fn detail(&self) -> Detail {
        let is_verbose = match self {
            Command::Plan(args) => args.work.verbose,
            Command::Apply(args) | Command::Destroy(args) => args.work.verbose,
            Command::Show(args) => args.verbose,
            _ => false,
        };
        if is_verbose { Detail::Full } else { Detail::Brief }
    }

    /// Whether whoever sits at the terminal may be asked for what is missing.
    pub fn may_ask(&self) -> bool {
        match self {
            Command::Init(args) => args.input,
            Command::Plan(args) => args.work.input,
            Command::Apply(args) | Command::Destroy(args) => args.work.input,
            _ => true,
        }
    }
}

/// How to read hosts and the state.
#[derive(Clone, Debug, ClapArgs)]
pub struct WorkArgs {
    /// Values of input variables.
    #[command(flatten)]
    pub variables: VariableArgs,
    /// What the plan is about.
    #[command(flatten)]
    pub aim: AimArgs,
    /// Show warnings by their titles only, unless there is an error.
    #[arg(long)]
    pub compact_warnings: bool,
    /// Show every object of the plan whole, also what repeats or follows from the rest.
    #[arg(long)]
    pub verbose: bool,
    /// How many objects are worked on at the same time.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..))]
    pub parallelism: u16,
    /// Whether to lock the state; with "false" nothing keeps others from changing it.
    #[arg(long, value_name = "BOOL", default_value_t = true, action = ArgAction::Set,
          num_args = 0..=1, require_equals = true, default_missing_value = "true",
          hide_possible_values = true)]
    pub lock: bool,
    /// How long to wait for the state's lock: 30s, 5m.
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = duration)]
    pub lock_timeout: std::time::Duration,
    /// Whether to look at the hosts first; with "false" the state is believed and no host is asked.
    #[arg(long, value_name = "BOOL", default_value_t = true, action = ArgAction::Set,
          num_args = 0..=1, require_equals = true, default_missing_value = "true",
          hide_possible_values = true)]
    pub refresh: bool,
    /// Whether to ask; with "false" a missing answer is an error.
    #[arg(long, value_name = "BOOL", default_value_t = true, action = ArgAction::Set,
          num_args = 0..=1, require_equals = true, default_missing_value = "true",
          hide_possible_values = true)]
    pub input: bool,
}

/// Arguments of `plan`.
#[derive(Clone, Debug, ClapArgs)]
pub struct PlanArgs {
    /// Save the plan in FILE, for "apply FILE" and "show FILE".
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Plan to remove every object.
    #[arg(long, conflicts_with = "refresh_only")]
    pub destroy: bool,
    /// End with exit code 2 when there are changes.
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// Write events as JSON, one object a line.
    #[arg(long)]
    pub json: bool,
    /// How to read hosts and the state.
    #[command(flatten)]
    pub work: WorkArgs,
}

/// Arguments of `apply` and `destroy`.
#[derive(Clone, Debug, ClapArgs)]
pub struct ApplyArgs {
    /// Do not ask for approval.
    #[arg(long)]
    pub auto_approve: bool,
    /// Apply the plan that "plan -out=FILE" saved, without asking (only with "apply").
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Write events as JSON, one object a line; needs -auto-approve or a saved plan.
    #[arg(long)]
    pub json: bool,
    /// How to read hosts and the state.
    #[command(flatten)]
    pub work: WorkArgs,
}

/// Arguments of `show`.
#[derive(Clone, Debug, ClapArgs)]
pub struct ShowArgs {
    /// A saved plan, or a state file, to show instead of the current state.
    pub file: Option<PathBuf>,
    /// Write JSON.
    #[arg(long)]
    pub json: bool,
    /// Show every object of a saved plan whole, also what repeats or follows from the rest.
    #[arg(long, requires = "file", conflicts_with_all = ["json", "markdown", "html"])]
    pub verbose: bool,
    /// Write a saved plan as a comment for a pull request.
    #[arg(long, requires = "file", conflicts_with_all = ["json", "html"])]
    pub markdown: bool,
    /// Write a saved plan as one self-contained page.
    #[arg(long, requires = "file", conflicts_with = "json")]
    pub html: bool,
}

/// Arguments of `console`.
#[derive(Clone, Debug, ClapArgs)]
pub struct ConsoleArgs {
    /// Values of input variables.
    #[command(flatten)]
    pub variables: VariableArgs,
    /// Make a plan first, and answer with the values that it has.
    #[arg(long)]
    pub plan: bool,
    /// Read the state from FILE.
    #[arg(long, value_name = "FILE")]
    pub state: Option<PathBuf>,
}

/// Arguments of `output`.
#[derive(Clone, Debug, ClapArgs)]
pub struct OutputArgs {
    /// Only this output.
    pub name: Option<String>,
    /// Write JSON.
    #[arg(long, conflicts_with = "raw")]
    pub json: bool,
    /// Write the text of one string, number or bool as it is.
    #[arg(long, requires = "name")]
    pub raw: bool,
}

/// Arguments of `state`.
#[derive(Clone, Debug, ClapArgs)]
pub struct StateArgs {
    /// What to do with the state.
    #[command(subcommand)]
    pub command: StateCommand,
}

/// What to do with the state.
#[derive(Clone, Debug, Subcommand)]
pub enum StateCommand {
    /// List the addresses of all objects.
    #[command(after_help = "Example:\n  quorate state list module.etcd")]
    List {
        /// Only objects at or below one of these addresses.
        addresses: Vec<String>,
        /// Only objects whose attribute "id" has this value.
        #[arg(long, value_name = "ID")]
        id: Option<String>,
    },
    /// Give objects in the state another address; nothing outside changes.
    #[command(after_help = "Example:\n  quorate state mv pki_ca.etcd module.etcd.pki_ca.this")]
    Mv(MoveArgs),
    /// Make the state forget objects; on their hosts they stay as they are.
    #[command(after_help = "Example:\n  quorate state rm 'etcd_static_pod.member[\"infra0\"]'")]
    Rm(RemoveArgs),
    /// Seal all secrets in the state anew, for those whom the "seal" block names now.
    #[command(after_help = "Example:\n  quorate state reseal -from=old-identity.txt")]
    Reseal(ResealArgs),
    /// Write the state to the standard output; secrets stay sealed.
    #[command(after_help = "Example:\n  quorate state pull > state.json")]
    Pull,
    /// Put the state in FILE ("-": the standard input) in the place of the present one.
    #[command(after_help = "Example:\n  quorate state push state.json")]
    Push {
        /// The file.
        file: PathBuf,
        /// Also over a newer one, or one of another history.
        #[arg(long)]
        force: bool,
        /// How long to wait for the state's lock: 30s, 5m.
        #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = duration)]
        lock_timeout: std::time::Duration,
    },
    /// Show one object.
    #[command(after_help = "Example:\n  quorate state show pki_ca.etcd")]
    Show {
        /// Its address.
        address: String,
        /// Write JSON.
        #[arg(long)]
        json: bool,
    },
}

/// Reads arguments as a user typed them: flags with one dash or two, further ones from
/// `QUORATE_CLI_ARGS`.
pub fn parse(
    typed: impl IntoIterator<Item = OsString>,
    variable: &dyn Fn(&str) -> Option<OsString>,
) -> Result<Args, clap::Error> {
    let command = Args::command();
    let flags = Flags::of(&command);
    let typed: Vec<OsString> = typed.into_iter().collect();
    let completed = environment::complete(&typed, &command, &flags, variable)
        .map_err(|text| command.clone().error(clap::error::ErrorKind::InvalidValue, text))?;
    let line = normalize::normalize(completed, &flags);
    Args::try_parse_from(&line).map_err(|error| mistyped::suggest(error, &command, &line))
}

/// A duration as Terraform users write it: `30s`, `5m`, `1h`, `1m30s`.
fn duration(text: &str) -> Result<std::time::Duration, String> {
    let wrong = || format!("{text:?} is no duration; write it like 30s, 5m or 1m30s");
    let mut rest = text;
    let mut seconds = 0u64;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
        let number: u64 = rest[..end].parse().map_err(|_| wrong())?;
        let unit = match rest[end..].chars().next() {
            Some('s') => 1,
            Some('m') => 60,
            Some('h') => 3600,
            _ => return Err(wrong()),
        };
        let part = number.checked_mul(unit).ok_or_else(wrong)?;
        seconds = seconds.checked_add(part).ok_or_else(wrong)?;
        rest = &rest[end + 1..];
    }
    if text.is_empty() { Err(wrong()) } else { Ok(std::time::Duration::from_secs(seconds)) }
}

#[cfg(test)]
mod tests;
