//! Built-in functions: what Terraform calls its functions, with Terraform's answers.
//!
//! Each file holds a group as a table of [`Function`]s. [`call`] does for all of them what does
//! not depend on the function: counting and converting arguments, refusing null, passing the
//! unknown on as unknown and secrets on as secret.

mod args;
mod assume;
mod collection;
mod conversion;
mod crypto;
mod date;
mod encoding;
mod file;
mod format;
mod hash;
mod json;
mod kinds;
mod letter_case;
mod limit;
mod network;
mod numeric;
mod provider;
mod regexp;
mod sets;
mod signature;
mod string;
mod template;
mod typing;
mod yaml;

#[cfg(test)]
mod behaviour;
#[cfg(test)]
mod oracle;

use crate::eval::Ambient;
use crate::value::Value;

pub use signature::{Function, FunctionError, Types};
pub use yaml::{normal_yaml, yaml_documents};

/// Functions that get their arguments as expressions, since an error there is an answer.
const LAZY: [&str; 3] = ["can", "convert", "try"];

const GROUPS: &[&[Function]] = &[
    assume::TABLE,
    collection::list::TABLE,
    collection::map::TABLE,
    collection::search::TABLE,
    conversion::TABLE,
    crypto::TABLE,
    date::TABLE,
    encoding::TABLE,
    file::TABLE,
    format::TABLE,
    hash::TABLE,
    json::TABLE,
    network::TABLE,
    numeric::TABLE,
    provider::TABLE,
    regexp::TABLE,
    sets::TABLE,
    string::TABLE,
    template::TABLE,
    yaml::TABLE,
];

/// Calls a function by its name, with or without the prefix `core::`.
pub fn call(name: &str, args: &[Value], ambient: &Ambient) -> Result<Value, FunctionError> {
    match lookup(name) {
        Some(function) => function.call(args, ambient).map_err(first),
        None => Err(FunctionError::new(format!("there is no function named {name:?}"))),
    }
}

fn first(errors: Vec<FunctionError>) -> FunctionError {
    let none = || FunctionError::new("it has no value");
    errors.into_iter().next().unwrap_or_else(none)
}

/// Finds a function by its name, with or without the prefix `core::`.
pub fn lookup(name: &str) -> Option<&'static Function> {
    let name = name.strip_prefix("core::").unwrap_or(name);
    GROUPS.iter().copied().flatten().find(|function| function.name == name)
}

/// Whether a function gets its arguments as expressions, and so is no [`Function`].
pub fn is_lazy(name: &str) -> bool {
    LAZY.contains(&name.strip_prefix("core::").unwrap_or(name))
}

/// The names of all functions, in no order.
pub fn names() -> impl Iterator<Item = &'static str> {
    GROUPS.iter().copied().flatten().map(|function| function.name).chain(LAZY)
}
