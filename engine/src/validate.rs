//! Validation: everything that can be found wrong without a host, a state or values of variables.

use crate::build::build;
use crate::config::{Config, Repetition, Variable};
use crate::desired::{Configured, Decide, Inputs, InstanceAt, Rigour, Walk};
use crate::diag::{Diagnostics, Reported};
use crate::resource::Registry;
use crate::schema::Schema;
use crate::value::{Marks, Text, Value};

/// The values of the root module's variables while nobody has given any: any of their types.
pub fn open_variables(config: &Config) -> impl Iterator<Item = (Text, Value)> {
    let root = config.modules.get(&crate::addr::ModulePath::default());
    let variables = root.into_iter().flat_map(|module| &module.variables);
    variables.map(|(name, variable)| (name.clone(), open_variable(variable)))
}

fn open_variable(variable: &Variable) -> Value {
    let value = match variable.nullable {
        true => Value::unknown(variable.ty.plain()),
        false => Value::unknown_not_null(variable.ty.plain()),
    };
    value.mark(Marks { sensitive: variable.sensitive, ephemeral: variable.ephemeral })
}

/// Evaluates everything once, with one instance of each block standing for all. What depends on a
/// mistake is unknown, so each mistake is reported once.
pub fn validate(inputs: &Inputs, diagnostics: &mut Diagnostics) -> Result<(), Reported> {
    let before = diagnostics.len();
    let written = build(&inputs.config, diagnostics)?;
    let mut walk = Walk::new(inputs, &written, Rigour::Types);
    walk.run(&mut Expect { registry: &inputs.registry }, diagnostics);
    let found = diagnostics.split_off(before);
    let outcome = found.reported();
    diagnostics.extend(found);
    outcome
}

/// Objects are what their configuration and their type let expect.
struct Expect<'a> {
    registry: &'a Registry,
}

impl Decide for Expect<'_> {
    fn managed(
        &mut self,
        at: &InstanceAt<'_>,
        configured: &Configured,
        _: &mut Diagnostics,
    ) -> Result<(Value, bool), Reported> {
        let resource = self.registry.find_resource(&at.block.addr.kind);
        Ok((expected(at, resource.map(|found| found.schema()), configured), true))
    }

    fn data(
        &mut self,
        at: &InstanceAt<'_>,
        configured: &Configured,
        _: &mut Diagnostics,
    ) -> Result<(Value, bool), Reported> {
        let data = self.registry.find_data_source(&at.block.addr.kind);
        Ok((expected(at, data.map(|found| found.schema()), configured), true))
    }
}

fn expected(at: &InstanceAt<'_>, schema: Option<&Schema>, configured: &Configured) -> Value {
    match (&at.block.repetition, schema) {
        (Repetition::Count(_) | Repetition::ForEach(_), Some(schema)) => {
            Value::unknown_not_null(schema.ty().plain())
        }
        _ => configured.typed.clone(),
    }
}
