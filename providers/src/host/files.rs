//! A few files that one object keeps on one host: looked at, compared and written in one way.
//!
//! What was seen of them is an attribute, `files`: by path, mode, owner and digest.
//! So a lost file, another mode or another content is drift that a plan can show.
//!
//! | the file | is written |
//! |---|---|
//! | new, nothing there | if still nothing is there |
//! | new, something else there | never: the plan refuses |
//! | new, the very same there | not at all |
//! | ours, as it should be | not at all |
//! | ours, changed | if it is still as it was seen |
//! | of an object in flight | whatever is there |

use quorate_engine::diag::Diagnostic;
use quorate_engine::resource::{PlanRequest, Refusal};
use quorate_engine::schema::Attr;
use quorate_engine::value::{Text, Type, Value};
use quorate_engine::world::{
    Ask, Content, Expect, FileReply, Host, Op, Query, Reply, Step, WantContent,
};
use sha2::{Digest as _, Sha256};

use super::place;
use crate::attrs;

/// The attribute that says what is on the host.
pub(crate) const FILES: &str = "files";
/// The attribute that remembers which directories were made.
const MADE: &str = "created_directories";
/// The owner and group of every file here.
const ROOT: &str = "root";

/// A file as an object wants it.
#[derive(Clone, Debug)]
pub(crate) struct WantedFile {
    pub path: String,
    pub mode: u32,
    pub content: Content,
}

/// What is to be done about the files of an object.
pub(crate) struct FilePlan {
    /// The files that are written, in the order they were wanted in.
    pub steps: Vec<Step>,
    /// The attribute `files` afterwards.
    files: Value,
}

impl FilePlan {
    /// An object with what is known of its files afterwards.
    pub fn described(&self, object: &Value) -> Value {
        let made = object.attr(MADE).filter(|made| !made.is_unknown() && !made.is_null());
        let made = match made {
            Some(known) => known.clone(),
            None if self.steps.is_empty() => attrs::list::<&str>([]),
            None => Value::unknown(Type::list(Type::String)),
        };
        attrs::with(object, [(FILES, self.files.clone()), (MADE, made)])
    }

    /// The same where these are only some of the object's files: what is known of the others stays.
    pub fn added(&self, object: &Value) -> Value {
        let mut entries = object.attr(FILES).and_then(Value::entries).cloned().unwrap_or_default();
        entries.extend(self.files.entries().cloned().unwrap_or_default());
        let described = self.described(object);
        attrs::with(&described, [(FILES, map(entries))])
    }
}

/// An object to whose files nothing is done: what was not made until now was there before.
pub(crate) fn unchanged(object: &Value, prior: &Value) -> Value {
    let nothing =
        FilePlan { steps: Vec::new(), files: prior.attr(FILES).cloned().unwrap_or(Value::NULL) };
    nothing.described(object)
}

/// The schema of `files`, and of the directories that were made for them.
pub(crate) fn file_attrs() -> [Attr; 2] {
    let doc = "The object's files as they are on the host: mode, owner and SHA-256 by path.";
    let files = Attr::computed(FILES, Type::Map(entry_type().into()), doc).bookkeeping();
    [files, place::made_attr()]
}

fn entry_type() -> Type {
    Type::object(["mode", "owner", "sha256"].map(|name| (name, Type::String)))
}

/// Whether a folder stands for the host: nothing runs there, and files belong to whoever runs us.
pub(crate) fn is_staging(object: &Value) -> bool {
    let host = object.attr("host");
    host.and_then(|host| attrs::text(host, "transport")) == Some("directory")
}

/// Whether an object's host is now another machine, and not the same one reached differently.
pub(crate) fn is_moved(prior: &Value, proposed: &Value) -> bool {
    let place = ["transport", "address", "port", "root"];
    match (prior.attr("host"), proposed.attr("host")) {
        (Some(before), Some(after)) => !attrs::same(before, after, &place),
        _ => false,
    }
}

/// Asks for a file; for its content only where it differs from what the object knows.
pub(crate) fn ask(host: &Host, object: &Value, path: &str) -> Ask {
    let content = match known_sha256(object, path) {
        Some(sha256) => WantContent::UnlessSha256(sha256.to_owned()),
        None => WantContent::Never,
    };
    ask_for(host, path, content)
}

/// An object whose files are there but were never read: their content is wanted, whatever it is.
pub(crate) fn unread<'p>(object: &Value, paths: impl IntoIterator<Item = &'p str>) -> Value {
    let nothing = entry(0, String::new(), "".into());
    let files = paths.into_iter().map(|path| (path, nothing.clone()));
    attrs::with(object, [(FILES, Value::map(entry_type(), files))])
}

