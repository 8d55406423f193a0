//! Where progress is shown: lines one below the other, or a few rows at the bottom of a terminal
//! that change in place.

use std::collections::BTreeMap;
use std::io::Write;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use quorate_engine::addr::InstanceAddr;

/// More rows than these would push the plan off the screen; the rest is counted.
const ROWS: usize = 12;

/// How often the rows may be drawn anew in a second.
const RATE: u8 = 10;

/// Where progress is shown.
pub enum Screen {
    /// Lines, for files, pipes and terminals that cannot move the cursor.
    Lines(Box<dyn Write + Send>),
    /// Lines, and rows below them for what is under way.
    Live(Live),
}

impl Screen {
    /// A line that stays. One that does not reach its reader must not stop the work.
    pub fn line(&mut self, text: &str) {
        match self {
            Screen::Lines(out) => {
                let _ = writeln!(out, "{text}");
                let _ = out.flush();
            }
            Screen::Live(live) => {
                let _ = live.all.println(text);
            }
        }
    }

    /// Whether rows show what is under way, so that no line has to.
    pub fn is_live(&self) -> bool {
        matches!(self, Screen::Live(_))
    }
}

/// Rows at the bottom of a terminal.
pub struct Live {
    all: MultiProgress,
    last: ProgressBar,
    rows: BTreeMap<InstanceAddr, ProgressBar>,
}

impl Live {
    /// Rows on the standard output.
    pub fn on_stdout() -> Live {
        Live::on(ProgressDrawTarget::stdout_with_hz(RATE))
    }

    /// Rows on another target.
    pub fn on(target: ProgressDrawTarget) -> Live {
        let all = MultiProgress::with_draw_target(target);
        let last = all.add(row());
        Live { all, last, rows: BTreeMap::new() }
    }

    /// Shows each of these, in their order, and the sentence below them.
    pub fn show(&mut self, running: &[(InstanceAddr, String)], sentence: String) {
        let shown = &running[..running.len().min(ROWS)];
        let gone = |addr: &InstanceAddr| !shown.iter().any(|(shown, _)| shown == addr);
        self.rows.retain(|addr, bar| {
            let keep = !gone(addr);
            if !keep {
                bar.finish_and_clear();
                self.all.remove(bar);
            }
            keep
        });
        for (addr, text) in shown {
            let (all, last) = (&self.all, &self.last);
            let bar = self.rows.entry(addr.clone());
            bar.or_insert_with(|| all.insert_before(last, row())).set_message(text.clone());
        }
        self.last.set_message(sentence);
    }

    /// Removes all rows.
    pub fn clear(&mut self) {
        for bar in std::mem::take(&mut self.rows).into_values() {
            bar.finish_and_clear();
        }
        self.last.finish_and_clear();
        self.all.remove(&self.last);
        let _ = self.all.clear();
        // A row that was cleared is never drawn again, and there may be more to show.
        self.last = self.all.add(row());
    }
}

fn row() -> ProgressBar {
    let style =
        ProgressStyle::with_template("{wide_msg}").unwrap_or(ProgressStyle::default_spinner());
    ProgressBar::new_spinner().with_style(style)
}

#[cfg(test)]
mod tests {
    use indicatif::InMemoryTerm;

    use super::*;

    fn rows(count: usize) -> Vec<(InstanceAddr, String)> {
        let row = |n: usize| (format!("a.b[{n}]").parse().unwrap(), format!("row {n}"));
        (0..count).map(row).collect()
    }

    #[test]
    fn rows_change_in_place_and_lines_stay() {
        let term = InMemoryTerm::new(30, 40);
        let mut screen =
            Screen::Live(Live::on(ProgressDrawTarget::term_like(Box::new(term.clone()))));
        let show = |screen: &mut Screen, count, sentence: &str| {
            let Screen::Live(live) = screen else { panic!("lines") };
            live.show(&rows(count), sentence.to_owned());
        };
        show(&mut screen, 2, "0 of 3 done");
        assert_eq!(term.contents(), "row 0\nrow 1\n0 of 3 done");
        screen.line("a.b[1]: Creation complete");
        show(&mut screen, 1, "1 of 3 done");
        assert_eq!(term.contents(), "a.b[1]: Creation complete\nrow 0\n1 of 3 done");
        show(&mut screen, 20, "1 of 20 done");
        assert_eq!(term.contents().lines().count(), 1 + ROWS + 1);
        let Screen::Live(live) = &mut screen else { panic!("lines") };
        live.clear();
        assert_eq!(term.contents(), "a.b[1]: Creation complete");
        show(&mut screen, 1, "again");
        assert!(term.contents().ends_with("row 0\nagain"));
    }
}
