//! Override files: `override.hcl` and `*_override.hcl` change single arguments of what other files
//! declare.

use std::collections::{BTreeMap, BTreeSet};

use super::decode::{Argument, Item, Opened};
use crate::diag::{Diagnostic, Diagnostics};
use crate::source::Span;
use crate::value::Text;

/// What tells a top-level block from others: its type and labels.
type Key = (Text, Vec<Text>);

/// Where a block is among the primary files: the file, and the place in it.
type Place = (usize, usize);

/// Merges override files into the primary ones, in the order of their names.
///
/// Without `complete`, some file could not be read, and what it may declare is not missing.
pub(super) fn merge(
    primary: Vec<Vec<Item>>,
    above: Vec<Vec<Item>>,
    complete: bool,
    diags: &mut Diagnostics,
) -> Vec<Vec<Item>> {
    let index = index(&primary);
    let locals = local_places(&primary);
    let mut merge = Merge { primary, index, locals, complete, diags };
    for item in above.into_iter().flatten() {
        match item {
            Item::Block(block) => merge.block(block),
            // A stray argument is the decoder's to refuse.
            item => merge.primary.push(vec![item]),
        }
    }
    merge.primary
}

fn cannot_override(kind: &str) -> &'static str {
    match kind {
        "check" => "Can't override check blocks",
        "import" => "Cannot override 'import' blocks",
        _ => "Cannot override 'moved' blocks",
    }
}

fn key(block: &Opened) -> Key {
    (block.kind.clone(), block.labels.iter().map(|label| label.text.clone()).collect())
}

fn blocks(files: &[Vec<Item>]) -> impl Iterator<Item = (Place, &Opened)> {
    files.iter().enumerate().flat_map(|(file, items)| {
        items.iter().enumerate().filter_map(move |(place, item)| match item {
            Item::Block(block) => Some(((file, place), block)),
            Item::Attr(_) => None,
        })
    })
}

fn index(files: &[Vec<Item>]) -> BTreeMap<Key, Place> {
    let mut index = BTreeMap::new();
    for (place, block) in blocks(files) {
        index.entry(key(block)).or_insert(place);
    }
    index
}

/// The `locals` block in which each local value is.
fn local_places(files: &[Vec<Item>]) -> BTreeMap<Text, Place> {
    let locals = blocks(files).filter(|(_, block)| block.kind() == "locals");
    let names = locals.flat_map(|(place, block)| {
        block.body.iter().filter_map(move |item| match item {
            Item::Attr(attr) => Some((attr.name.clone(), place)),
            Item::Block(_) => None,
        })
    });
    names.collect()
}

struct Merge<'a> {
    primary: Vec<Vec<Item>>,
    index: BTreeMap<Key, Place>,
    locals: BTreeMap<Text, Place>,
    complete: bool,
    diags: &'a mut Diagnostics,
}

impl Merge<'_> {
    fn block(&mut self, block: Opened) {
        match block.kind() {
            "locals" => self.local_values(block),
            kind @ ("check" | "import" | "moved") => {
                let detail = format!(
                    "An override file changes what other files declare; a {kind:?} block belongs \
                     into one of those."
                );
                self.diags.error(Diagnostic::error(cannot_override(kind), detail).at(block.span));
            }
            // It has no name to be found by: it is added.
            "removed" => self.primary.push(vec![Item::Block(block)]),
            _ => self.named(block),
        }
    }

    fn named(&mut self, block: Opened) {
        let settings = matches!(block.kind(), "quorate" | "terraform");
        match self.index.get(&key(&block)).copied() {
            Some(place) => {
                if let Some(base) = self.at(place) {
                    let problems = into(base, block);
                    self.report(problems);
                }
            }
            None if settings || !self.complete => self.primary.push(vec![Item::Block(block)]),
            None => self.missing(block.kind(), &title(&block), block.span),
        }
    }

    fn local_values(&mut self, block: Opened) {
        for item in block.body {
            let Item::Attr(attr) = item else { continue };
            let base = self.locals.get(&attr.name).copied();
            if let Some(base) = base.and_then(|place| self.at(place)) {
                set(base, attr);
            } else if self.complete {
                let name = format!("local.{}", attr.name);
                self.missing("local value", &name, attr.at);
            }
        }
    }

    fn at(&mut self, (file, place): Place) -> Option<&mut Opened> {
        match self.primary.get_mut(file)?.get_mut(place)? {
            Item::Block(block) => Some(block),
            Item::Attr(_) => None,
        }
    }

    fn missing(&mut self, kind: &str, name: &str, at: Span) {
        let detail = format!(
            "There is no {name} to override. An override file only changes what another file \
             declares; declare the {kind} in a file of another name."
        );
        self.diags.error(Diagnostic::error("Nothing to override", detail).at(at));
    }

    fn report(&mut self, problems: Vec<Span>) {
        for at in problems {
            let detail = "\"depends_on\" cannot be changed by an override file: what was waited for \
                          before would silently be forgotten.";
            self.diags.error(Diagnostic::error("Unsupported override", detail).at(at));
        }
    }
}

fn title(block: &Opened) -> String {
    let labels = block.labels.iter().map(|label| format!(" {:?}", &*label.text));
    std::iter::once(block.kind().to_owned()).chain(labels).collect()
}

/// Replaces arguments by name and nested blocks by type; a `lifecycle` is merged in turn. Gives
/// back the places of arguments that cannot be replaced.
fn into(base: &mut Opened, above: Opened) -> Vec<Span> {
    let mut problems = Vec::new();
    let (mut attrs, mut nested) = (Vec::new(), Vec::new());
    for item in above.body {
        match item {
            Item::Attr(attr) if &*attr.name == "depends_on" => problems.push(attr.at),
            Item::Attr(attr) => attrs.push(attr),
            Item::Block(block) => nested.push(block),
        }
    }
    for attr in attrs {
        forget_rival(base, &attr.name);
        set(base, attr);
    }
    let kinds: BTreeSet<Text> = nested.iter().map(replaces).collect();
    let merged = |kind: &str| kind == "lifecycle";
    base.body.retain(|item| match item {
        Item::Block(block) => merged(block.kind()) || !kinds.contains(&replaces(block)),
        Item::Attr(_) => true,
    });
    for block in nested {
        let same = |item: &&mut Item| matches!(item, Item::Block(b) if b.kind == block.kind);
        match base.body.iter_mut().find(same) {
            Some(Item::Block(base)) if merged(block.kind()) => problems.extend(into(base, block)),
            _ => base.body.push(Item::Block(block)),
        }
    }
    problems
}

/// `count` and `for_each` replace each other.
fn forget_rival(base: &mut Opened, name: &str) {
    let rival = match name {
        "count" => "for_each",
        "for_each" => "count",
        _ => return,
    };
    base.body.retain(|item| !matches!(item, Item::Attr(attr) if &*attr.name == rival));
}

/// The type of block that a nested block stands for.
fn replaces(block: &Opened) -> Text {
    match (block.kind(), block.labels.first()) {
        ("dynamic", Some(label)) => label.text.clone(),
        _ => block.kind.clone(),
    }
}

fn set(base: &mut Opened, attr: Argument) {
    for item in &mut base.body {
        if let Item::Attr(known) = item
            && known.name == attr.name
        {
            *known = attr;
            return;
        }
    }
    base.body.push(Item::Attr(attr));
}
