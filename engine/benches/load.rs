//! Loading a configuration against the parser alone, on the same files, in one process.
//!
//! `cargo bench -p quorate-engine --bench load -- FOLDER [ROUNDS]`
#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use quorate_engine::build::build;
use quorate_engine::config::{Builtins, DiskFiles, load};
use quorate_engine::diag::Diagnostics;
use quorate_engine::source::Sources;

fn main() {
    let mut args = std::env::args().skip(1).filter(|arg| !arg.starts_with("--"));
    let Some(folder) = args.next() else { return };
    let rounds = args.next().and_then(|rounds| rounds.parse().ok()).unwrap_or(7);
    let texts = texts(Path::new(&folder));
    // In turn, so that a busy machine slows both alike.
    let (mut parser, mut loader, mut grapher) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        parser.push(parse(&texts));
        let (loading, building) = load_folder(&folder);
        loader.push(loading);
        grapher.push(building);
    }
    let (parser, loader, grapher) = (median(parser), median(loader), median(grapher));
    println!("parser alone {:.1} ms", parser.as_secs_f64() * 1e3);
    println!(
        "loading {:.1} ms, {:.2} times the parser (goal 1.3)",
        loader.as_secs_f64() * 1e3,
        loader.as_secs_f64() / parser.as_secs_f64()
    );
    println!("building the graph {:.1} ms", grapher.as_secs_f64() * 1e3);
}

fn texts(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let files = entries.map(|entry| entry.path()).filter(|path: &PathBuf| {
        path.extension().is_some_and(|extension| extension == "hcl")
    });
    files.filter_map(|path| std::fs::read_to_string(path).ok()).collect()
}

/// Parses all texts into trees and drops them.
fn parse(texts: &[String]) -> Duration {
    let begun = Instant::now();
    for text in texts {
        let body: Result<hcl::edit::structure::Body, _> = text.parse();
        drop(black_box(body));
    }
    begun.elapsed()
}

fn load_folder(folder: &str) -> (Duration, Duration) {
    let mut diagnostics = Diagnostics::default();
    let begun = Instant::now();
    let files = DiskFiles::default();
    let loaded =
        load(folder, &files, &Builtins::new(), &mut Sources::default(), &mut diagnostics);
    let loading = begun.elapsed();
    let begun = Instant::now();
    if let Ok(config) = &loaded {
        drop(black_box(build(config, &mut diagnostics)));
    }
    let building = begun.elapsed();
    let begun = Instant::now();
    drop(black_box(loaded));
    // The parser's share has its drop in it too.
    (loading + begun.elapsed(), building)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
