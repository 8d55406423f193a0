//! References to modules: their outputs, of one instance or of all.

use super::{Answer, At, Dep, first_name, key_of, missing_key, still_open, unknown};
use crate::addr::{Key, ModulePath};
use crate::build::Node;
use crate::desired::tables::{Children, Shape};
use crate::diag::Diagnostic;
use crate::eval::{Resolved, TraversalStep};
use crate::source::Span;
use crate::suggest::nearest;
use crate::value::{Text, Type, Value};

impl At<'_> {
    /// What follows `module.`.
    pub(super) fn call(&self, steps: &[TraversalStep], at: Span) -> Answer {
        let name = first_name("module", steps, at)?;
        let call = self.walk.written.find(&Node::Call(self.path.clone(), name.clone()));
        let call = call.ok_or_else(|| self.undeclared_call(name, at))?;
        self.mention(Dep::Value(call, self.module));
        let inner = self.path.child(name.clone());
        let shape = self.walk.tables.call_shape(call, self.module).unwrap_or(Shape::Unknown);
        let mine = self.walk.tables.children(&inner, self.module);
        match (shape, steps.get(1)) {
            (Shape::Unknown, _) => Ok(unknown(1)),
            (Shape::SomeByCount, _) => Ok(still_open(Type::list(self.outputs_type(&inner)))),
            (Shape::SomeByForEach, _) => Ok(still_open(Type::map(self.outputs_type(&inner)))),
            (Shape::Single, next) => {
                let module = mine.all().next().map_or(0, |(module, _)| module);
                self.output_or_all(&inner, module, next, 1)
            }
            (_, Some(TraversalStep::Index(key, _))) if key.is_unknown() => Ok(unknown(2)),
            (_, Some(TraversalStep::Index(key, span))) => {
                let found = key_of(key).and_then(|key| mine.find(&key));
                let Some(module) = found else {
                    let keys = mine.all().filter_map(|(_, key)| key);
                    return Err(missing_key(&format!("module.{name}"), keys, *span));
                };
                self.output_or_all(&inner, module, steps.get(2), 2)
            }
            (Shape::Count | Shape::ForEach, _) => {
                Ok(Resolved { value: self.every(&inner, shape, mine), consumed: 1 })
            }
        }
    }

    fn undeclared_call(&self, name: &Text, at: Span) -> Box<Diagnostic> {
        let detail =
            format!("No module call named {name:?} is declared in {}.", self.module_name());
        Box::new(Diagnostic::error("Reference to undeclared module", detail).at(at))
    }

    /// The output of an instance that is named next, after so many steps, or else all of them.
    fn output_or_all(
        &self,
        inner: &ModulePath,
        module: usize,
        next: Option<&TraversalStep>,
        used: usize,
    ) -> Answer {
        match next {
            Some(TraversalStep::Attr(output, span)) => {
                let value = self.output(inner, module, output, *span)?;
                Ok(Resolved { value, consumed: used + 1 })
            }
            _ => Ok(Resolved { value: self.outputs(inner, module), consumed: used }),
        }
    }

    /// The outputs of all instances, as a tuple or by key.
    fn every(&self, inner: &ModulePath, shape: Shape, mine: &Children) -> Value {
        let outputs = |module| self.outputs(inner, module);
        if shape == Shape::Count {
            return Value::tuple(mine.all().map(|(module, _)| outputs(module)));
        }
        Value::object(mine.all().map(|(module, key)| match key {
            Some(Key::Name(name)) => (name.clone(), outputs(module)),
            _ => ("".into(), outputs(module)),
        }))
    }

    fn output(
        &self,
        inner: &ModulePath,
        module: usize,
        name: &Text,
        at: Span,
    ) -> Result<Value, Box<Diagnostic>> {
        let node = Node::Output(inner.clone(), name.clone());
        let Some(node) = self.walk.written.find(&node) else {
            let detail = format!("This module has no output named {name:?}.");
            let module = self.walk.inputs.config.modules.get(inner);
            let names = module.into_iter().flat_map(|m| m.outputs.keys()).map(|n| &**n);
            let mut diagnostic = Diagnostic::error("Unsupported attribute", detail).at(at);
            if let Some(near) = nearest(name, names) {
                diagnostic = diagnostic.help(format!("Did you mean {near:?}?"));
            }
            return Err(Box::new(diagnostic));
        };
        Ok(self.value(node, module))
    }

    /// The outputs of any instance of a module.
    fn outputs_type(&self, inner: &ModulePath) -> Type {
        let module = self.walk.inputs.config.modules.get(inner);
        let names = module.into_iter().flat_map(|module| module.outputs.keys());
        Type::object(names.map(|name| (name.clone(), Type::Any)))
    }

    fn outputs(&self, inner: &ModulePath, module: usize) -> Value {
        let Some(written) = self.walk.inputs.config.modules.get(inner) else { return Value::NULL };
        let all = written.outputs.keys().filter_map(|name| {
            let node = self.walk.written.find(&Node::Output(inner.clone(), name.clone()))?;
            Some((name.clone(), self.value(node, module)))
        });
        Value::object(all)
    }
}
