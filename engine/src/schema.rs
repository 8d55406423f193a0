//! Schemas: what a block of a type may say, and what a change of each attribute means.

use crate::value::{Text, Type, Value};

/// The attributes of a resource or data source type.
#[derive(Debug)]
pub struct Schema {
    /// The type's name: `pki_ca`.
    pub kind: &'static str,
    /// Raised when stored attributes change their meaning.
    pub version: u32,
    /// One sentence for people.
    pub doc: &'static str,
    /// The attributes.
    pub attrs: Vec<Attr>,
    ty: Type,
}

/// One attribute.
#[derive(Debug)]
pub struct Attr {
    /// Its name.
    pub name: &'static str,
    /// Its name as a key of objects, made once and shared by all of them.
    pub key: Text,
    /// The type that is stored. A configured object with more attributes than the type has is
    /// accepted and what is extra is not stored: so a whole `data.host` can be given as `host`.
    pub ty: Type,
    /// Who gives it its value.
    pub role: Role,
    /// What a change of it means.
    pub on_change: OnChange,
    /// Whether the state keeps it.
    pub keep: Keep,
    /// Who reads it.
    pub audience: Audience,
    /// In what form its value is.
    pub form: Form,
    /// One sentence for people.
    pub doc: &'static str,
}

/// Who gives an attribute its value.
#[derive(Debug, Clone, PartialEq)]
pub enum Role {
    /// The configuration, always.
    Required,
    /// The configuration, or this where it says nothing or null.
    Optional(Value),
    /// The configuration, or else the resource type when it plans.
    OptionalComputed,
    /// The resource type, always.
    Computed,
}

/// What a change of an attribute means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnChange {
    /// The object is changed in place.
    Update,
    /// The object is destroyed and made anew.
    Replace,
}

/// Whether the state keeps an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// It is stored (sealed where its value is sensitive).
    Stored,
    /// It is an input only and read as null from the state: a key that is given to be adopted.
    WriteOnly,
}

/// Who reads an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// People, expressions and the resource type.
    Everyone,
    /// The resource type itself: digests of what it wrote. Nobody reviews it in a new object.
    Engine,
}

/// In what form the value of an attribute is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As its type says.
    Plain,
    /// A text that [`Realm::seal`](crate::resource::Realm::seal) gave: another one when the state is
    /// sealed for others, which is no change of the object.
    Sealed,
}

impl Attr {
    /// A required attribute.
    pub fn required(name: &'static str, ty: Type, doc: &'static str) -> Attr {
        Attr {
            name,
            key: name.into(),
            ty,
            role: Role::Required,
            on_change: OnChange::Update,
            keep: Keep::Stored,
            audience: Audience::Everyone,
            form: Form::Plain,
            doc,
        }
    }

    /// An optional attribute with its default.
    pub fn optional(name: &'static str, ty: Type, default: Value, doc: &'static str) -> Attr {
        Attr { role: Role::Optional(default), ..Attr::required(name, ty, doc) }
    }

    /// An attribute that the resource type fills in where the configuration does not.
    pub fn defaulted(name: &'static str, ty: Type, doc: &'static str) -> Attr {
        Attr { role: Role::OptionalComputed, ..Attr::required(name, ty, doc) }
    }

    /// An attribute that only the resource type gives a value.
    pub fn computed(name: &'static str, ty: Type, doc: &'static str) -> Attr {
        Attr { role: Role::Computed, ..Attr::required(name, ty, doc) }
    }

    /// A change of this attribute makes the object anew.
    pub fn replaces(self) -> Attr {
        Attr { on_change: OnChange::Replace, ..self }
    }

    /// Nobody reviews this attribute: the resource type keeps it for its own comparisons.
    pub fn bookkeeping(self) -> Attr {
        Attr { audience: Audience::Engine, ..self }
    }

    /// The value of this attribute is a sealed text.
    pub fn sealed(self) -> Attr {
        Attr { form: Form::Sealed, ..self }
    }

    /// The state never keeps this attribute.
    pub fn write_only(self) -> Attr {
        Attr { keep: Keep::WriteOnly, ..self }
    }
}

impl Schema {
    /// The schema of a type.
    pub fn new(kind: &'static str, version: u32, doc: &'static str, attrs: Vec<Attr>) -> Schema {
        let ty = Type::object(attrs.iter().map(|attr| (attr.key.clone(), attr.ty.clone())));
        Schema { kind, version, doc, attrs, ty }
    }

    /// The attribute of a name.
    pub fn attr(&self, name: &str) -> Option<&Attr> {
        self.attrs.iter().find(|attr| attr.name == name)
    }

    /// The object type of stored attributes.
    pub fn ty(&self) -> &Type {
        &self.ty
    }
}
