//! Conversions between types, by the rules of Terraform.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::unify::unify_certainly;
use super::{KnownPart, Mapping, Marks, ObjectAttr, Sequence, Text, Type, Unknown, Value};

/// One step into a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathStep {
    /// `.name`
    Attr(Text),
    /// `["key"]`
    Key(Text),
    /// `[0]`
    Index(usize),
}

/// Why a value does not fit a type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ConvertError {
    /// Where in the value; empty for the value itself.
    pub path: Vec<PathStep>,
    /// What is wrong there, as a fragment: `a number is required`.
    pub message: String,
}

/// `.a["b"][0]: a number is required`
impl fmt::Display for ConvertError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.path {
            match step {
                PathStep::Attr(name) => write!(f, ".{name}")?,
                PathStep::Key(key) => write!(f, "[{key:?}]")?,
                PathStep::Index(index) => write!(f, "[{index}]")?,
            }
        }
        if !self.path.is_empty() {
            f.write_str(": ")?;
        }
        f.write_str(&self.message)
    }
}

impl ConvertError {
    fn new(message: impl Into<String>) -> Self {
        ConvertError { path: Vec::new(), message: message.into() }
    }

    fn required(ty: &Type) -> Self {
        ConvertError::new(format!("{} required", ty.constraint_name()))
    }

    /// What is wrong as Terraform says it to the caller of a function: why the type cannot do,
    /// or else why the value cannot.
    pub fn mismatch(&self, value: &Value, ty: &Type) -> String {
        mismatch(&value.type_of(), ty).unwrap_or_else(|| self.message.clone())
    }

    fn below(mut self, step: PathStep) -> Self {
        self.path.insert(0, step);
        self
    }
}

type Converted = Result<Value, ConvertError>;

impl Value {
    /// This value as one of a type.
    ///
    /// Marks are kept, unknown values become unknown values of the type, null becomes null of
    /// the type, attributes that an object type does not name are left out.
    pub fn convert(&self, ty: &Type) -> Result<Value, ConvertError> {
        match (self, ty) {
            (Value::Marked(inner), _) => Ok(inner.value.convert(ty)?.mark(inner.marks)),
            (value, Type::Any) => Ok(value.clone()),
            (Value::Null(from), _) => {
                possible(from, ty)?;
                Ok(Value::Null(settled(from, ty)))
            }
            (Value::Unknown(unknown), _) => convert_unknown(unknown, ty),
            (value, Type::String | Type::Number | Type::Bool) => primitive(value, ty),
            (value, Type::List(elem)) => list(value, elem, ty),
            (value, Type::Set(elem)) => set(value, elem, ty),
            (value, Type::Tuple(types)) => tuple(value, types, ty),
            (value, Type::Map(elem)) => map(value, elem, ty),
            (value, Type::Object(attrs)) => object(value, attrs, ty),
        }
    }
}

fn convert_unknown(unknown: &Unknown, ty: &Type) -> Converted {
    possible(&unknown.ty, ty)?;
    let ty = settled(&unknown.ty, ty);
    let contents = match (&unknown.contents, &ty) {
        (KnownPart::Prefix(_), Type::String) => unknown.contents.clone(),
        (KnownPart::Between(..), Type::Number | Type::List(_) | Type::Map(_)) => {
            unknown.contents.clone()
        }
        // Elements may turn out to be equal.
        (KnownPart::Between(least, most), Type::Set(_)) => KnownPart::Between(1.min(*least), *most),
        _ => KnownPart::Open,
    };
    Ok(Unknown { ty, contents, ..unknown.clone() }.value())
}