/// Asks for all of a file but its content.
pub(crate) fn ask_secret(host: &Host, path: &str) -> Ask {
    ask_for(host, path, WantContent::Never)
}

fn ask_for(host: &Host, path: &str, content: WantContent) -> Ask {
    Ask { host: host.clone(), query: Query::File { path: path.to_owned(), content } }
}

/// The digest of a file that an object has in its `files`.
pub(crate) fn known_sha256<'a>(object: &'a Value, path: &str) -> Option<&'a str> {
    attrs::text(object.attr(FILES)?.attr(path)?, "sha256")
}

/// The attribute `files` from what the host answered, path by path.
pub(crate) fn seen_files<'a>(
    object: &Value,
    answers: impl IntoIterator<Item = (&'a str, Option<&'a Reply>)>,
) -> Value {
    let staging = is_staging(object);
    let there = answers.into_iter().filter_map(|(path, reply)| match reply {
        Some(Reply::File(file)) => Some((path, entry_of(file, staging))),
        _ => None,
    });
    Value::map(entry_type(), there)
}

/// The attribute `files`, with the digest of a file's content as it was: what it means is the same.
pub(crate) fn with_known_content(object: &Value, files: Value, path: &str) -> Value {
    let (Some(known), Some(file)) = (known_sha256(object, path), files.attr(path)) else {
        return files;
    };
    let mut entries = files.entries().cloned().unwrap_or_default();
    entries.insert(path.into(), attrs::with(file, [("sha256", known.into())]));
    map(entries)
}

/// A text attribute that mirrors a file: kept where the content is as known, null where the file is gone.
pub(crate) fn seen_text(object: &Value, name: &str, reply: Option<&Reply>) -> Value {
    match reply {
        Some(Reply::File(FileReply { content: Some(content), .. })) => {
            Value::string(String::from_utf8_lossy(content))
        }
        Some(Reply::File(_)) => object.attr(name).cloned().unwrap_or(Value::NULL),
        _ => Value::Null(Type::String),
    }
}

fn entry_of(file: &FileReply, staging: bool) -> Value {
    let owner = format!("{}:{}", file.owner, file.group);
    let owner = if staging { owner_text() } else { owner };
    entry(file.mode, owner, file.sha256.as_str().into())
}

fn owner_text() -> String {
    format!("{ROOT}:{ROOT}")
}

fn entry(mode: u32, owner: String, sha256: Value) -> Value {
    Value::object([
        ("mode", format!("{mode:04o}").into()),
        ("owner", owner.into()),
        ("sha256", sha256),
    ])
}

/// Whether a file is as it was left, apart from its content.
pub(crate) fn has_mode(object: &Value, path: &str, mode: u32) -> bool {
    let file = object.attr(FILES).and_then(|files| files.attr(path));
    file.is_some_and(|file| {
        attrs::text(file, "mode") == Some(&format!("{mode:04o}"))
            && attrs::text(file, "owner") == Some(&owner_text())
    })
}

/// Says which files are to be written.
///
/// # Errors
/// Refuses to write over a file that nobody said is ours.
pub(crate) fn plan_files(
    request: &PlanRequest<'_>,
    host: &Host,
    wanted: &[WantedFile],
) -> Result<FilePlan, Refusal> {
    let before = request.prior.or(request.found).and_then(|object| object.attr(FILES));
    let mut steps = Vec::new();
    for file in wanted {
        let seen = before.and_then(|files| files.attr(&file.path));
        if seen != Some(&wanted_entry(file)) {
            let expect = expect(request, host, file, seen)?;
            steps.push(Step::on(host, write(file, expect)));
        }
    }
    Ok(FilePlan { steps, files: wanted_files(wanted) })
}

/// The attribute `files` of an object whose files are all as wanted.
pub(crate) fn wanted_files(wanted: &[WantedFile]) -> Value {
    Value::map(entry_type(), wanted.iter().map(|file| (file.path.as_str(), wanted_entry(file))))
}

/// The attribute `files` of these entries.
fn map(entries: impl IntoIterator<Item = (Text, Value)>) -> Value {
    Value::map(entry_type(), entries)
}

fn wanted_entry(file: &WantedFile) -> Value {
    let sha256 = match file.content.bytes() {
        Some(bytes) => sha256(bytes).into(),
        None => Value::unknown(Type::String),
    };
    entry(file.mode, owner_text(), sha256)
}

