//! Arguments of the commands that change what the state says and nothing else.

use std::path::PathBuf;

use clap::Args as ClapArgs;
use quorate_engine::addr::InstanceAddr;
use quorate_engine::plan::Target;

use super::{VariableArgs, duration};

/// Arguments of `taint` and `untaint`.
#[derive(Clone, Debug, ClapArgs)]
pub struct TaintArgs {
    /// The object's address.
    pub address: InstanceAddr,
    /// Succeed even if the state has no such object.
    #[arg(long)]
    pub allow_missing: bool,
    /// How to wait for the state.
    #[command(flatten)]
    pub lock: LockArgs,
}

/// How to wait for the state.
#[derive(Clone, Copy, Debug, ClapArgs)]
pub struct LockArgs {
    /// How long to wait for the state's lock: 30s, 5m.
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = duration)]
    pub lock_timeout: std::time::Duration,
}

/// Arguments of `import`.
#[derive(Clone, Debug, ClapArgs)]
pub struct ImportArgs {
    /// The address it becomes; its block must be in the configuration.
    pub address: InstanceAddr,
    /// What it is known by outside, such as the path of a file.
    pub id: String,
    /// Values of input variables.
    #[command(flatten)]
    pub variables: VariableArgs,
    /// How to wait for the state.
    #[command(flatten)]
    pub lock: LockArgs,
}

/// Arguments of `state mv`.
#[derive(Clone, Debug, ClapArgs)]
pub struct MoveArgs {
    /// Where it is: a module, a resource or an instance.
    pub source: Target,
    /// Where it shall be.
    pub destination: Target,
    /// Only say what would be done.
    #[arg(long)]
    pub dry_run: bool,
    /// How to wait for the state.
    #[command(flatten)]
    pub lock: LockArgs,
}

/// Arguments of `state rm`.
#[derive(Clone, Debug, ClapArgs)]
pub struct RemoveArgs {
    /// Modules, resources or instances.
    #[arg(required = true)]
    pub addresses: Vec<Target>,
    /// Only say what would be done.
    #[arg(long)]
    pub dry_run: bool,
    /// How to wait for the state.
    #[command(flatten)]
    pub lock: LockArgs,
}

/// Arguments of `state reseal`.
#[derive(Clone, Debug, ClapArgs)]
pub struct ResealArgs {
    /// What the state is sealed with now: a file with an identity or a passphrase. Without it,
    /// whatever is at hand is tried.
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,
    /// Open everything and say what would be done; write nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask, also where nothing at hand opens the state afterwards.
    #[arg(long)]
    pub auto_approve: bool,
    /// How to wait for the state.
    #[command(flatten)]
    pub lock: LockArgs,
}
