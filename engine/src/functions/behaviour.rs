//! What holds for functions whatever they calculate: unknown and secret values, files, bounds.

use std::sync::Arc;

use super::{call, lookup, names};
use crate::eval::{Ambient, FileError, Files};
use crate::value::{Marks, Type, Unknown, Value};

#[derive(Debug)]
struct Folder;

impl Files for Folder {
    fn read(&self, path: &str) -> Result<Arc<[u8]>, FileError> {
        match path {
            "a.txt" => Ok(b"hello".as_slice().into()),
            "b.bin" => Ok([0xFF].as_slice().into()),
            "c.tftpl" => Ok(b"hi ${name}".as_slice().into()),
            "loop.tftpl" => Ok(br#"${templatefile("loop.tftpl", {})}"#.as_slice().into()),
            "locked" => Err(FileError::Unreadable(path.into(), "permission denied".into())),
            _ => Err(FileError::Absent(path.into())),
        }
    }

    fn list(&self, dir: &str) -> Result<Vec<String>, FileError> {
        match dir {
            "d" => Ok(["a.txt", "b.bin", "e/a.txt"].map(str::to_owned).into()),
            _ => Err(FileError::Absent(dir.into())),
        }
    }
}

fn run(name: &str, args: &[Value]) -> Result<Value, String> {
    let ambient = Ambient { files: Arc::new(Folder), ..Ambient::default() };
    call(name, args, &ambient).map_err(|error| error.message)
}

fn waiting(ty: Type) -> Value {
    Unknown { cause: Some("pki_ca.etcd".into()), ..Unknown::of(ty).certain() }.value()
}

#[test]
fn files_are_read_through_the_snapshot() {
    assert_eq!(run("file", &["a.txt".into()]), Ok("hello".into()));
    assert_eq!(run("filebase64", &["b.bin".into()]), Ok("/w==".into()));
    assert_eq!(run("filemd5", &["a.txt".into()]), Ok("5d41402abc4b2a76b9719d911017c592".into()));
    assert_eq!(run("fileexists", &["a.txt".into()]), Ok(true.into()));
    assert_eq!(run("fileexists", &["z".into()]), Ok(false.into()));
    assert!(run("file", &["b.bin".into()]).unwrap_err().contains("not valid UTF-8"));
    assert!(run("file", &["z".into()]).unwrap_err().contains("no file exists at \"z\""));
    assert!(run("fileexists", &["locked".into()]).unwrap_err().contains("permission denied"));
}

#[test]
fn filesets_hold_what_matches() {
    let set = |items: &[&str]| Value::set(Type::String, items.iter().map(|item| (*item).into()));
    let found = |pattern: &str| run("fileset", &["d".into(), pattern.into()]);
    assert_eq!(found("*"), Ok(set(&["a.txt", "b.bin"])));
    assert_eq!(found("**/*.txt"), Ok(set(&["a.txt", "e/a.txt"])));
    assert_eq!(run("fileset", &["z".into(), "*".into()]), Ok(set(&[])));
}

#[test]
fn templates_see_their_variables_only() {
    let vars = Value::object([("name", Value::from("you"))]);
    assert_eq!(run("templatefile", &["c.tftpl".into(), vars.clone()]), Ok("hi you".into()));
    assert_eq!(run("templatestring", &["<${name}>".into(), vars]), Ok("<you>".into()));
    let none = Value::object::<&str>([]);
    assert!(run("templatefile", &["c.tftpl".into(), none.clone()]).unwrap_err().contains("name"));
    assert!(run("templatefile", &["loop.tftpl".into(), none]).is_err());
    let secret = Value::object([("name", Value::from("you").sensitive())]);
    assert!(run("templatefile", &["c.tftpl".into(), secret]).expect("text").has_sensitive());
}

#[test]
fn unknown_arguments_give_unknown_results_that_say_why() {
    let result = run("upper", &[waiting(Type::String).sensitive()]).expect("a value");
    let (result, marks) = result.unmark();
    assert_eq!(marks, Marks::SENSITIVE);
    assert_eq!(result, &waiting(Type::String));
    let list = Value::tuple([waiting(Type::String), "b".into()]);
    assert!(run("join", &[",".into(), list.clone()]).expect("a value").is_unknown());
    assert_eq!(run("length", std::slice::from_ref(&list)), Ok(2.into()));
    assert_eq!(run("element", &[list.clone(), 1.into()]), Ok("b".into()));
    assert_eq!(run("contains", &[list.clone(), "b".into()]), Ok(true.into()));
    assert!(run("contains", &[list.clone(), "c".into()]).expect("a value").is_unknown());
    assert!(run("jsonencode", &[list]).expect("a value").is_unknown());
    let bools = Value::tuple([waiting(Type::Bool), true.into()]);
    assert_eq!(run("anytrue", std::slice::from_ref(&bools)), Ok(true.into()));
    assert!(run("alltrue", &[bools]).expect("a value").is_unknown());
}

#[test]
fn secrets_stay_out_of_messages() {
    let secret = Value::from("tell no-one").sensitive();
    for (name, args) in [
        ("base64decode", vec![secret.clone()]),
        ("cidrnetmask", vec![secret.clone()]),
        ("formatdate", vec!["YYYY".into(), secret.clone()]),
        ("jsondecode", vec![secret.clone()]),
        ("lookup", vec![Value::object::<&str>([]), secret.clone()]),
        ("parseint", vec![secret.clone(), 10.into()]),
        ("timeadd", vec!["2017-11-22T00:00:00Z".into(), secret.clone()]),
        ("tonumber", vec![secret.clone()]),
        ("file", vec![secret.clone()]),
        ("uuidv5", vec![secret.clone(), "a".into()]),
        ("yamldecode", vec![Value::from("[tell no-one").sensitive()]),
        ("regex", vec![Value::from("(tell no-one").sensitive(), "a".into()]),
    ] {
        let message = run(name, &args).expect_err(name);
        assert!(!message.contains("tell"), "{name}: {message}");
    }
}

#[test]
fn results_have_bounds() {
    let long = Value::from("\n".repeat(1 << 10));
    let many = Value::tuple((0..1 << 11).map(Value::from));
    for (name, args) in [
        ("indent", vec![i64::MAX.into(), long.clone()]),
        ("indent", vec![(1_i64 << 20).into(), long]),
        ("format", vec!["%9999999999s".into(), "a".into()]),
        ("range", vec![i64::MAX.into()]),
        ("setproduct", vec![many.clone(), many]),
        ("yamldecode", vec![aliases().into()]),
        ("jsondecode", vec!["[".repeat(100_000).into()]),
        ("yamldecode", vec!["[".repeat(100_000).into()]),
    ] {
        assert!(run(name, &args).is_err(), "{name}");
    }
}

/// Nine levels of nine aliases each.
fn aliases() -> String {
    let mut text = "a0: &a0 [x]\n".to_owned();
    for level in 1..9 {
        let items = vec![format!("*a{}", level - 1); 9].join(", ");
        text.push_str(&format!("a{level}: &a{level} [{items}]\n"));
    }
    text
}

#[test]
fn the_type_of_an_unknown_result_is_known_where_arguments_tell() {
    let text = || waiting(Type::String);
    let pair = Type::object([("host", Type::String), ("port", Type::String)]);
    let pattern = || Value::from("(?P<host>[^:]+):(?P<port>[0-9]+)");
    let halves = Type::Tuple(vec![Type::Number, Type::Bool].into());
    let zipped = Type::object([("n", Type::Number), ("b", Type::Bool)]);
    for (name, args, wanted) in [
        ("one", vec![waiting(Type::Tuple(vec![Type::Bool].into()))], Type::Bool),
        ("regex", vec![pattern(), text()], pair.clone()),
        ("regexall", vec![pattern(), text()], Type::list(pair)),
        ("regexall", vec![text(), "a".into()], Type::list(Type::Any)),
        ("zipmap", vec![Value::tuple(["n".into(), "b".into()]), waiting(halves)], zipped),
        (
            "setunion",
            vec![Value::tuple(["1".into()]), waiting(Type::set(Type::Number))],
            Type::set(Type::String),
        ),
        (
            "assumesetlengthmax",
            vec![waiting(Type::set(Type::Bool)), waiting(Type::Number)],
            Type::set(Type::Bool),
        ),
    ] {
        let result = run(name, &args).expect(name);
        assert!(result.is_unknown(), "{name}");
        assert_eq!(result.type_of(), wanted, "{name}");
    }
}

#[test]
fn what_types_alone_rule_out_is_refused_while_values_are_unknown() {
    let pair = waiting(Type::Tuple(vec![Type::String; 2].into()));
    let args = ["%s%s".into(), Value::tuple(["a".into()]), pair];
    assert!(run("formatlist", &args).unwrap_err().contains("length 2"));
    assert!(run("regex", &["(".into(), waiting(Type::String)]).is_err());
}

#[test]
fn what_must_not_be_stored_is_null_or_unknown() {
    use crate::value::Marks;
    let secret = Marks { ephemeral: true, ..Marks::SENSITIVE };
    let forget = |value: Value| run("ephemeralasnull", &[value.mark(secret)]);
    assert_eq!(forget("a".into()), Ok(Value::Null(Type::String).sensitive()));
    let unknown = forget(waiting(Type::String)).expect("a value");
    assert!(unknown.is_unknown() && unknown.unmark().1 == Marks::SENSITIVE);
    assert!(unknown.equals(&Value::NULL).bare().is_unknown());
}

/// Every function with every kind of value in every place: errors are fine, panics are not.
#[test]
fn no_argument_makes_a_function_panic() {
    let values = [
        Value::NULL,
        true.into(),
        i64::MIN.into(),
        i64::MAX.into(),
        (-1).into(),
        Value::Number(crate::value::Number::INFINITY),
        Value::Number("0.5".parse().expect("a number")),
        "".into(),
        "é%[1]s\u{1F600}'\\".into(),
        "::/0".into(),
        "2017-11-22T00:00:00Z".into(),
        "[({%*+?\\".into(),
        Value::tuple([]),
        Value::tuple(["a".into(), Value::NULL, 1.into()]),
        Value::set(Type::String, ["b".into()]),
        Value::object([("a", Value::tuple([1.into()]))]),
        Value::unknown(Type::Any),
        Value::tuple([Value::unknown(Type::String)]).sensitive(),
    ];
    for name in names().filter(|name| lookup(name).is_some()) {
        for first in &values {
            let _ = run(name, std::slice::from_ref(first));
            for second in &values {
                let _ = run(name, &[first.clone(), second.clone()]);
                for third in &values {
                    let _ = run(name, &[first.clone(), second.clone(), third.clone()]);
                }
            }
        }
    }
}

#[test]
fn names_are_unique_and_reachable_in_their_namespace() {
    let mut all: Vec<&str> = names().collect();
    let count = all.len();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), count);
    assert_eq!(run("core::upper", &["a".into()]), Ok("A".into()));
    assert!(run("nope", &[]).is_err());
}

#[test]
fn what_opentofu_adds() {
    let packed = run("base64gzip", &["hello".into()]).expect("a value");
    assert_eq!(run("base64gunzip", &[packed]), Ok("hello".into()));
    assert_eq!(run("urldecode", &["a+b%26%C3%A9".into()]), Ok("a b&é".into()));
    for text in ["%", "%g1", "%ff"] {
        assert!(run("urldecode", &[text.into()]).is_err(), "{text}");
    }
    for (outer, inner, wanted) in [
        ("10.0.0.0/8", "10.1.2.3", true),
        ("10.0.0.0/8", "10.1.0.0/16", true),
        ("10.1.0.0/16", "10.0.0.0/8", false),
        ("fd00::/8", "fd12::1", true),
    ] {
        assert_eq!(run("cidrcontains", &[outer.into(), inner.into()]), Ok(wanted.into()));
    }
    assert!(run("cidrcontains", &["10.0.0.0/8".into(), "::1".into()]).is_err());
}
