//! The attributes of a body by name.

use crate::eval::Expr;
use crate::source::Span;
use crate::value::Text;

/// Attributes, sorted by name. Most bodies have a few, for which a tree would take ten times the
/// memory.
#[derive(Clone, Debug, Default)]
pub struct Attributes(Vec<(Text, (Span, Expr))>);

impl Attributes {
    /// The attribute of a name: the name's place and the expression.
    pub fn get(&self, name: &str) -> Option<&(Span, Expr)> {
        let found = self.0.binary_search_by(|(known, _)| (**known).cmp(name));
        found.ok().map(|index| &self.0[index].1)
    }

    /// All attributes by name.
    pub fn iter(&self) -> impl Iterator<Item = (&Text, &(Span, Expr))> {
        self.0.iter().map(|(name, value)| (name, value))
    }

    /// The names.
    pub fn keys(&self) -> impl Iterator<Item = &Text> {
        self.0.iter().map(|(name, _)| name)
    }

    /// The attributes in the order of their names.
    pub fn values(&self) -> impl Iterator<Item = &(Span, Expr)> {
        self.0.iter().map(|(_, value)| value)
    }
}

impl FromIterator<(Text, (Span, Expr))> for Attributes {
    /// Of attributes with one name the last one counts.
    fn from_iter<I: IntoIterator<Item = (Text, (Span, Expr))>>(attributes: I) -> Self {
        let mut all: Vec<_> = attributes.into_iter().collect();
        all.reverse();
        all.sort_by(|(a, _), (b, _)| a.cmp(b));
        all.dedup_by(|(later, _), (first, _)| later == first);
        all.shrink_to_fit();
        Attributes(all)
    }
}
