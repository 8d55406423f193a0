//! Former objects that stand where others are, or are to be made.

use super::Planner;
use crate::plan::check::{kept, takes_away};
use crate::plan::{Change, PlannedObject};
use crate::value::Value;

impl Planner<'_> {
    /// What a replacement left behind may stand where an object is wanted again. Where one is to be
    /// made there, what is left goes first; where one is there already, it is that one's now, and
    /// the state only forgets that it was another's.
    pub(super) fn make_room(&mut self) {
        let formers = (0..self.plan.objects.len())
            .filter(|index| self.plan.objects[*index].addr.deposed.is_some());
        for former in formers.collect::<Vec<_>>() {
            let Some(successor) = self.in_the_place_of(former) else { continue };
            match self.is_there(successor, former) {
                false => self.gives_way.push((former, successor)),
                true => {
                    let object = &mut self.plan.objects[former];
                    let before = object.change.before().cloned().unwrap_or(Value::NULL);
                    object.change = Change::Forget { before };
                }
            }
        }
    }

    /// The object that is to be where a former one is removed.
    fn in_the_place_of(&self, former: usize) -> Option<usize> {
        let steps = self.plan.objects[former].change.steps();
        let taken = |object: &PlannedObject| {
            let places = kept(object, object.change.after(), &self.inputs.registry);
            places.iter().any(|(host, path)| steps.iter().any(|s| takes_away(s, host, path)))
        };
        (0..self.plan.objects.len()).find(|index| {
            *index != former && !steps.is_empty() && taken(&self.plan.objects[*index])
        })
    }

    /// Whether an object is already where a former one is removed: it was, or it takes over what is.
    fn is_there(&self, successor: usize, former: usize) -> bool {
        let object = &self.plan.objects[successor];
        if let Change::Create { planned } = &object.change {
            return planned.steps.is_empty();
        }
        let steps = self.plan.objects[former].change.steps();
        let places = kept(object, object.change.before(), &self.inputs.registry);
        places.iter().any(|(host, path)| steps.iter().any(|s| takes_away(s, host, path)))
    }
}
