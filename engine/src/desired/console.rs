//! Expressions that a person tries out in the root module, with what the state holds.

use std::sync::Arc;

use super::{Configured, Decide, Inputs, InstanceAt, Rigour, Tables, Walk};
use crate::addr::ModulePath;
use crate::build::Written;
use crate::config::Config;
use crate::config::check::check_expression;
use crate::diag::{Diagnostics, Reported};
use crate::eval::{Entropy, Expr, answer, type_argument};
use crate::resource::Registry;
use crate::state::State;
use crate::value::{Type, Value};

/// The root module with everything evaluated that the state gives a value to.
pub struct Console<'a> {
    walk: Walk<'a>,
    config: &'a Config,
}

impl<'a> Console<'a> {
    /// Evaluates the configuration; what is wrong with it is in `diagnostics`, and such values are
    /// unknown.
    pub fn open(
        inputs: &'a Inputs,
        written: &'a Written,
        state: &State,
        entropy: Arc<dyn Entropy>,
        diagnostics: &mut Diagnostics,
    ) -> Console<'a> {
        let mut walk = Walk::new(inputs, written, Rigour::Strict);
        walk.impure = Some(entropy);
        walk.run(&mut Held { state, registry: &inputs.registry }, diagnostics);
        Console { walk, config: &inputs.config }
    }

    /// Takes values as a plan of the same inputs has them.
    pub fn planned(
        inputs: &'a Inputs,
        written: &'a Written,
        tables: Tables,
        entropy: Arc<dyn Entropy>,
    ) -> Console<'a> {
        let walk = Walk::resume(inputs, written, tables, entropy);
        Console { walk, config: &inputs.config }
    }

    /// The answer to an expression, as text.
    pub fn answer(&self, expr: &Expr, diagnostics: &mut Diagnostics) -> Result<String, Reported> {
        let answer = answer(expr, &self.walk.scope(&ModulePath::default(), 0), diagnostics)?;
        // A name that nothing has is a mistake also where its value was not needed.
        let before = diagnostics.len();
        let checked = type_argument(expr).unwrap_or_else(|| expr.clone());
        check_expression(&self.config.modules, &checked, diagnostics);
        let wrong = diagnostics.split_off(before);
        let outcome = wrong.reported();
        diagnostics.extend(wrong);
        outcome.map(|()| answer)
    }
}

/// Objects are what the state holds; all others are unknown.
struct Held<'a> {
    state: &'a State,
    registry: &'a Registry,
}

impl Decide for Held<'_> {
    fn managed(
        &mut self,
        at: &InstanceAt<'_>,
        configured: &Configured,
        _: &mut Diagnostics,
    ) -> Result<(Value, bool), Reported> {
        let stored = self.state.objects.get(&at.addr);
        let resource = self.registry.find_resource(&at.addr.block.kind);
        let value = stored.zip(resource).and_then(|(stored, resource)| {
            stored.record.value_like(resource.schema().ty(), Some(&configured.typed)).ok()
        });
        Ok((value.unwrap_or_else(|| Value::unknown(Type::Any)), false))
    }

    fn data(
        &mut self,
        _: &InstanceAt<'_>,
        _: &Configured,
        _: &mut Diagnostics,
    ) -> Result<(Value, bool), Reported> {
        Ok((Value::unknown(Type::Any), false))
    }
}
