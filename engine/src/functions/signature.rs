//! What a function takes, and what is done with any arguments before and after it runs.

use std::borrow::Cow;

use super::typing;
use crate::eval::Ambient;
use crate::value::{Marks, Text, Type, Unknown, Value};

/// Why a call has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionError {
    /// The argument to blame, if it is one.
    pub arg: Option<usize>,
    /// What is wrong, as a fragment without a full stop.
    pub message: String,
    /// Whether the message may show a part of an argument.
    pub quotes: bool,
}

impl FunctionError {
    /// An error of the call as a whole.
    pub fn new(message: impl Into<Cow<'static, str>>) -> Self {
        let message = message.into();
        // What is written here is no part of an argument; what was put together may be.
        let quotes = matches!(message, Cow::Owned(_));
        FunctionError { arg: None, message: message.into_owned(), quotes }
    }

    /// An error of one argument.
    pub fn at(arg: usize, message: impl Into<Cow<'static, str>>) -> Self {
        FunctionError { arg: Some(arg), ..FunctionError::new(message) }
    }

    /// An error whose message names types and numbers of arguments, and none of their values.
    pub fn of_kind(arg: impl Into<Option<usize>>, message: impl Into<String>) -> Self {
        FunctionError { arg: arg.into(), message: message.into(), quotes: false }
    }

    /// The same error, with the call as a whole to blame.
    pub fn of_call(self) -> Self {
        FunctionError { arg: None, ..self }
    }
}

/// Too few or too many arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Miscount {
    /// Which of the two.
    pub summary: &'static str,
    /// How many there should be, as a sentence.
    pub detail: String,
}

/// What a function gives back.
pub type Outcome = Result<Value, FunctionError>;

/// A function of the language.
#[derive(Debug)]
pub struct Function {
    /// Its name.
    pub name: &'static str,
    params: &'static [Param],
    rest: Option<Param>,
    result: Shape,
    kinds: fn(&Call) -> Result<(), FunctionError>,
    run: fn(&Call) -> Outcome,
}

/// What a function takes and gives, as others are told.
#[derive(Clone, Debug, PartialEq)]
pub struct Types {
    /// The names and types of the parameters.
    pub params: Vec<(&'static str, Type)>,
    /// The one that takes all further arguments.
    pub rest: Option<(&'static str, Type)>,
    /// The type of the result.
    pub result: Type,
}

/// A parameter.
#[derive(Clone, Copy, Debug)]
pub struct Param {
    name: &'static str,
    shape: Shape,
    unknown: Unknowns,
    nullable: bool,
    marks: Taken,
}

/// The types that parameters and results have, as a constant can hold them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Anything.
    Any,
    /// `bool`
    Bool,
    /// `number`
    Number,
    /// `string`
    String,
    /// `list(string)`
    Strings,
    /// `list(bool)`
    Bools,
    /// `list(any)`
    List,
    /// `set(any)`
    Set,
    /// `set(string)`
    StringSet,
    /// `map(any)`
    Map,
    /// `map(list(string))`
    StringLists,
}

impl Shape {
    fn ty(self) -> Type {
        match self {
            Shape::Any => Type::Any,
            Shape::Bool => Type::Bool,
            Shape::Number => Type::Number,
            Shape::String => Type::String,
            Shape::Strings => Type::list(Type::String),
            Shape::Bools => Type::list(Type::Bool),
            Shape::List => Type::list(Type::Any),
            Shape::Set => Type::set(Type::Any),
            Shape::StringSet => Type::set(Type::String),
            Shape::Map => Type::map(Type::Any),
            Shape::StringLists => Type::map(Type::list(Type::String)),
        }
    }
}

/// Which marks are taken off an argument, to be put on the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Taken {
    /// All of them, from its elements too.
    All,
    /// Those of the argument itself; elements keep theirs.
    Outer,
    /// None.
    None,
}

/// Which unknown arguments a function can do something with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unknowns {
    /// None, not even inside a list or map.
    Refused,
    /// Only such inside a list or map.
    Inside,
    /// All.
    Taken,
}