/// The type that a value of one type has as one of another, whose open parts the value settles.
fn settled(from: &Type, to: &Type) -> Type {
    match (from, to) {
        (_, Type::Any) => from.clone(),
        (_, to) if !to.has_any() || *from == Type::Any => to.plain(),
        (Type::List(a) | Type::Set(a), Type::List(b)) => Type::list(settled(a, b)),
        (Type::List(a) | Type::Set(a), Type::Set(b)) => Type::set(settled(a, b)),
        (Type::Map(a), Type::Map(b)) => Type::map(settled(a, b)),
        (Type::Tuple(items), Type::List(elem)) => Type::list(settled_element(items.iter(), elem)),
        (Type::Tuple(items), Type::Set(elem)) => Type::set(settled_element(items.iter(), elem)),
        (Type::Object(attrs), Type::Map(elem)) => {
            Type::map(settled_element(attrs.values().map(|attr| &attr.ty), elem))
        }
        (Type::Tuple(a), Type::Tuple(b)) if a.len() == b.len() => {
            Type::Tuple(Arc::new(a.iter().zip(b.iter()).map(|(a, b)| settled(a, b)).collect()))
        }
        (Type::Object(a), Type::Object(b)) => Type::object(b.iter().map(|(name, attr)| {
            let from = a.get(name).map_or(&Type::Any, |attr| &attr.ty);
            (name.clone(), settled(from, &attr.ty))
        })),
        (Type::Map(elem), Type::Object(attrs)) => {
            Type::object(attrs.iter().map(|(name, attr)| (name.clone(), settled(elem, &attr.ty))))
        }
        (Type::Tuple(_) | Type::Object(_), to) => to.plain(),
        _ => from.clone(),
    }
}

fn settled_element<'t>(items: impl Iterator<Item = &'t Type>, elem: &Type) -> Type {
    let types: Vec<Type> = items.map(|item| settled(item, elem)).collect();
    unify_certainly(&types).unwrap_or_else(|| elem.plain())
}

/// Whether some value of one type converts to another.
pub(super) fn possible(from: &Type, to: &Type) -> Result<(), ConvertError> {
    let fits = match (from, to) {
        (Type::Any, _) | (_, Type::Any) => true,
        (Type::String, Type::Number | Type::Bool | Type::String) => true,
        (Type::Number, Type::Number | Type::String) => true,
        (Type::Bool, Type::Bool | Type::String) => true,
        (Type::List(a) | Type::Set(a), Type::List(b) | Type::Set(b)) => return possible(a, b),
        (Type::Tuple(items), Type::List(elem) | Type::Set(elem)) => {
            items.iter().try_for_each(|item| possible(item, elem))?;
            !elem.has_any() || items.is_empty() || unify_certainly(items).is_some()
        }
        (Type::Map(a), Type::Map(b)) => return possible(a, b),
        (Type::Object(attrs), Type::Map(elem)) => {
            attrs.values().try_for_each(|attr| possible(&attr.ty, elem))?;
            let types: Vec<Type> = attrs.values().map(|attr| attr.ty.clone()).collect();
            !elem.has_any() || attrs.is_empty() || unify_certainly(&types).is_some()
        }
        (Type::Map(elem), Type::Object(attrs)) => {
            return attrs.values().try_for_each(|attr| possible(elem, &attr.ty));
        }
        (Type::Tuple(a), Type::Tuple(b)) if a.len() == b.len() => {
            return a.iter().zip(b.iter()).try_for_each(|(a, b)| possible(a, b));
        }
        (Type::Object(from), Type::Object(to)) => return possible_object(from, to),
        _ => false,
    };
    if fits { Ok(()) } else { Err(ConvertError::required(to)) }
}

/// Why no value of one type converts to another, if that is so.
fn mismatch(from: &Type, to: &Type) -> Option<String> {
    possible(from, to).err()?;
    let elements = |kind: &str, a: &Type, b: &Type| {
        Some(format!("incorrect {kind} element type: {}", mismatch(a, b)?))
    };
    let parts = match (from, to) {
        (Type::Tuple(items), Type::List(elem) | Type::Set(elem)) => {
            let place =
                |(i, item): (usize, &Type)| Some(format!("element {i}: {}", mismatch(item, elem)?));
            items.iter().enumerate().find_map(place)
        }
        (Type::Object(attrs), Type::Map(elem)) => attrs.iter().find_map(|(name, attr)| {
            Some(format!("element {name:?}: {}", mismatch(&attr.ty, elem)?))
        }),
        (Type::List(a) | Type::Set(a), Type::List(b)) => elements("list", a, b),
        (Type::List(a) | Type::Set(a), Type::Set(b)) => elements("set", a, b),
        (Type::Map(a), Type::Map(b)) => elements("map", a, b),
        _ => None,
    };
    Some(parts.unwrap_or_else(|| format!("{} required", to.constraint_name())))
}

type Attrs = BTreeMap<Text, ObjectAttr>;

fn possible_object(from: &Attrs, to: &Attrs) -> Result<(), ConvertError> {
    let missing =
        |(name, attr): &(&Text, &ObjectAttr)| !attr.optional && !from.contains_key(&***name);
    refuse_missing(to.iter().filter(missing).map(|(name, _)| name))?;
    to.iter().filter_map(|(name, attr)| Some((from.get(name)?, attr, name))).try_for_each(
        |(have, want, name)| {
            possible(&have.ty, &want.ty).map_err(|error| error.below(PathStep::Attr(name.clone())))
        },
    )
}

