//! `import` blocks: which instance takes over what.

use std::collections::BTreeMap;

use super::scope::{At, key_of};
use super::tables::Each;
use super::{Walk, repeat};
use crate::addr::{ConfigAddr, InstanceAddr, Key, ModulePath};
use crate::config::{Config, Import, Repetition};
use crate::desired::Rigour;
use crate::diag::{Diagnostic, Diagnostics, Reported};
use crate::eval::{Expr, evaluate, values_behind};
use crate::source::Span;
use crate::value::{Text, Type};

/// One object that is to be taken over.
#[derive(Clone, Debug, PartialEq)]
pub struct Adoption {
    /// What it is known by outside.
    pub id: Text,
    /// The block that asks for it.
    pub span: Span,
}

/// The `import` blocks of a configuration by the block that they are about.
pub(super) fn by_target(config: &Config) -> BTreeMap<ConfigAddr, Vec<&Import>> {
    let mut all: BTreeMap<ConfigAddr, Vec<&Import>> = BTreeMap::new();
    let root = config.modules.get(&ModulePath::default());
    for import in root.into_iter().flat_map(|module| &module.imports) {
        if let Some(target) = import.target() {
            all.entry(target).or_default().push(import);
        }
    }
    all
}

impl Walk<'_> {
    /// What all `import` blocks ask for.
    ///
    /// # Errors
    /// Every mistake is in `diagnostics`; what could be evaluated is returned all the same.
    pub fn adoptions(&self, diagnostics: &mut Diagnostics) -> BTreeMap<InstanceAddr, Adoption> {
        let mut found: BTreeMap<InstanceAddr, Adoption> = BTreeMap::new();
        for import in self.imports() {
            for (addr, adoption) in self.adopted_by(import, diagnostics) {
                match found.get(&addr) {
                    // One block may say the same of several keys of its for_each.
                    Some(first) if first.span == adoption.span && first.id == adoption.id => {}
                    Some(first) => {
                        diagnostics.error(self.twice(&addr, &adoption, first));
                    }
                    None => drop(found.insert(addr, adoption)),
                }
            }
        }
        found
    }

    /// What is asked for of one block; mistakes are told by [`Walk::adoptions`].
    pub(super) fn adopted_as(&self, target: &ConfigAddr) -> BTreeMap<InstanceAddr, Adoption> {
        let Some(imports) = self.imports_into.get(target) else { return BTreeMap::new() };
        let mut unheard = Diagnostics::default();
        imports.iter().flat_map(|import| self.adopted_by(import, &mut unheard)).collect()
    }

    fn imports(&self) -> &[Import] {
        let root = self.inputs.config.modules.get(&ModulePath::default());
        root.map_or(&[], |module| &module.imports)
    }

    fn adopted_by(
        &self,
        import: &Import,
        diagnostics: &mut Diagnostics,
    ) -> Vec<(InstanceAddr, Adoption)> {
        let one = |each: Option<Each>, diagnostics: &mut Diagnostics| {
            let mut at = self.scope(&ModulePath::default(), 0);
            at.each = each;
            let mut own = Diagnostics::default();
            let found = adoption(import, &at, &mut own).ok();
            if !at.hangs_on_a_mistake() {
                diagnostics.extend(own);
            }
            found
        };
        let Some(for_each) = &import.for_each else {
            return one(None, diagnostics).into_iter().collect();
        };
        let at = self.scope(&ModulePath::default(), 0);
        let repetition = Repetition::ForEach(for_each.clone());
        let expansion = repeat::expand(&repetition, &at, Rigour::Strict, diagnostics);
        let instances = expansion.instances.into_iter();
        instances.filter_map(|(_, each)| one(each, diagnostics)).collect()
    }

    fn twice(&self, addr: &InstanceAddr, second: &Adoption, first: &Adoption) -> Diagnostic {
        let detail = format!(
            "An import block for the resource \"{addr}\" was already declared at {}. A resource \
             can have only one import block.",
            self.inputs.config.sources.place(first.span)
        );
        Diagnostic::error("Duplicate import configuration", detail).at(second.span)
    }
}

fn adoption(
    import: &Import,
    at: &At<'_>,
    diagnostics: &mut Diagnostics,
) -> Result<(InstanceAddr, Adoption), Reported> {
    let addr = import.address(|key| instance_key(key, at, diagnostics));
    let id = id(&import.id, at, diagnostics)?;
    let addr = addr?.ok_or_else(|| {
        let detail = "The address of a resource instance is expected here.";
        diagnostics.error(Diagnostic::error("Invalid address", detail).at(import.to.span()))
    })?;
    Ok((addr, Adoption { id, span: import.span }))
}

fn instance_key(expr: &Expr, at: &At<'_>, diagnostics: &mut Diagnostics) -> Result<Key, Reported> {
    let value = evaluate(expr, at, diagnostics)?;
    let hidden = value.has_sensitive();
    key_of(&value).filter(|_| !hidden).ok_or_else(|| {
        let detail = "The key of an instance must be a text or a whole number that is known when \
                      the plan is made, and no secret.";
        let mut diagnostic =
            Diagnostic::error("Invalid import to argument", detail).at(expr.span());
        diagnostic.values = values_behind(expr, at);
        diagnostics.error(diagnostic)
    })
}

fn id(expr: &Expr, at: &At<'_>, diagnostics: &mut Diagnostics) -> Result<Text, Reported> {
    let value = evaluate(expr, at, diagnostics)?;
    let text = value.convert(&Type::String).map_err(|error| error.to_string());
    let problem = match &text {
        Err(error) => format!("The import ID value is unsuitable: {error}."),
        _ if value.has_sensitive() || value.unmark_deep().1.ephemeral => {
            "The import ID cannot be sensitive or ephemeral: it is shown in the plan.".to_owned()
        }
        Ok(text) if text.is_unknown() => {
            "The import block \"id\" argument depends on resource attributes that cannot be \
             determined until apply, so Quorate cannot plan to import this resource."
                .to_owned()
        }
        Ok(text) => match text.as_str() {
            None => "The import ID cannot be null.".to_owned(),
            Some("") => {
                "The import ID value evaluates to an empty string, please provide a non-empty value."
                    .to_owned()
            }
            Some(id) => return Ok(id.into()),
        },
    };
    let mut error = Diagnostic::error("Invalid import id argument", problem).at(expr.span());
    error.values = values_behind(expr, at);
    Err(diagnostics.error(error))
}
