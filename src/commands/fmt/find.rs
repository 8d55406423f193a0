//! Which files are meant.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use quorate_engine::config::has_layout;
use quorate_engine::diag::Diagnostic;

use crate::args::FmtArgs;

/// What files may end in when they are named one by one: also what was written for Terraform.
const NAMED: [&str; 3] = ["hcl", "tf", "tfvars"];

/// The name of a file to lay out, or why there is none.
pub type Found = Result<String, Box<Diagnostic>>;

/// The files that were asked for, in the order of the paths; those of a folder by name.
pub fn files(args: &FmtArgs) -> Vec<Found> {
    let here = [PathBuf::from(".")];
    let paths = if args.paths.is_empty() { &here[..] } else { &args.paths };
    let depth = if args.recursive { Depth::All } else { Depth::Folder };
    let mut found = Vec::new();
    for path in paths {
        let path = plain(path);
        match fs::metadata(&path) {
            Ok(meta) if meta.is_dir() => folder(&path, depth, &mut found),
            Ok(meta) => found.push(named(&path, meta.is_file())),
            Err(error) => found.push(Err(absent(&path, &error))),
        }
    }
    found
}

/// How far a folder is looked into.
#[derive(Clone, Copy)]
enum Depth {
    Folder,
    All,
}

/// Links to folders are not followed, as they may lead in circles; hidden ones are left alone.
fn folder(dir: &Path, depth: Depth, found: &mut Vec<Found>) {
    let mut entries = match fs::read_dir(dir).and_then(Iterator::collect::<io::Result<Vec<_>>>) {
        Ok(entries) => entries,
        Err(error) => return found.push(Err(unreadable(dir, &error))),
    };
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let file_name = entry.file_name();
        let path = plain(&dir.join(&file_name));
        let shown = file_name.to_string_lossy();
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            if matches!(depth, Depth::All) && !shown.starts_with('.') {
                folder(&path, depth, found);
            }
        } else if has_layout(&shown) && fs::metadata(&path).is_ok_and(|meta| meta.is_file()) {
            found.push(text_of(&path));
        }
    }
}

/// A file that was named: anything in the native syntax.
fn named(path: &Path, is_file: bool) -> Found {
    let known = path.extension().is_some_and(|end| NAMED.iter().any(|known| end == *known));
    match known && is_file {
        true => text_of(path),
        false => {
            let detail = format!(
                "{} cannot be laid out: only files that end in .hcl, .tf or .tfvars can, and \
                 folders with .hcl files.",
                path.display()
            );
            Err(Box::new(Diagnostic::error("Not a configuration file", detail)))
        }
    }
}

fn text_of(path: &Path) -> Found {
    path.to_str().map(str::to_owned).ok_or_else(|| {
        let detail = format!("The name of the file {} is not UTF-8.", path.display());
        Box::new(Diagnostic::error("Invalid file name", detail))
    })
}

/// A path without needless parts: `./a//b` is `a/b`.
fn plain(path: &Path) -> PathBuf {
    let plain: PathBuf = path.components().filter(|part| *part != Component::CurDir).collect();
    if plain.as_os_str().is_empty() { PathBuf::from(".") } else { plain }
}

fn absent(path: &Path, error: &io::Error) -> Box<Diagnostic> {
    let detail = format!("The file or folder {} to lay out: {error}.", path.display());
    Box::new(Diagnostic::error("No such file or folder", detail))
}

fn unreadable(dir: &Path, error: &io::Error) -> Box<Diagnostic> {
    let detail = format!("Listing the files of {} failed: {error}.", dir.display());
    Box::new(Diagnostic::error("Unreadable folder", detail))
}
