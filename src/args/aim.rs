//! Arguments that say what a plan is about.

use clap::Args as ClapArgs;
use quorate_engine::addr::InstanceAddr;
use quorate_engine::plan::{Aim, Extent, Goal, Refresh, Target};

/// How much a plan is about, and what it does besides what the configuration asks for.
#[derive(Clone, Debug, Default, ClapArgs)]
pub struct AimArgs {
    /// Plan only for this module, resource or instance and what it depends on (repeatable).
    #[arg(long, value_name = "ADDR", conflicts_with = "exclude")]
    pub target: Vec<Target>,
    /// Leave out this module, resource or instance and what depends on it (repeatable).
    #[arg(long, value_name = "ADDR")]
    pub exclude: Vec<Target>,
    /// Make this object anew although nothing else requires it (repeatable).
    #[arg(long, value_name = "ADDR", conflicts_with = "refresh_only")]
    pub replace: Vec<InstanceAddr>,
    /// Only record in the state what was changed outside; change nothing else.
    #[arg(long)]
    pub refresh_only: bool,
}

impl AimArgs {
    /// Whether nothing was said.
    pub fn is_default(&self) -> bool {
        let AimArgs { target, exclude, replace, refresh_only } = self;
        target.is_empty() && exclude.is_empty() && replace.is_empty() && !refresh_only
    }

    /// What a plan is to achieve, unless only the state is to follow.
    pub fn aim(&self, goal: Goal, refresh: bool) -> Aim {
        let extent = match (self.target.is_empty(), self.exclude.is_empty()) {
            (true, true) => Extent::All,
            (false, _) => Extent::Only(self.target.clone()),
            (true, false) => Extent::AllBut(self.exclude.clone()),
        };
        Aim {
            goal: if self.refresh_only { Goal::RefreshOnly } else { goal },
            refresh: if refresh { Refresh::Ask } else { Refresh::Believe },
            replace: self.replace.iter().cloned().collect(),
            extent,
            import: Default::default(),
        }
    }
}
