//! The picture of a plan: a lane for each host, waves from left to right, and what waits for what.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use quorate_engine::addr::Key;
use quorate_engine::plan::{Action, Change, Plan, PlannedObject, Waves};

use super::escape::{self, escape};
use crate::view::plan::{Section, Where, place};

const LANE: usize = 130;
const BOX: (usize, usize) = (222, 24);
const GAP: (usize, usize) = (36, 8);
const TOP: usize = 24;
/// Longer names end in an ellipsis.
const NAME: usize = 27;

/// How an object's change is coloured.
pub fn class(change: &Change) -> &'static str {
    match change.action() {
        Action::Create => "add",
        Action::Update => "change",
        Action::Replace => "replace",
        Action::Delete => "destroy",
        Action::Read | Action::Forget | Action::NoOp => "other",
    }
}

struct Spot {
    x: usize,
    y: usize,
}

/// Writes the picture; for very large plans only the words remain.
pub fn put(
    plan: &Plan,
    sections: &[Section<'_>],
    waves: &Waves,
    out: &mut dyn Write,
) -> io::Result<()> {
    if waves.count() == 0 {
        return Ok(());
    }
    writeln!(out, "<section><h2>Order</h2>")?;
    if !waves.is_followed() {
        let text = "objects change, too many for a picture. The order is given in words below.";
        return writeln!(out, "<p>{} {text}</p></section>", waves.count());
    }
    let picture = Picture::lay_out(plan, sections, waves);
    picture.put(plan, waves, out)?;
    writeln!(
        out,
        "<p class=\"legend\"><span class=\"add\">create</span> <span class=\"change\">update</span> \
         <span class=\"replace\">replace</span> <span class=\"destroy\">destroy</span> <span \
         class=\"down\">⚠ takes a member down</span>. What stands in one column can run at the \
         same time. Choose a box to see what it waits for.</p></section>"
    )
}

struct Picture {
    lanes: Vec<(String, usize, usize)>,
    spots: BTreeMap<usize, Spot>,
    width: usize,
    height: usize,
}

impl Picture {
    fn lay_out(plan: &Plan, sections: &[Section<'_>], waves: &Waves) -> Picture {
        let indices: BTreeMap<String, usize> =
            plan.objects.iter().enumerate().map(|(i, o)| (o.addr.to_string(), i)).collect();
        let mut picture =
            Picture { lanes: vec![], spots: BTreeMap::new(), width: LANE, height: TOP };
        for section in sections {
            let top = picture.height;
            let mut used: BTreeMap<usize, usize> = BTreeMap::new();
            for object in &section.objects {
                let Some(index) = indices.get(&object.addr.to_string()) else { continue };
                let Some(wave) = waves.of[*index] else { continue };
                let row = used.entry(wave).or_default();
                let x = LANE + wave * (BOX.0 + GAP.0);
                let y = top + GAP.1 + *row * (BOX.1 + GAP.1);
                *row += 1;
                picture.width = picture.width.max(x + BOX.0 + GAP.0);
                picture.spots.insert(*index, Spot { x, y });
            }
            let rows = used.values().max().copied().unwrap_or(0);
            picture.height = top + rows * (BOX.1 + GAP.1) + 2 * GAP.1;
            picture.lanes.push((section.title(), top, picture.height - top));
        }
        picture
    }

    fn put(&self, plan: &Plan, waves: &Waves, out: &mut dyn Write) -> io::Result<()> {
        writeln!(
            out,
            "<div class=\"picture\" tabindex=\"0\" role=\"region\" aria-label=\"Order of changes, \
             scrolls\"><svg width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\" role=\"group\" \
             aria-label=\"Hosts as lanes, waves from left to right\">",
            w = self.width,
            h = self.height,
        )?;
        self.put_lanes(out)?;
        self.put_waits(waves, out)?;
        for (index, spot) in &self.spots {
            put_box(&plan.objects[*index], *index, spot, waves, out)?;
        }
        writeln!(out, "</svg></div>")
    }

    fn put_lanes(&self, out: &mut dyn Write) -> io::Result<()> {
        for (number, (title, top, height)) in self.lanes.iter().enumerate() {
            let shade = if number % 2 == 0 { "even" } else { "odd" };
            let name = title.split(" · ").next().unwrap_or(title);
            let name = name.split(" (").next().unwrap_or(name);
            writeln!(
                out,
                "<rect class=\"lane {shade}\" x=\"0\" y=\"{top}\" width=\"{}\" height=\"{height}\"/>\
                 <text class=\"lane-name\" x=\"8\" y=\"{}\">{}<title>{}</title></text>",
                self.width,
                top + TOP,
                escape(&short(name, 16)),
                escape(title),
            )?;
        }
        Ok(())
    }

    fn put_waits(&self, waves: &Waves, out: &mut dyn Write) -> io::Result<()> {
        let mut paths = String::new();
        for (index, to) in &self.spots {
            for on in waves.waits_for[*index].iter() {
                let Some(from) = self.spots.get(on) else { continue };
                let (x1, y1) = (from.x + BOX.0, from.y + BOX.1 / 2);
                let (x2, y2) = (to.x, to.y + BOX.1 / 2);
                let bend = GAP.0;
                let _ = writeln!(
                    paths,
                    "<path class=\"wait f{on} t{index}\" d=\"M{x1} {y1}C{} {y1} {} {y2} {x2} {y2}\"/>",
                    x1 + bend,
                    x2.saturating_sub(bend),
                );
            }
        }
        write!(out, "<g aria-hidden=\"true\">{paths}</g>")
    }
}

fn put_box(
    object: &PlannedObject,
    index: usize,
    spot: &Spot,
    waves: &Waves,
    out: &mut dyn Write,
) -> io::Result<()> {
    let addr = object.addr.to_string();
    let down = object.change.disrupts().is_some();
    let class = class(&object.change);
    let waits = waves.waits_for[index].len();
    let words = format!(
        "{addr}: {class}{}, waits for {waits}, {} steps",
        if down { ", takes a member down" } else { "" },
        object.change.steps().len(),
    );
    writeln!(
        out,
        "<a href=\"#{id}\" class=\"box {class}{down_class}\" data-n=\"{index}\" \
         aria-label=\"{words}\"><title>{words}</title><rect x=\"{x}\" y=\"{y}\" width=\"{w}\" \
         height=\"{h}\" rx=\"4\"/><text x=\"{tx}\" y=\"{ty}\">{symbol} {name}</text></a>",
        id = escape::id(&addr),
        down_class = if down { " down" } else { "" },
        words = escape(&words),
        x = spot.x,
        y = spot.y,
        w = BOX.0,
        h = BOX.1,
        tx = spot.x + 8,
        ty = spot.y + 16,
        symbol = symbol(&object.change, down),
        name = escape(&label(object)),
    )
}

fn symbol(change: &Change, down: bool) -> &'static str {
    match change.action() {
        _ if down => "⚠",
        Action::Create => "+",
        Action::Update => "~",
        Action::Replace => "±",
        Action::Delete => "−",
        Action::Read | Action::Forget | Action::NoOp => "·",
    }
}

/// What tells an object from others in its lane: its type and name, and its key where that is not the
/// lane's host.
fn label(object: &PlannedObject) -> String {
    let block = &object.addr.block;
    let is_host = |key: &str| matches!(place(object), Where::Host(host) if *host == *key);
    let key = match &object.addr.key {
        Some(Key::Index(index)) => format!("[{index}] "),
        Some(Key::Name(name)) if !is_host(name) => format!("{name} "),
        _ => String::new(),
    };
    let kind = block.kind.split('_').skip(1).collect::<Vec<_>>().join("_");
    // "data" alone would be taken for a data source.
    let kind = if ["", "data"].contains(&&*kind) { block.kind.to_string() } else { kind };
    short(&format!("{key}{kind}.{}", block.name), NAME)
}

fn short(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    text.chars().take(limit - 1).chain(['…']).collect()
}
