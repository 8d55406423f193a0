//! Digests, of text and of files, and identifiers made of them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};
use uuid::Uuid;

use super::file;
use super::signature::{Call, Function, FunctionError, Outcome, Param, Shape};

const TEXT: &[Param] = &[Param::new("str", Shape::String)];
const PATH: &[Param] = &[Param::new("path", Shape::String)];

const fn digest(name: &'static str, run: fn(&Call) -> Outcome) -> Function {
    Function::new(name, TEXT, Shape::String, run)
}

const fn file_digest(name: &'static str, run: fn(&Call) -> Outcome) -> Function {
    Function::new(name, PATH, Shape::String, run)
}

pub const TABLE: &[Function] = &[
    digest("base64sha256", |c| Ok(base64::<Sha256>(c.text(0)?.as_bytes()).into())),
    digest("base64sha512", |c| Ok(base64::<Sha512>(c.text(0)?.as_bytes()).into())),
    file_digest("filebase64sha256", |c| Ok(base64::<Sha256>(&file::bytes(c)?).into())),
    file_digest("filebase64sha512", |c| Ok(base64::<Sha512>(&file::bytes(c)?).into())),
    file_digest("filemd5", |c| Ok(hex::<Md5>(&file::bytes(c)?).into())),
    file_digest("filesha1", |c| Ok(hex::<Sha1>(&file::bytes(c)?).into())),
    file_digest("filesha256", |c| Ok(hex::<Sha256>(&file::bytes(c)?).into())),
    file_digest("filesha512", |c| Ok(hex::<Sha512>(&file::bytes(c)?).into())),
    digest("md5", |c| Ok(hex::<Md5>(c.text(0)?.as_bytes()).into())),
    digest("sha1", |c| Ok(hex::<Sha1>(c.text(0)?.as_bytes()).into())),
    digest("sha256", |c| Ok(hex::<Sha256>(c.text(0)?.as_bytes()).into())),
    digest("sha512", |c| Ok(hex::<Sha512>(c.text(0)?.as_bytes()).into())),
    Function::new(
        "uuidv5",
        &[Param::new("namespace", Shape::String), Param::new("name", Shape::String)],
        Shape::String,
        uuidv5,
    ),
];

fn hex<D: Digest>(bytes: &[u8]) -> String {
    D::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn base64<D: Digest>(bytes: &[u8]) -> String {
    BASE64.encode(D::digest(bytes))
}

fn uuidv5(call: &Call) -> Outcome {
    let space = match call.text(0)? {
        "dns" => Uuid::NAMESPACE_DNS,
        "url" => Uuid::NAMESPACE_URL,
        "oid" => Uuid::NAMESPACE_OID,
        "x500" => Uuid::NAMESPACE_X500,
        other => Uuid::try_parse(other).map_err(|_| {
            let shown = call.shown(other);
            let length = other.len();
            let message = format!(
                "uuidv5() doesn't support namespace {shown} (invalid UUID length: {length})"
            );
            FunctionError::of_kind(None, message)
        })?,
    };
    Ok(Uuid::new_v5(&space, call.text(1)?.as_bytes()).to_string().into())
}
