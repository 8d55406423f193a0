//! Arguments that say what a plan is about.

use clap::Args as ClapArgs;
use quorate_engine::addr::InstanceAddr;
use quorate_engine::diag::Diagnostic;
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

    /// What contradicts what: each of these modes is about something else.
    pub fn contradiction(&self, goal: Goal, refresh: bool) -> Option<Diagnostic> {
        if self.refresh_only && !refresh {
            let detail = "It doesn't make sense to use -refresh-only at the same time as \
                          -refresh=false, because there would be nothing to do.";
            return Some(Diagnostic::error("Incompatible refresh options", detail));
        }
        if goal == Goal::Destroy && !self.replace.is_empty() {
            let detail = "Forcing resource instance replacement (with -replace=...) is allowed only \
                          in normal planning mode, and this plan destroys.";
            return Some(Diagnostic::error("Unsupported plan mode", detail));
        }
        None
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
