//! Files, read from the snapshot that the run has taken, and paths, which are only text.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::signature::{Call, Function, FunctionError, Outcome, Param, Shape};
use crate::eval::FileError;
use crate::value::{Type, Value};

mod glob;
mod path;

const PATH: &[Param] = &[Param::new("path", Shape::String)];

pub const TABLE: &[Function] = &[
    Function::new("abspath", PATH, Shape::String, absolute),
    Function::new("basename", PATH, Shape::String, |c| Ok(path::base(c.text(0)?).into())),
    Function::new("dirname", PATH, Shape::String, |c| Ok(path::dir(c.text(0)?).into())),
    Function::new("file", PATH, Shape::String, |c| Ok(text(c)?.into())),
    Function::new("filebase64", PATH, Shape::String, |c| Ok(BASE64.encode(bytes(c)?).into())),
    Function::new("fileexists", PATH, Shape::Bool, exists),
    Function::new(
        "fileset",
        &[Param::new("path", Shape::String), Param::new("pattern", Shape::String)],
        Shape::StringSet,
        fileset,
    ),
    Function::new("pathexpand", PATH, Shape::String, |c| match c.text(0)? {
        path if path.starts_with('~') => Err(FunctionError::at(
            0,
            "a home folder differs from person to person, and a plan must not; write the path out",
        )),
        path => Ok(path.into()),
    }),
];

/// Relative paths can be completed only where the root folder is known absolutely.
fn absolute(call: &Call) -> Outcome {
    let path = call.text(0)?;
    if path.starts_with('/') {
        return Ok(path::clean(path).into());
    }
    if let Some(dir) = call.ambient.files.working_dir() {
        return Ok(path::clean(&format!("{dir}/{path}")).into());
    }
    Err(FunctionError::at(0, "a relative path has no absolute form that is the same everywhere"))
}

/// The contents of the file that the first argument names.
pub fn bytes(call: &Call) -> Result<Arc<[u8]>, FunctionError> {
    let path = call.text(0)?;
    call.ambient.files.read(path).map_err(|error| match error {
        FileError::Absent(_) => {
            let shown = call.quoted(path);
            let message = format!(
                "no file exists at {shown}; this function works only with files that are \
                 distributed as part of the configuration source code, so if this file will be \
                 created by a resource in this configuration you must instead obtain this result \
                 from an attribute of that resource"
            );
            FunctionError::of_kind(0, message)
        }
        FileError::Unreadable(_, why) => {
            FunctionError::of_kind(0, format!("failed to read file {}: {why}", call.quoted(path)))
        }
    })
}

/// The contents of the file that the first argument names, as text.
pub fn text(call: &Call) -> Result<String, FunctionError> {
    String::from_utf8(bytes(call)?.to_vec()).map_err(|_| {
        let shown = call.quoted(call.args.first().and_then(Value::as_str).unwrap_or_default());
        FunctionError::at(
            0,
            format!(
                "contents of {shown} are not valid UTF-8; \
                 use filebase64 to get them in Base64, or a digest such as filesha256"
            ),
        )
    })
}

fn exists(call: &Call) -> Outcome {
    let path = call.text(0)?;
    match call.ambient.files.read(path) {
        Ok(_) => Ok(true.into()),
        Err(FileError::Absent(_)) => Ok(false.into()),
        Err(FileError::Unreadable(_, why)) => Err(FunctionError::of_kind(
            0,
            format!("failed to read file {}: {why}", call.quoted(path)),
        )),
    }
}

/// A folder that is not there holds no files, as in Terraform.
fn fileset(call: &Call) -> Outcome {
    let pattern = glob::Glob::new(call.text(1)?)
        .map_err(|why| FunctionError::at(1, format!("failed to glob pattern: {why}")))?;
    let mut found = match call.ambient.files.list(call.text(0)?) {
        Ok(found) => found,
        Err(FileError::Absent(_)) => Vec::new(),
        Err(FileError::Unreadable(_, why)) => {
            let shown = call.quoted(call.text(0)?);
            return Err(FunctionError::at(0, format!("cannot read {shown}: {why}")));
        }
    };
    found.retain(|path| pattern.matches(path));
    Ok(Value::set(Type::String, found.into_iter().map(Value::from)))
}
