//! Bounds on what a short expression may blow up to.

use super::signature::FunctionError;

/// The most bytes of text that one call makes.
pub const TEXT: usize = 64 << 20;

/// The most elements that one call makes.
pub const ELEMENTS: usize = 1 << 20;

/// Refuses a result text of more than [`TEXT`] bytes.
pub fn text(bytes: Option<usize>) -> Result<(), FunctionError> {
    match bytes {
        Some(bytes) if bytes <= TEXT => Ok(()),
        _ => Err(FunctionError::new("the result would be longer than 64 MiB")),
    }
}

/// Refuses a result of more than [`ELEMENTS`] elements.
pub fn elements(count: Option<usize>) -> Result<(), FunctionError> {
    match count {
        Some(count) if count <= ELEMENTS => Ok(()),
        _ => {
            Err(FunctionError::new(format!("the result would have more than {ELEMENTS} elements")))
        }
    }
}