impl Param {
    /// A parameter that is known throughout, not null, and whose marks the result gets.
    pub const fn new(name: &'static str, shape: Shape) -> Param {
        Param { name, shape, unknown: Unknowns::Refused, nullable: false, marks: Taken::All }
    }

    /// May be null.
    pub const fn nullable(self) -> Param {
        Param { nullable: true, ..self }
    }

    /// May have unknown elements.
    pub const fn partly_known(self) -> Param {
        Param { unknown: Unknowns::Inside, ..self }
    }

    /// May have unknown elements, and elements keep their own marks.
    pub const fn elements(self) -> Param {
        Param { unknown: Unknowns::Inside, marks: Taken::Outer, ..self }
    }

    /// May be unknown.
    pub const fn unknown(self) -> Param {
        Param { unknown: Unknowns::Taken, ..self }
    }

    /// Arrives as it is: unknown, null and with all marks.
    pub const fn raw(self) -> Param {
        Param { unknown: Unknowns::Taken, nullable: true, marks: Taken::None, ..self }
    }
}

/// The arguments of a call, converted and checked.
pub struct Call<'a> {
    /// The arguments.
    pub args: &'a [Value],
    /// The surroundings.
    pub ambient: &'a Ambient,
    /// The marks that were taken from the arguments and will be put on the result.
    pub marks: Marks,
}

impl Function {
    /// A function of fixed parameters.
    pub const fn new(
        name: &'static str,
        params: &'static [Param],
        result: Shape,
        run: fn(&Call) -> Outcome,
    ) -> Function {
        Function { name, params, rest: None, result, kinds: |_| Ok(()), run }
    }

    /// The same where types alone can rule a call out: that is told also while values are unknown.
    pub const fn of_kinds(self, kinds: fn(&Call) -> Result<(), FunctionError>) -> Function {
        Function { kinds, ..self }
    }

    /// The same with any number of further arguments.
    pub const fn variadic(self, rest: Param) -> Function {
        Function { rest: Some(rest), ..self }
    }

    /// Calls it. Every argument of a wrong type is an error of its own.
    pub fn call(&self, args: &[Value], ambient: &Ambient) -> Result<Value, Vec<FunctionError>> {
        if let Some(problem) = self.miscounted(self.name, args.len()) {
            return Err(vec![FunctionError {
                quotes: false,
                ..FunctionError::new(problem.detail)
            }]);
        }
        let (ready, marks) = self.receive(args)?;
        let waits = self.params_of(&ready).find_map(|(_, param, arg)| param.blocker(arg));
        let call = Call { args: &ready, ambient, marks };
        (self.kinds)(&call).map_err(|error| vec![error])?;
        let result = match waits {
            Some(unknown) => self.unknown(&ready, unknown.cause),
            None => (self.run)(&call).map_err(|error| vec![error])?,
        };
        Ok(result.mark(marks))
    }

    /// The arguments as the function takes them, and the marks that were taken off.
    fn receive(&self, args: &[Value]) -> Result<(Vec<Value>, Marks), Vec<FunctionError>> {
        let mut marks = Marks::default();
        let mut errors = Vec::new();
        let mut ready = Vec::with_capacity(args.len());
        for (index, param, arg) in self.params_of(args) {
            match param.receive(index, arg) {
                Ok((arg, taken)) => {
                    marks = marks.union(taken);
                    ready.push(arg);
                }
                Err(error) => errors.push(error),
            }
        }
        if errors.is_empty() {
            let null =
                self.params_of(&ready).find(|(_, param, arg)| !param.nullable && arg.is_null());
            errors.extend(
                null.map(|(at, ..)| FunctionError::of_kind(at, "argument must not be null")),
            );
        }
        if errors.is_empty() { Ok((ready, marks)) } else { Err(errors) }
    }