fn primitive(value: &Value, ty: &Type) -> Converted {
    match (value, ty) {
        (Value::String(_), Type::String)
        | (Value::Number(_), Type::Number)
        | (Value::Bool(_), Type::Bool) => Ok(value.clone()),
        (Value::Number(number), Type::String) => Ok(Value::String(number.to_string().into())),
        (Value::Bool(truth), Type::String) => Ok(Value::String(truth.to_string().into())),
        (Value::String(text), Type::Number) => match text.parse() {
            Ok(number) => Ok(Value::Number(number)),
            Err(_) => Err(ConvertError::new("a number is required")),
        },
        (Value::String(text), Type::Bool) => truth(text).map(Value::Bool),
        _ => Err(ConvertError::required(ty)),
    }
}

fn truth(text: &str) -> Result<bool, ConvertError> {
    let lowercase = |word: &str| {
        let hint = format!("a bool is required; to convert from string, use lowercase \"{word}\"");
        Err(ConvertError::new(hint))
    };
    match text {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        "True" | "TRUE" => lowercase("true"),
        "False" | "FALSE" => lowercase("false"),
        _ => Err(ConvertError::new("a bool is required")),
    }
}

/// Converts the elements of a list, set or tuple, and finds the type they then have in common.
fn elements(value: &Value, elem: &Type, ty: &Type) -> Result<(Type, Vec<Value>), ConvertError> {
    let (items, given) = match value {
        Value::List(s) | Value::Set(s) => (&s.items, Some(&s.elem)),
        Value::Tuple(items) => (&**items, None),
        _ => return Err(ConvertError::required(ty)),
    };
    if items.is_empty() {
        given.map_or(Ok(()), |given| possible(given, elem))?;
        let common = if elem.has_any() { given.cloned() } else { None };
        return Ok((common.unwrap_or_else(|| elem.plain()), Vec::new()));
    }
    let converted: Result<Vec<Value>, ConvertError> = items
        .iter()
        .enumerate()
        .map(|(i, item)| item.convert(elem).map_err(|e| e.below(PathStep::Index(i))))
        .collect();
    let kind = if matches!(ty, Type::Set(_)) { "set" } else { "list" };
    common(converted?, elem, kind)
}

/// Where the element type is open, it becomes what all elements can be converted to.
fn common(items: Vec<Value>, elem: &Type, kind: &str) -> Result<(Type, Vec<Value>), ConvertError> {
    if !elem.has_any() {
        return Ok((elem.plain(), items));
    }
    let types: Vec<Type> = items.iter().map(Value::type_of).collect();
    let disagree = || ConvertError::new(format!("all {kind} elements must have the same type"));
    let common = shared(&types, kind).ok_or_else(disagree)?;
    let is_open = |item: &Value| item.is_unknown() && item.type_of() == Type::Any;
    if matches!(common, Type::Number | Type::Bool) && items.iter().any(is_open) {
        // What is open may turn out to be a text, and then all the others are texts too.
        let open = |item: &Value| match item.is_null() {
            true => Value::NULL,
            false => Unknown::of(Type::Any).because(&items).value().mark(item.unmark().1),
        };
        return Ok((Type::Any, items.iter().map(open).collect()));
    }
    let items = converted(&items, &common).ok_or_else(disagree)?;
    let types: Vec<Type> = items.iter().map(Value::type_of).collect();
    if types.iter().all(|ty| *ty == types[0]) || items.iter().any(has_open) {
        return Ok((common, items));
    }
    // Nulls and empty lists are of any type, which the others may settle.
    let settled = unify_certainly(&types).filter(|ty| !ty.has_any());
    let settled = settled.and_then(|ty| Some((ty.clone(), converted(&items, &ty)?)));
    settled.ok_or_else(|| {
        ConvertError::new(format!(
            "all {kind} elements must have the same type, and null beside objects or lists has none"
        ))
    })
}

fn converted(items: &[Value], ty: &Type) -> Option<Vec<Value>> {
    items.iter().map(|item| item.convert(ty).ok()).collect()
}

