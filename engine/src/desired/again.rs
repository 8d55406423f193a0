//! `each.value` where it was not known when the instances were found: keys must be known for a plan,
//! values need not be.

use super::Walk;
use super::repeat::{self, Expansion};
use super::tables::Each;
use crate::addr::ModulePath;
use crate::build::Node;
use crate::config::Repetition;
use crate::diag::{Diagnostic, Diagnostics};

impl Walk<'_> {
    /// Evaluates the `for_each` of a block once more where the value of this instance's entry was
    /// not known; what it mentions is known by now, so all other instances get theirs too.
    ///
    /// # Errors
    ///
    /// The first mistake that shows only now.
    pub fn know_each(
        &mut self,
        (node, module, index): (usize, usize, usize),
    ) -> Result<(), Diagnostic> {
        let instances = self.tables.instances(node, module);
        let open = instances.is_some_and(|instances| is_open(&instances.each[index]));
        let Some(block) = self.blocks[node].filter(|_| open) else { return Ok(()) };
        let path = self.written.nodes[node].module();
        let expansion = self.expand_again(path, module, node, &block.repetition)?;
        self.tables.set_each(node, module, expansion);
        Ok(())
    }

    /// The same for a module call; other nodes have no entries.
    ///
    /// # Errors
    ///
    /// The first mistake that shows only now.
    pub fn know_each_of_call(&mut self, node: usize, module: usize) -> Result<(), Diagnostic> {
        let (inputs, written) = (self.inputs, self.written);
        let Node::Call(path, name) = &written.nodes[node] else { return Ok(()) };
        let inner = path.child(name.clone());
        let all = self.tables.instances_of(&inner);
        let mine = self.tables.children(&inner, module);
        let open = mine.all().any(|(at, _)| is_open(&all[at].each));
        let call = inputs.config.modules.get(path).and_then(|m| m.calls.get(name));
        let Some(call) = call.filter(|_| open) else { return Ok(()) };
        let expansion = self.expand_again(path, module, node, &call.repetition)?;
        self.tables.set_module_each(&inner, module, expansion);
        Ok(())
    }

    fn expand_again(
        &self,
        path: &ModulePath,
        module: usize,
        node: usize,
        repetition: &Repetition,
    ) -> Result<Expansion, Diagnostic> {
        let mut diagnostics = Diagnostics::default();
        let at = self.scope(path, module);
        let expansion = repeat::expand(repetition, &at, self.rigour_of(node), &mut diagnostics);
        match diagnostics.iter().next() {
            Some(diagnostic) => Err(diagnostic.clone()),
            None => Ok(expansion),
        }
    }
}

fn is_open(each: &Option<Each>) -> bool {
    matches!(each, Some(Each::Entry(_, value)) if !value.is_wholly_known())
}
