//! Objects of the state as `show` and `state show` write them.

use std::io;

use quorate_engine::addr::InstanceAddr;
use quorate_engine::state::Status;
use quorate_engine::value::Value;

use super::page::{Mark, Page, Tone};
use super::text::clean;
use super::value::{Place, Shown, Typing, put_attrs};

/// Writes one object.
pub fn put_object(
    page: &mut Page<'_>,
    addr: &InstanceAddr,
    status: Status,
    value: &Value,
) -> io::Result<()> {
    let remark = match status {
        Status::Ready => "",
        Status::Tainted => " (tainted)",
        Status::Creating => " (being created when an earlier run ended)",
        Status::Updating => " (being changed when an earlier run ended)",
        Status::Deleting => " (being removed when an earlier run ended)",
    };
    let former = addr.deposed.map(|key| format!(" (deposed object {key})")).unwrap_or_default();
    let name = addr.instance().to_string();
    let title = page.paint(Tone::Bold, format!("# {}:{former}{remark}", clean(&name)));
    page.line(title)?;
    page.line(format!("resource \"{}\" \"{}\" {{", addr.block.kind, addr.block.name))?;
    if let Some(attrs) = value.entries() {
        let at = Place::bare(0, Mark::Same, Typing::Declared);
        put_attrs(page, at, attrs, &|_, _| Shown::Whole)?;
    }
    page.line("}")
}
