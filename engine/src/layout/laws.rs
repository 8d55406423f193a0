//! What holds for every text: for the corpus of the fuzzer, for texts that are cut off, and for what
//! is laid out.

use std::fs;
use std::path::{Path, PathBuf};

use hcl::edit::structure::Body;

use super::format;
use crate::diag::{Diagnostics, Fault};
use crate::eval::{Constants, Expr, answer, parse_body, parse_expression, parse_template};
use crate::source::SourceId;

const SOURCE: SourceId = SourceId(0);

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The texts that a fuzzer found worth keeping.
fn corpus() -> Vec<String> {
    let folder = repository().join("fuzz/corpus/language");
    let files = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let texts: Vec<String> = files.filter_map(|path| fs::read_to_string(path).ok()).collect();
    assert!(texts.len() > 100, "the corpus is missing: {}", texts.len());
    texts
}

/// The answer to an expression, or that it has none.
fn told(expr: &Expr) -> Result<String, ()> {
    let mut diagnostics = Diagnostics::default();
    let told = answer(expr, &Constants::default(), &mut diagnostics);
    assert_ne!(diagnostics.worst_fault(), Some(Fault::Bug), "{diagnostics:?}");
    told.map_err(drop)
}

/// What the arguments of a body and of its blocks mean.
fn meaning(body: &Body) -> Vec<(String, Result<String, ()>)> {
    let argument = |attribute: &hcl::edit::structure::Attribute| {
        let node = attribute.value.clone();
        (attribute.key.to_string().trim().to_owned(), told(&Expr::new(SOURCE, node)))
    };
    // Old ways to write types are replaced, so those do not mean the same as an expression.
    let own = body.attributes().filter(|own| own.key.as_str() != "type").map(argument);
    own.chain(body.blocks().flat_map(|block| meaning(&block.body))).collect()
}

#[test]
fn what_is_laid_out_means_the_same_and_is_settled() {
    let mut laid_out = 0;
    for text in corpus() {
        for text in [text.clone(), format!("a = {text}\n"), format!("a = [{text}\n]\n")] {
            let once = match format(&text, SOURCE) {
                Ok(once) => once,
                Err(refused) => {
                    assert_ne!(refused.fault, Fault::Bug, "{text:?}: {refused:?}");
                    continue;
                }
            };
            // What is too deep for the parser is laid out all the same.
            if let Ok(before) = parse_body(&text, SOURCE) {
                let after = parse_body(&once, SOURCE).unwrap();
                assert_eq!(meaning(&before), meaning(&after), "{text:?}");
            }
            assert_eq!(format(&once, SOURCE).as_ref(), Ok(&once), "not settled: {text:?}");
            laid_out += 1;
        }
    }
    assert!(laid_out > 100, "only {laid_out} texts could be laid out");
}

#[test]
fn every_text_of_the_corpus_has_a_value_or_a_message() {
    for text in corpus() {
        // What is no template is refused; nobody looks at the message.
        let _ = parse_template(&text, SOURCE);
        if let Ok(expr) = parse_expression(&text, SOURCE) {
            let _ = told(&expr);
        }
    }
}

/// A file may end anywhere, as after a disk that was full.
#[test]
fn a_file_that_is_cut_off_is_laid_out_or_refused() {
    let files = ["examples", "modules"].map(|folder| repository().join(folder));
    let mut seen = 0;
    for path in files.iter().flat_map(|folder| hcl_files(folder)) {
        let text = fs::read_to_string(&path).unwrap();
        // Longer files are tried at fewer places: a text is parsed from its beginning each time.
        let step = 1 + text.len() / 500;
        for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)).step_by(step) {
            if let Ok(once) = format(&text[..end], SOURCE) {
                assert_eq!(format(&once, SOURCE), Ok(once), "{}, {end}", path.display());
            }
        }
        seen += 1;
    }
    assert!(seen > 2, "only {seen} files");
}

fn hcl_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(hcl_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "hcl") {
            found.push(path);
        }
    }
    found.sort();
    found
}
