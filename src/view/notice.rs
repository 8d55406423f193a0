//! What a plan warns of, as it is kept with a saved plan: for the text, the comment and the page.

use quorate_engine::desired::CheckResult;
use quorate_engine::diag::Diagnostic;
use quorate_engine::plan::Plan;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::json::checks::display;

/// One warning of a plan.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Notice {
    /// What it is about, in few words.
    pub title: String,
    /// Sentences.
    pub detail: String,
    /// The object, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

impl Notice {
    fn of(diagnostic: &Diagnostic) -> Notice {
        Notice {
            title: diagnostic.summary.to_owned(),
            detail: diagnostic.detail.clone(),
            address: diagnostic.address.clone(),
        }
    }

    /// `terraform_data.a: Resource targeting is in effect. The plan …`
    pub fn sentence(&self) -> String {
        let about = self.address.as_ref().map(|addr| format!("{addr}: ")).unwrap_or_default();
        format!("{about}{}. {}", self.title.trim_end_matches('.'), self.detail)
    }
}

/// Everything that a plan warns of, each thing once.
pub fn notices(plan: &Plan) -> Vec<Notice> {
    let checks = plan.checks.iter().flat_map(of_check);
    let mut all = Vec::new();
    for notice in plan.warnings.iter().map(Notice::of).chain(checks) {
        if !all.contains(&notice) {
            all.push(notice);
        }
    }
    all
}

fn of_check(check: &CheckResult) -> impl Iterator<Item = Notice> {
    check.instances.iter().flatten().flat_map(|checked| {
        let address = display(&checked.module.to_string(), &check.subject);
        let named =
            move |diagnostic| Notice { address: Some(address.clone()), ..Notice::of(diagnostic) };
        checked.problems.iter().map(named)
    })
}

/// Those that were saved with a plan.
pub fn saved(review: &Json) -> Vec<Notice> {
    serde_json::from_value(review["notices"].clone()).unwrap_or_default()
}