fn expect(
    request: &PlanRequest<'_>,
    host: &Host,
    file: &WantedFile,
    seen: Option<&Value>,
) -> Result<Expect, Refusal> {
    let Some(seen) = seen.and_then(|seen| attrs::text(seen, "sha256")) else {
        return Ok(if request.in_flight { Expect::Anything } else { Expect::AbsentOrSame });
    };
    if request.in_flight {
        return Ok(Expect::Anything);
    }
    if request.prior.is_some() {
        return Ok(Expect::Sha256(seen.to_owned()));
    }
    match file.content.bytes() {
        Some(bytes) if sha256(bytes) == seen => Ok(Expect::AbsentOrSame),
        _ => Err(in_the_way(host, &file.path).into()),
    }
}

fn in_the_way(host: &Host, path: &str) -> Diagnostic {
    let detail = format!(
        "{path} on {host} exists, is not known to the state, and is not what would be written."
    );
    Diagnostic::error("A file is in the way", detail)
        .help("Look at it, and move it away; nothing that others wrote is replaced.")
}

fn write(file: &WantedFile, expect: Expect) -> Op {
    Op::WriteFile {
        path: file.path.clone(),
        mode: file.mode,
        owner: ROOT.to_owned(),
        group: ROOT.to_owned(),
        content: file.content.clone(),
        expect,
    }
}

/// Makes a directory for root alone.
pub(crate) fn private_dir(host: &Host, path: &str) -> Step {
    let (owner, group) = (ROOT.to_owned(), ROOT.to_owned());
    Step::on(host, Op::MakeDir { path: path.to_owned(), mode: 0o700, owner, group })
}

/// Removes a file, whatever is in it.
pub(crate) fn remove(host: &Host, path: &str) -> Step {
    Step::on(host, Op::RemoveFile { path: path.to_owned(), expect: Expect::Anything })
}

/// Removes the directories that were made for an object and are empty, innermost first.
pub(crate) fn unmake(object: &Value, host: &Host) -> Vec<Step> {
    place::unmake(object, host)
}

/// The object with the directories that were made for it.
pub(crate) fn finish(after: Value, replies: &[Vec<Reply>]) -> Value {
    place::finish(after, "", replies)
}

/// The SHA-256 of some bytes, lower-case hex.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    let hex = |byte: &u8| format!("{byte:02x}");
    Sha256::digest(bytes).iter().map(hex).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{self, PlanCase};

    const PATH: &str = "/etc/x";

    fn wanted(text: &str) -> [WantedFile; 1] {
        let content = Content::Plain(text.as_bytes().into());
        [WantedFile { path: PATH.to_owned(), mode: 0o600, content }]
    }

    fn object(text: &str, mode: u32) -> Value {
        let host = testing::host_value("a");
        let object = Value::object([("host", host)]);
        let files =
            seen_files(&object, [(PATH, Some(&testing::file_reply(text.as_bytes(), mode)))]);
        attrs::with(&object, [(FILES, files)])
    }

    fn expectation(case: PlanCase<'_>) -> Result<Option<Expect>, &'static str> {
        let plan = plan_files(&case.request(), &testing::host("a"), &wanted("new"));
        let plan = plan.map_err(|refusal| refusal.diagnostic.summary)?;
        Ok(plan.steps.into_iter().next().map(|step| match step.op {
            Op::WriteFile { expect, .. } => expect,
            other => panic!("{other:?}"),
        }))
    }

    #[test]
    fn nothing_that_others_wrote_is_replaced() {
        let nothing = Value::object::<&str>([]);
        let old = object("old", 0o600);
        let same = object("new", 0o600);
        let open = object("new", 0o644);
        let case = PlanCase::of(&nothing);
        let sha = |text: &str| Ok(Some(Expect::Sha256(sha256(text.as_bytes()))));
        assert_eq!(expectation(case), Ok(Some(Expect::AbsentOrSame)));
        assert_eq!(expectation(case.found(&old)), Err("A file is in the way"));
        assert_eq!(expectation(case.found(&same)), Ok(None));
        assert_eq!(expectation(case.found(&open)), Ok(Some(Expect::AbsentOrSame)));
        assert_eq!(expectation(case.found(&old).in_flight()), Ok(Some(Expect::Anything)));
        assert_eq!(expectation(case.in_flight()), Ok(Some(Expect::Anything)));
        assert_eq!(expectation(case.prior(&old)), sha("old"));
        assert_eq!(expectation(case.prior(&open)), sha("new"));
        assert_eq!(expectation(case.prior(&same)), Ok(None));
    }
}
