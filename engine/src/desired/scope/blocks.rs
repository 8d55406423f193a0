//! References to resources and data sources: one instance or all of them.

use super::{Answer, At, Dep, key_of, missing_key, unknown};
use crate::addr::{BlockAddr, Key, Mode};
use crate::desired::tables::{Instances, Shape};
use crate::diag::Diagnostic;
use crate::eval::{Resolved, TraversalStep};
use crate::source::Span;
use crate::suggest::nearest;
use crate::value::{Text, Value};

impl At<'_> {
    /// What a reference to a resource or a data source is, after so many steps that name it.
    pub(super) fn block(
        &self,
        mode: Mode,
        kind: &str,
        name: &Text,
        used: usize,
        steps: &[TraversalStep],
        at: Span,
    ) -> Answer {
        let addr = || BlockAddr { mode, kind: kind.into(), name: name.clone() };
        let Some(node) = self.walk.written.find_block(&self.path, mode, kind, name) else {
            return Err(self.undeclared_block(&addr(), at));
        };
        let Some(instances) = self.walk.tables.instances(node, self.module) else {
            self.mention(Dep::Block(node, self.module));
            return Ok(unknown(used));
        };
        match (instances.shape, steps.get(used)) {
            (Shape::Count | Shape::ForEach, Some(TraversalStep::Index(key, span)))
                if !key.is_unknown() =>
            {
                self.one(node, instances, &addr(), key, *span, used)
            }
            (Shape::Single, _) if instances.values.len() == 1 => {
                self.mention(Dep::Instance(node, self.module, 0));
                Ok(Resolved { value: instances.values[0].clone(), consumed: used })
            }
            (Shape::ForEach, Some(TraversalStep::Attr(attr, span)))
                if instances.find(&Key::Name(attr.clone())).is_none() =>
            {
                let addr = addr();
                let detail = format!(
                    "Because {addr} has \"for_each\" set, its attributes must be accessed on specific instances."
                );
                let help = format!(
                    "For example, to correlate with indices of a referring resource, use:\n    {addr}[each.key]"
                );
                Err(Box::new(
                    Diagnostic::error("Missing resource instance key", detail).at(*span).help(help),
                ))
            }
            _ => {
                self.mention(Dep::Block(node, self.module));
                Ok(Resolved { value: instances.whole(), consumed: used })
            }
        }
    }

    fn one(
        &self,
        node: usize,
        instances: &Instances,
        addr: &BlockAddr,
        key: &Value,
        at: Span,
        used: usize,
    ) -> Answer {
        let wanted = key_of(key);
        let Some(index) = wanted.as_ref().and_then(|key| instances.find(key)) else {
            return Err(missing_key(&addr.to_string(), instances.keys.iter().flatten(), at));
        };
        self.mention(Dep::Instance(node, self.module, index));
        Ok(Resolved { value: instances.values[index].clone(), consumed: used + 1 })
    }

    fn undeclared_block(&self, addr: &BlockAddr, at: Span) -> Box<Diagnostic> {
        let what = if addr.mode == Mode::Data { "data resource" } else { "managed resource" };
        let detail = format!(
            "A {what} \"{}\" \"{}\" has not been declared in {}.",
            addr.kind,
            addr.name,
            self.module_name()
        );
        let mut diagnostic = Diagnostic::error("Reference to undeclared resource", detail).at(at);
        let module = self.walk.inputs.config.modules.get(&self.path);
        let names: Vec<String> =
            module.into_iter().flat_map(|m| m.blocks.keys()).map(ToString::to_string).collect();
        if let Some(near) = nearest(&addr.to_string(), names.iter().map(String::as_str)) {
            diagnostic = diagnostic.help(format!("Did you mean {near}?"));
        }
        Box::new(diagnostic)
    }
}
