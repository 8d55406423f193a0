//! Objects of one block in one place that change in the same way: the first is shown, of the others
//! what they have of their own.

use std::io;

use quorate_engine::addr::{ConfigAddr, InstanceAddr, Key};

use super::likeness::{Own, Said, compare, put_owns};
use super::object::Drawn;
use super::siblings::Siblings;
use crate::view::page::{Mark, Page, Tone};
use crate::view::text::clean;

/// Fewer objects than these are shown.
const MANY: usize = 3;

/// The first object of the block that is being written, and those after it that are alike.
#[derive(Default)]
pub struct Family<'p> {
    first: Option<First>,
    held: Vec<(String, Vec<Own>)>,
    /// Those that are held, as long as they are few.
    few: Vec<Drawn<'p>>,
}

struct First {
    block: ConfigAddr,
    mark: Mark,
    addr: InstanceAddr,
    said: Said,
}

impl<'p> Family<'p> {
    /// Writes an object, or remembers what it has of its own.
    pub fn put(
        &mut self,
        page: &mut Page<'_>,
        drawn: Drawn<'p>,
        siblings: &mut Siblings<'p>,
    ) -> io::Result<()> {
        let (addr, mark) = (drawn.addr(), drawn.mark());
        let Some(mark) = mark.filter(|_| addr.key.is_some()) else {
            self.end(page, siblings)?;
            return drawn.put(page, siblings);
        };
        let is_of = |first: &&First| first.block == addr.config() && first.mark == mark;
        let Some(first) = self.first.as_ref().filter(is_of) else {
            self.end(page, siblings)?;
            let said = Said { name: key(addr), lines: drawn.said().to_vec() };
            self.first = Some(First { block: addr.config(), mark, addr: addr.clone(), said });
            return drawn.put(page, siblings);
        };
        let said = Said { name: key(addr), lines: drawn.said().to_vec() };
        match compare(&first.said, &said) {
            Some(owns) => {
                self.held.push((label(addr, &first.addr), owns));
                if self.few.len() < MANY {
                    self.few.push(drawn);
                }
                Ok(())
            }
            None => drawn.put(page, siblings),
        }
    }

    /// Writes what was remembered.
    pub fn end(&mut self, page: &mut Page<'_>, siblings: &mut Siblings<'p>) -> io::Result<()> {
        let Family { first, held, few } = std::mem::take(self);
        let (Some(first), Some(any)) = (first, few.first()) else { return Ok(()) };
        if held.len() < MANY {
            return few.iter().try_for_each(|drawn| drawn.put(page, siblings));
        }
        let title = format!("# {} more as {} {}", held.len(), first.addr, any.verdict());
        page.gap()?;
        page.line(format!("  {}", page.paint(Tone::Bold, clean(&title))))?;
        put_owns(page, &label(&first.addr, &first.addr), &held)
    }
}

fn key(addr: &InstanceAddr) -> String {
    match &addr.key {
        Some(Key::Name(name)) => clean(name).into_owned(),
        _ => String::new(),
    }
}

/// The key of an object, or its address where that of its module differs, too.
fn label(addr: &InstanceAddr, first: &InstanceAddr) -> String {
    let key = addr.key.as_ref().filter(|_| addr.module == first.module && addr.deposed.is_none());
    key.map_or_else(
        || clean(&addr.to_string()).into_owned(),
        |key| clean(&key.to_string()).into_owned(),
    )
}
