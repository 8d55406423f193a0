//! The quorum timeline: which members are down in which step, and that it is never two.

use std::io::{self, Write};

use quorate_engine::plan::Plan;

use super::escape::{self, escape};
use crate::view::plan::{Service, disruptions};

/// Writes one table for each service that loses members for a moment.
pub fn put(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    let services = disruptions(plan);
    if services.is_empty() {
        return Ok(());
    }
    writeln!(out, "<section><h2>Quorum</h2>")?;
    for (index, service) in services.iter().enumerate() {
        put_service(service, index, out)?;
    }
    writeln!(out, "</section>")
}

fn put_service(service: &Service<'_>, index: usize, out: &mut dyn Write) -> io::Result<()> {
    let count = service.members.len();
    write!(
        out,
        "<p class=\"manner\" id=\"quorum{index}\">{} of {} {}. {}</p>\n<div class=\"scroll\"><table \
         class=\"quorum\" aria-labelledby=\"quorum{index}\"><thead><tr><th scope=\"col\">Member</th>",
        service.whom(),
        escape(&service.domain),
        service.manner(),
        service.left(),
    )?;
    (1..=count).try_for_each(|step| write!(out, "<th scope=\"col\">{step}</th>"))?;
    writeln!(out, "</tr></thead><tbody>")?;
    for (row, member) in service.members.iter().enumerate() {
        let id = escape::id(&member.object.addr.to_string());
        let name = escape(&member.name);
        write!(out, "<tr><th scope=\"row\"><a href=\"#{id}\">{name}</a></th>")?;
        for column in 0..count {
            match row == column {
                true => write!(out, "<td class=\"is-down\">down</td>")?,
                false => write!(out, "<td class=\"is-up\">up</td>")?,
            }
        }
        writeln!(out, "</tr>")?;
    }
    writeln!(out, "</tbody></table></div>")
}