/// What the types of elements have in common. Nulls of a map follow the other elements, if those
/// are of one type.
fn shared(types: &[Type], kind: &str) -> Option<Type> {
    let mut others = types.iter().filter(|ty| **ty != Type::Any);
    let first = others.next();
    match first {
        Some(first) if kind == "map" && others.all(|ty| ty == first) => Some(first.clone()),
        _ => unify_certainly(types),
    }
}

/// Whether any part is of a type that an apply will tell.
fn has_open(value: &Value) -> bool {
    match value.bare() {
        Value::Unknown(unknown) => unknown.ty.has_any(),
        Value::Map(_) | Value::Object(_) => {
            value.entries().is_some_and(|entries| entries.values().any(has_open))
        }
        _ => value.elements().is_some_and(|items| items.iter().any(has_open)),
    }
}

fn list(value: &Value, elem: &Type, ty: &Type) -> Converted {
    if let Value::List(sequence) = value
        && sequence.elem == *elem
    {
        return Ok(value.clone());
    }
    let (elem, items) = elements(value, elem, ty)?;
    if let Some(most) = value.open_set() {
        let contents = KnownPart::Between(1, Some(most));
        let list = Unknown::of(Type::list(elem)).certain().because([value]);
        return Ok(list.containing(contents).value());
    }
    Ok(Value::List(Arc::new(Sequence { elem, items })))
}

fn set(value: &Value, elem: &Type, ty: &Type) -> Converted {
    if let Value::Set(sequence) = value
        && sequence.elem == *elem
    {
        return Ok(value.clone());
    }
    let (elem, items) = elements(value, elem, ty)?;
    Ok(Value::set(elem, items))
}

fn tuple(value: &Value, types: &[Type], ty: &Type) -> Converted {
    let Value::Tuple(items) = value else { return Err(ConvertError::required(ty)) };
    if items.len() != types.len() {
        let (want, have) = (types.len(), items.len());
        let message = format!("tuple of {want} elements required, but this has {have}");
        return Err(ConvertError::new(message));
    }
    let convert = |(index, (item, ty)): (usize, (&Value, &Type))| {
        item.convert(ty).map_err(|error| error.below(PathStep::Index(index)))
    };
    let items: Result<Vec<Value>, _> = items.iter().zip(types).enumerate().map(convert).collect();
    Ok(Value::Tuple(Arc::new(items?)))
}

fn map(value: &Value, elem: &Type, ty: &Type) -> Converted {
    let entries = match value {
        Value::Map(mapping) if mapping.elem == *elem => return Ok(value.clone()),
        Value::Map(mapping) => &mapping.items,
        Value::Object(attrs) => &**attrs,
        _ => return Err(ConvertError::required(ty)),
    };
    let convert = |(key, item): (&Text, &Value)| {
        item.convert(elem).map_err(|error| error.below(PathStep::Key(key.clone())))
    };
    let items: Result<Vec<Value>, _> = entries.iter().map(convert).collect();
    let (elem, items) = match (value, entries.is_empty()) {
        (Value::Map(mapping), true) if elem.has_any() => (mapping.elem.clone(), Vec::new()),
        (_, true) => (elem.plain(), Vec::new()),
        _ => common(items?, elem, "map")?,
    };
    let items = entries.keys().cloned().zip(items).collect();
    Ok(Value::Map(Arc::new(Mapping { elem, items })))
}

fn object(value: &Value, attrs: &Attrs, ty: &Type) -> Converted {
    let Some(entries) = value.entries() else { return Err(ConvertError::required(ty)) };
    let missing =
        |(name, attr): &(&Text, &ObjectAttr)| !attr.optional && !entries.contains_key(&***name);
    refuse_missing(attrs.iter().filter(missing).map(|(name, _)| name))?;
    let mut converted = BTreeMap::new();
    for (name, attr) in attrs {
        let value = attribute(entries.get(name), attr)
            .map_err(|error| error.below(PathStep::Attr(name.clone())))?;
        converted.insert(name.clone(), value);
    }
    Ok(Value::Object(Arc::new(converted)))
}

/// An attribute that is null or left out gets its default, under the marks of that null.
fn attribute(given: Option<&Value>, attr: &ObjectAttr) -> Converted {
    match (given, &attr.default) {
        (Some(value), Some(default)) if value.is_null() => {
            Ok(default.convert(&attr.ty)?.mark(value.unmark().1))
        }
        (Some(value), _) => value.convert(&attr.ty),
        (None, Some(default)) => default.convert(&attr.ty),
        (None, None) => Ok(Value::Null(attr.ty.plain()).mark(Marks::default())),
    }
}