    /// The parameters of so many arguments, each with its argument.
    fn params_of<'v>(
        &self,
        args: &'v [Value],
    ) -> impl Iterator<Item = (usize, &Param, &'v Value)> + use<'_, 'v> {
        let param = |(index, arg)| Some((index, self.param(index)?, arg));
        args.iter().enumerate().map_while(param)
    }

    /// Its parameters with their types, the one for all further arguments, and the type of what it
    /// gives.
    pub fn types(&self) -> Types {
        let of = |param: &Param| (param.name, param.shape.ty());
        Types {
            params: self.params.iter().map(of).collect(),
            rest: self.rest.as_ref().map(of),
            result: self.result.ty(),
        }
    }

    /// The name of a parameter.
    pub fn param_name(&self, index: usize) -> Option<&'static str> {
        self.param(index).map(|param| param.name)
    }

    fn param(&self, index: usize) -> Option<&Param> {
        self.params.get(index).or(self.rest.as_ref())
    }

    /// What is wrong with a number of arguments, if anything is; `name` is what the caller calls it.
    pub fn miscounted(&self, name: &str, given: usize) -> Option<Miscount> {
        let wanted = self.params.len();
        if let Some(missing) = self.params.get(given) {
            let least = if self.rest.is_some() { " at least" } else { "" };
            let missing = missing.name;
            let detail = format!(
                "Function {name:?} expects{least} {wanted} argument(s). Missing value for \
                 {missing:?}."
            );
            return Some(Miscount { summary: "Not enough function arguments", detail });
        }
        let detail = format!("Function {name:?} expects only {wanted} argument(s).");
        (given > wanted && self.rest.is_none())
            .then_some(Miscount { summary: "Too many function arguments", detail })
    }

    /// The result where an argument is not known yet.
    fn unknown(&self, args: &[Value], cause: Option<Text>) -> Value {
        let ty = match self.result.ty() {
            ty if ty.has_any() => typing::result(self.name, args).unwrap_or(ty),
            ty => ty,
        };
        unknown(ty, self.result != Shape::Any, cause)
    }
}

impl Param {
    fn receive(&self, index: usize, arg: &Value) -> Result<(Value, Marks), FunctionError> {
        let (arg, marks) = match self.marks {
            Taken::All => arg.unmark_deep(),
            Taken::Outer => {
                let (bare, marks) = arg.unmark();
                (bare.clone(), marks)
            }
            Taken::None => (arg.clone(), Marks::default()),
        };
        let arg = match self.shape {
            Shape::Any => arg,
            shape => convert(index, &arg, &shape.ty())?,
        };
        Ok((arg, marks))
    }

    /// The first unknown part of an argument that the function can do nothing with.
    fn blocker(&self, arg: &Value) -> Option<Unknown> {
        match (self.unknown, arg.bare()) {
            (Unknowns::Taken, _) => None,
            (_, Value::Unknown(unknown)) => Some(unknown.as_ref().clone()),
            (Unknowns::Inside, _) => None,
            (Unknowns::Refused, arg) => first_unknown(arg),
        }
    }
}

/// An unknown value that waits for what an argument waits for.
fn unknown(ty: Type, not_null: bool, cause: Option<Text>) -> Value {
    Unknown { not_null, cause, ..Unknown::of(ty) }.value()
}

/// Converts an argument; the message names types, never the value.
pub fn convert(index: usize, arg: &Value, ty: &Type) -> Outcome {
    arg.convert(ty).map_err(|error| FunctionError::of_kind(index, error.mismatch(arg, ty)))
}

/// The first unknown part of a value.
fn first_unknown(value: &Value) -> Option<Unknown> {
    match value.bare() {
        Value::Unknown(unknown) => Some(unknown.as_ref().clone()),
        Value::List(s) | Value::Set(s) => s.items.iter().find_map(first_unknown),
        Value::Tuple(items) => items.iter().find_map(first_unknown),
        Value::Map(map) => map.items.values().find_map(first_unknown),
        Value::Object(attrs) => attrs.values().find_map(first_unknown),
        _ => None,
    }
}
