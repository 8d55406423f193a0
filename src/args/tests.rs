use super::*;

fn nothing(_: &str) -> Option<OsString> {
    None
}

fn typed(line: &str) -> Vec<OsString> {
    std::iter::once("quorate").chain(line.split_whitespace()).map(OsString::from).collect()
}

fn parsed(line: &str) -> Args {
    parse(typed(line), &nothing).unwrap_or_else(|error| panic!("{line}: {error}"))
}

fn refused(line: &str) -> String {
    parse(typed(line), &nothing).unwrap_err().to_string()
}

fn var(text: &str) -> Assignment {
    Assignment::Value(text.to_owned())
}

fn file(text: &str) -> Assignment {
    Assignment::File(PathBuf::from(text))
}

#[test]
fn one_dash_becomes_two() {
    let flags = Flags::of(&Args::command());
    for (given, expected) in [
        ("plan -var a=b", "plan --var a=b"),
        ("plan -var=a=b", "plan --var=a=b"),
        ("plan --var a=b", "plan --var a=b"),
        ("plan -var -x=1", "plan --var -x=1"),
        ("-C dir plan", "-C dir plan"),
        ("-C -dir plan", "-C -dir plan"),
        ("-Cdir plan", "-Cdir plan"),
        ("-chdir=dir plan -no-color", "--chdir=dir plan --no-color"),
        ("plan -refresh=false -input=false", "plan --refresh=false --input=false"),
        ("plan -refresh -no-color", "plan --refresh --no-color"),
        ("apply -auto-aprove", "apply --auto-aprove"),
        ("output -json -- -name", "output --json -- -name"),
        ("-help", "--help"),
        ("-h", "-h"),
        ("-V", "-V"),
        ("state list -", "state list -"),
        ("plan -var-file -odd", "plan --var-file -odd"),
    ] {
        assert_eq!(normalize::normalize(typed(given), &flags), typed(expected), "{given}");
    }
}

#[test]
fn all_flags_of_plan_are_read() {
    let args = parsed(
        "-chdir=d plan -var a=b -var-file=v -var=c=-1 -parallelism=3 -lock-timeout=1m30s \
         -refresh=false -input=false -no-color -detailed-exitcode -destroy",
    );
    assert_eq!(args.chdir, Some("d".into()));
    assert!(args.no_color);
    let Command::Plan(plan) = args.command else { panic!("{args:?}") };
    let expected = [var("a=b"), file("v"), var("c=-1")];
    assert_eq!(plan.work.variables.given, expected, "in the order in which they were typed");
    assert_eq!(plan.work.parallelism, 3);
    assert_eq!(plan.work.lock_timeout.as_secs(), 90);
    assert!(!plan.work.refresh && !plan.work.input && plan.destroy && plan.detailed_exitcode);
}

#[test]
fn the_directory_may_stand_anywhere() {
    for line in ["-C d version", "version -C d", "--chdir=d version", "version -chdir d"] {
        assert_eq!(parsed(line).chdir, Some("d".into()), "{line}");
    }
}

#[test]
fn mistakes_are_answered_with_a_suggestion() {
    for (line, part) in [
        ("plam", "'plan'"),
        ("apply -auto-aprove", "'--auto-approve'"),
        ("plan -ot=x", "'--out'"),
        ("plan -taget x.y", "'--target'"),
        ("state lst", "'list'"),
        ("plan -parallelism=0", "0 is not in 1.."),
        ("plan -lock-timeout=5x", "write it like 30s"),
        ("output -raw", "<NAME>"),
        ("plan -refresh=no", "possible values: true, false"),
    ] {
        let text = refused(line);
        assert!(text.contains(part), "{line}: {text}");
    }
}

#[test]
fn each_command_has_help_with_an_example() {
    let command = Args::command();
    let states = command.find_subcommand("state").unwrap().get_subcommands();
    for sub in command.get_subcommands().chain(states) {
        let help = sub.clone().render_help().to_string();
        assert!(help.contains("Example:\n  quorate "), "{}", sub.get_name());
    }
    Args::command().debug_assert();
}

#[test]
fn the_environment_gives_arguments_that_typed_ones_override() {
    let environment = |name: &str| match name {
        "QUORATE_CLI_ARGS" => Some("-no-color".into()),
        "QUORATE_CLI_ARGS_plan" => Some("-var 'a=b c' -parallelism=2".into()),
        "QUORATE_CLI_ARGS_state_list" => Some("module.a".into()),
        _ => None,
    };
    let args = parse(typed("-C version plan -var d=e"), &environment).unwrap();
    assert!(args.no_color);
    assert_eq!(args.chdir, Some("version".into()));
    let Command::Plan(plan) = args.command else { panic!() };
    assert_eq!(plan.work.variables.given, [var("a=b c"), var("d=e")]);
    assert_eq!(plan.work.parallelism, 2);
    let args = parse(typed("state list"), &environment).unwrap();
    let Command::State(StateArgs { command: StateCommand::List { addresses, id: None } }) =
        args.command
    else {
        panic!()
    };
    assert_eq!(addresses, ["module.a"]);
    let broken = |name: &str| (name == "QUORATE_CLI_ARGS").then(|| "'".into());
    let error = parse(typed("version"), &broken).unwrap_err().to_string();
    assert!(error.contains("QUORATE_CLI_ARGS has a quote that is not closed"), "{error}");
}

#[test]
fn commands_of_terraform_that_are_missing_say_what_to_do() {
    let none = |_: &str| None;
    let said = |line: &str| parse(typed(line), &none).unwrap_err().to_string();
    let text = said("refresh");
    assert!(
        text.contains("tip: to record what was changed outside: quorate apply -refresh-only"),
        "{text}"
    );
    assert!(said("plam").contains("plan"));
    let help = said("destroy -help");
    assert!(help.contains("--auto-approve") && !help.contains("--refresh-only"), "{help}");
}
