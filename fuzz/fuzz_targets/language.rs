//! Any text: as a file that is parsed and laid out, as an expression and as a template that are
//! evaluated.
//!
//! What a panic, an overflow of the stack, a limit of time or of memory ends is a mistake, and so is
//! a layout that is refused, or that changes when it is laid out again, or a text that is the language and
//! cannot be laid out.

#![no_main]

use libfuzzer_sys::fuzz_target;
use quorate_engine::diag::{Diagnostics, Fault};
use quorate_engine::eval::{Constants, answer, parse_expression, parse_template};
use quorate_engine::layout;
use quorate_engine::source::SourceId;

const SOURCE: SourceId = SourceId(0);

fuzz_target!(|text: &str| {
    lay_out(text);
    value(text);
    // What is no template is refused; nobody looks at the message.
    let _ = parse_template(text, SOURCE);
});

fn lay_out(text: &str) {
    let once = match layout::format(text, SOURCE) {
        Ok(once) => once,
        Err(refused) => return assert_ne!(refused.fault, Fault::Bug, "{refused:?}"),
    };
    match layout::format(&once, SOURCE) {
        Ok(twice) => assert_eq!(once, twice, "the layout is not settled"),
        Err(refused) => panic!("the layout is refused: {refused:?}\n{once}"),
    }
}

fn value(text: &str) {
    let Ok(expr) = parse_expression(text, SOURCE) else { return };
    let mut diagnostics = Diagnostics::default();
    // Without a value there are messages, of which none may be about ourselves.
    let _ = answer(&expr, &Constants::default(), &mut diagnostics);
    assert_ne!(diagnostics.worst_fault(), Some(Fault::Bug), "{diagnostics:?}");
}