fn refuse_missing<'a>(names: impl Iterator<Item = &'a Text>) -> Result<(), ConvertError> {
    let names: Vec<String> = names.map(|name| format!("{name:?}")).collect();
    let message = match &names[..] {
        [] => return Ok(()),
        [one] => format!("attribute {one} is required"),
        [first, second] => format!("attributes {first} and {second} are required"),
        [most @ .., last] => format!("attributes {}, and {last} are required", most.join(", ")),
    };
    Err(ConvertError::new(message))
}

#[cfg(test)]
mod tests {
    use crate::eval::testing::{eval, ty};

    /// Every line was compared with Terraform 1.11.4 (`variable` with a type and a default).
    #[test]
    fn conversions_agree_with_terraform() {
        for (to, value, expected) in [
            ("number", "\"x\"", "! a number is required"),
            ("number", "true", "! number required"),
            (
                "bool",
                "\"True\"",
                "! a bool is required; to convert from string, use lowercase \"true\"",
            ),
            ("bool", "\"yes\"", "! a bool is required"),
            ("bool", "1", "! bool required"),
            ("bool", "\"1\"", "true"),
            ("string", "[]", "! string required"),
            ("string", "{}", "! string required"),
            ("string", "1.50", "\"1.5\""),
            ("list(string)", "\"a\"", "! list of string required"),
            ("list(string)", "{a=1}", "! list of string required"),
            ("list(number)", "[\"1\",\"x\"]", "! [1]: a number is required"),
            ("map(number)", "{a=\"1\",b=\"x\"}", "! [\"b\"]: a number is required"),
            ("map(string)", "[\"a\"]", "! map of string required"),
            ("object({a=string,b=number})", "{a=\"x\"}", "! attribute \"b\" is required"),
            (
                "object({a=string,b=number,c=bool})",
                "{}",
                "! attributes \"a\", \"b\", and \"c\" are required",
            ),
            ("object({a=string,b=number})", "{a=\"x\",b=\"y\"}", "! .b: a number is required"),
            (
                "object({a=object({b=list(number)})})",
                "{a={b=[\"x\"]}}",
                "! .a.b[0]: a number is required",
            ),
            ("object({a=string})", "[\"a\"]", "! object required"),
            ("tuple([string,number])", "[\"a\",\"b\"]", "! [1]: a number is required"),
            ("tuple([string,number])", "{}", "! tuple required"),
            ("set(string)", "\"a\"", "! set of string required"),
            ("set(number)", "[\"a\"]", "! [0]: a number is required"),
            ("list(any)", "[\"a\",{}]", "! all list elements must have the same type"),
            ("map(any)", "{a=[],b=\"x\"}", "! all map elements must have the same type"),
            ("list(any)", "[\"a\",1]", "tolist([\n  \"a\",\n  \"1\",\n])"),
            (
                "map(object({a=any}))",
                "{x={a=1},y={a=\"s\"}}",
                "tomap({\n  \"x\" = {\n    \"a\" = \"1\"\n  }\n  \"y\" = {\n    \"a\" = \"s\"\n  }\n})",
            ),
            ("list(string)", "null", "tolist(null) /* of string */"),
            ("any", "{a=1}", "{\n  \"a\" = 1\n}"),
            ("set(number)", "[3, \"1\", 3]", "toset([\n  1,\n  3,\n])"),
        ] {
            let shown = match eval(value).convert(&ty(to)) {
                Ok(value) => value.to_console(),
                Err(error) => format!("! {error}"),
            };
            assert_eq!(shown, expected, "{to} <- {value}");
        }
    }

    #[test]
    fn defaults_fill_what_is_null_or_left_out() {
        let to = ty("list(object({a=optional(string,\"d\"),b=optional(number)}))");
        let value = eval("[{}, {a=null,b=\"3\",z=1}]").convert(&to).unwrap();
        let expected = "tolist([\n  {\n    \"a\" = \"d\"\n    \"b\" = tonumber(null)\n  },\n  \
                        {\n    \"a\" = \"d\"\n    \"b\" = 3\n  },\n])";
        assert_eq!(value.to_console(), expected);
        let to = ty("object({a=optional(object({b=optional(string,\"q\")}),{})})");
        let value = eval("{}").convert(&to).unwrap();
        assert_eq!(value.to_console(), "{\n  \"a\" = {\n    \"b\" = \"q\"\n  }\n}");
    }
}
