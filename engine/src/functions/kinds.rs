//! What the types of arguments alone rule out.

use super::signature::{Call, FunctionError};
use crate::value::{Type, Value};

/// The types that functions of collections tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `list(...)`, `tuple(...)`
    Ordered,
    /// The same, and `set(...)`
    Elements,
    /// `map(...)`, `object(...)`
    Entries,
}

impl Kind {
    /// Whether values of a type are of this kind; what is of no type yet may turn out to be.
    pub fn fits(self, ty: &Type) -> bool {
        match ty {
            Type::Any => true,
            Type::List(_) | Type::Tuple(_) => self != Kind::Entries,
            Type::Set(_) => self == Kind::Elements,
            Type::Map(_) | Type::Object(_) => self == Kind::Entries,
            Type::Bool | Type::Number | Type::String => false,
        }
    }
}

impl Call<'_> {
    /// The type of an argument that is of none of these kinds.
    pub fn misfit(&self, index: usize, kind: Kind) -> Option<Type> {
        self.args.get(index).map(Value::type_of).filter(|ty| !kind.fits(ty))
    }

    /// Refuses an argument of another kind.
    pub fn needs(
        &self,
        index: usize,
        kind: Kind,
        refusal: impl FnOnce(Type) -> FunctionError,
    ) -> Result<(), FunctionError> {
        self.misfit(index, kind).map_or(Ok(()), |ty| Err(refusal(ty)))
    }

    /// Refuses the first argument of another kind.
    pub fn all_need(
        &self,
        kind: Kind,
        refusal: impl Fn(usize, Type) -> FunctionError,
    ) -> Result<(), FunctionError> {
        (0..self.args.len()).try_for_each(|index| self.needs(index, kind, |ty| refusal(index, ty)))
    }
}
