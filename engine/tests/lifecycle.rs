//! Blocks and options that say how objects live: what they are called, when they are made anew, and
//! what a plan is about.

mod bench;

use bench::Bench;
use quorate_engine::desired::{CheckResult, CheckStatus, Subject};
use quorate_engine::plan::{Aim, Extent, Goal, Refresh};
use quorate_engine::state::Status;

fn file(name: &str, path: &str, more: &str) -> String {
    format!(
        "resource \"toy_file\" \"{name}\" {{\nhost = {{ name = \"h1\" }}\npath = \"{path}\"\n\
         content = \"one\"\n{more}\n}}\n"
    )
}

fn moved(from: &str, to: &str) -> String {
    format!("moved {{\nfrom = {from}\nto = {to}\n}}\n")
}

#[tokio::test]
async fn what_has_moved_keeps_everything() {
    let bench = Bench::new();
    bench.apply(&file("a", "/a", "")).await;
    bench.world.log.lock().unwrap().clear();
    let after = file("b", "/a", "count = 1") + &moved("toy_file.a", "toy_file.b[0]");
    assert_eq!(bench.apply(&after).await, "move toy_file.a toy_file.b[0]");
    assert_eq!(*bench.world.log.lock().unwrap(), Vec::<String>::new(), "no host is changed");
    let state = bench.store.peek().unwrap();
    let names: Vec<String> = state.objects.keys().map(ToString::to_string).collect();
    assert_eq!(names, ["toy_file.b[0]"]);
    // Without count it is the same object again.
    assert_eq!(bench.apply(&file("b", "/a", "")).await, "move toy_file.b[0] toy_file.b");
}

#[tokio::test]
async fn a_chain_of_moves_and_a_change_are_one_plan() {
    let bench = Bench::new();
    bench.apply(&(file("a", "/a", "") + &file("b", "/b", ""))).await;
    let moves = moved("toy_file.b", "toy_file.c") + &moved("toy_file.a", "toy_file.d");
    let after = (file("c", "/b", "") + &file("d", "/a", "") + &moves).replace("one", "two");
    assert_eq!(
        bench.apply(&after).await,
        "move toy_file.b toy_file.c\nmove toy_file.a toy_file.d\nUpdate toy_file.c\nUpdate toy_file.d"
    );
}

#[tokio::test]
async fn moves_that_contradict_what_is_declared_are_refused() {
    let bench = Bench::new();
    let each = "for_each = toset([\"x\"])";
    bench.apply(&file("a", "/a", "count = 1")).await;
    let both = file("a", "/a", "count = 1")
        + &file("b", "/b", each)
        + &moved("toy_file.a[0]", "toy_file.b[\"x\"]");
    let shown = bench.plan(&both).await;
    assert!(shown.starts_with("Moved object still exists"), "{shown}");
    let circle = moved("toy_file.x", "toy_file.y") + &moved("toy_file.y", "toy_file.x");
    let shown = bench.plan(&circle).await;
    assert!(shown.starts_with("Cyclic dependency in move statements"), "{shown}");
}

#[tokio::test]
async fn what_was_removed_is_forgotten_or_destroyed() {
    for (destroy, shown, left) in
        [("false", "Forget toy_file.a", 1), ("true", "Delete toy_file.a", 0)]
    {
        let bench = Bench::new();
        bench.apply(&file("a", "/a", "")).await;
        *bench.world.exchanges.lock().unwrap() = 0;
        let removed =
            format!("removed {{\nfrom = toy_file.a\nlifecycle {{\ndestroy = {destroy}\n}}\n}}\n");
        assert_eq!(bench.plan(&removed).await, shown);
        assert_eq!(*bench.world.exchanges.lock().unwrap(), usize::from(left == 0));
        bench.apply(&removed).await;
        assert_eq!(bench.world.files.lock().unwrap().len(), left);
        assert!(bench.store.peek().unwrap().objects.is_empty());
    }
}

fn data(name: &str, input: &str, lifecycle: &str) -> String {
    format!(
        "resource \"terraform_data\" \"{name}\" {{\ninput = {input}\nlifecycle {{\n{lifecycle}\n}}\n}}\n"
    )
}

#[tokio::test]
async fn a_change_elsewhere_makes_an_object_anew() {
    for (trigger, shown) in [
        ("terraform_data.a", "Update terraform_data.a\nReplace terraform_data.b"),
        ("terraform_data.a.output.x", "Update terraform_data.a\nReplace terraform_data.b"),
        ("terraform_data.a.output.y", "Update terraform_data.a"),
        ("terraform_data.a.id", "Update terraform_data.a"),
    ] {
        let bench = Bench::new();
        let hcl = |x: u8| {
            data("a", &format!("{{ x = {x}, y = 0 }}"), "")
                + &data("b", "1", &format!("replace_triggered_by = [{trigger}]"))
        };
        bench.apply(&hcl(1)).await;
        assert_eq!(bench.apply(&hcl(2)).await, shown, "{trigger}");
    }
}

#[tokio::test]
async fn each_instance_has_its_own_trigger() {
    let bench = Bench::new();
    let hcl = |p: u8| {
        format!(
            "resource \"terraform_data\" \"a\" {{\nfor_each = {{ p = {p}, q = 1 }}\n\
             input = each.value\n}}\n\
             resource \"terraform_data\" \"b\" {{\nfor_each = toset([\"p\", \"q\"])\n\
             lifecycle {{\nreplace_triggered_by = [terraform_data.a[each.key]]\n}}\n}}\n"
        )
    };
    bench.apply(&hcl(1)).await;
    let shown = bench.apply(&hcl(2)).await;
    assert_eq!(shown, "Update terraform_data.a[\"p\"]\nReplace terraform_data.b[\"p\"]");
}

#[tokio::test]
async fn what_is_made_first_needs_room() {
    let bench = Bench::new();
    let cbd = "lifecycle {\ncreate_before_destroy = true\n}";
    bench.apply(&file("a", "/a", cbd)).await;
    let aim = Aim { replace: ["toy_file.a".parse().unwrap()].into(), ..Aim::default() };
    let refused = bench.run(&file("a", "/a", cbd), aim.clone(), false).await.unwrap_err();
    assert!(refused.starts_with("No room to create before destroying"), "{refused}");
    let (shown, _) = bench.run(&file("a", "/a", ""), aim, false).await.unwrap();
    assert_eq!(shown, "Replace toy_file.a");
}

#[tokio::test]
async fn what_is_protected_is_not_destroyed() {
    let bench = Bench::new();
    let guarded = file("a", "/a", "lifecycle {\nprevent_destroy = true\n}");
    bench.apply(&guarded).await;
    let refused = bench.run(&guarded, Goal::Destroy, false).await.unwrap_err();
    assert!(refused.starts_with("Instance cannot be destroyed"), "{refused}");
}

#[tokio::test]
async fn ignored_attributes_keep_what_they_have() {
    for (ignore, shown) in [("[content]", ""), ("all", ""), ("[path]", "Update toy_file.a")] {
        let bench = Bench::new();
        let hcl = file("a", "/a", &format!("lifecycle {{\nignore_changes = {ignore}\n}}"));
        bench.apply(&hcl).await;
        assert_eq!(bench.plan(&hcl.replace("one", "two")).await, shown, "{ignore}");
    }
}

#[tokio::test]
async fn checks_warn_and_stop_nothing() {
    let bench = Bench::new();
    let hcl = data("a", "1", "")
        + "check \"c\" {\nassert {\ncondition = terraform_data.a.output == 2\nerror_message = \"no two\"\n}\n}\n\
           check \"d\" {\nassert {\ncondition = length(terraform_data.a.id) > 3\nerror_message = \"short\"\n}\n}\n";
    let (plan, outcome) = bench.planned(&hcl, Goal::Converge, true).await.unwrap();
    let status = |name: &str| {
        let subject = Subject::Check(name.into());
        plan.checks.iter().find(|check| check.subject == subject).unwrap().status()
    };
    assert_eq!((status("c"), status("d")), (CheckStatus::Fail, CheckStatus::Unknown));
    let outcome = outcome.unwrap();
    assert!(outcome.is_complete());
    let after: Vec<_> = outcome.checks.iter().map(CheckResult::status).collect();
    assert_eq!(after, [CheckStatus::Fail, CheckStatus::Pass]);
    assert_eq!(outcome.checks[0].problems().next().unwrap().detail, "no two");
}

fn part(extent: Extent) -> Aim {
    Aim { extent, ..Aim::default() }
}

#[tokio::test]
async fn a_target_takes_along_what_it_is_made_from() {
    let bench = Bench::new();
    let hcl = data("a", "1", "")
        + &data("b", "terraform_data.a.id", "")
        + &data("c", "terraform_data.b.id", "")
        + &data("d", "1", "");
    let only = |name: &str| part(Extent::Only(vec![name.parse().unwrap()]));
    let but = |name: &str| part(Extent::AllBut(vec![name.parse().unwrap()]));
    for (aim, shown) in [
        (only("terraform_data.b"), "Create terraform_data.a\nCreate terraform_data.b"),
        (but("terraform_data.b"), "Create terraform_data.a\nCreate terraform_data.d"),
    ] {
        assert_eq!(bench.run(&hcl, aim, false).await.unwrap().0, shown);
    }
    let refused = bench.run(&hcl, only("terraform_data.z"), false).await.unwrap_err();
    assert!(refused.starts_with("Target matches nothing"), "{refused}");
    bench.apply(&hcl).await;
    let aim = Aim { goal: Goal::Destroy, ..only("terraform_data.b") };
    let (shown, _) = bench.run(&hcl, aim, false).await.unwrap();
    assert_eq!(shown, "Delete terraform_data.b\nDelete terraform_data.c");
}

#[tokio::test]
async fn the_state_alone_can_follow_the_world() {
    let bench = Bench::new();
    let hcl = file("a", "/a", "") + &file("b", "/b", "");
    bench.apply(&hcl).await;
    bench.world.files.lock().unwrap().insert("h1:/a".into(), "by hand".into());
    bench.world.files.lock().unwrap().remove("h1:/b");
    bench.world.log.lock().unwrap().clear();
    let (shown, outcome) = bench.run(&hcl, Goal::RefreshOnly, true).await.unwrap();
    assert_eq!(shown, "Update toy_file.a\nForget toy_file.b");
    assert!(outcome.unwrap().is_complete());
    assert_eq!(*bench.world.log.lock().unwrap(), Vec::<String>::new());
    let (again, _) = bench.run(&hcl, Goal::RefreshOnly, false).await.unwrap();
    assert_eq!(again, "");
    assert_eq!(bench.plan(&hcl).await, "Update toy_file.a\nCreate toy_file.b");
}

#[tokio::test]
async fn a_believed_state_asks_no_host() {
    let bench = Bench::new();
    let hcl = file("a", "/a", "");
    bench.apply(&hcl).await;
    bench.world.files.lock().unwrap().clear();
    *bench.world.exchanges.lock().unwrap() = 0;
    let aim = Aim { refresh: Refresh::Believe, ..Aim::default() };
    assert_eq!(bench.run(&hcl, aim, false).await.unwrap().0, "");
    assert_eq!(*bench.world.exchanges.lock().unwrap(), 0);
}

#[tokio::test]
async fn a_tainted_object_is_made_anew() {
    use quorate_engine::state::{Entry, Stored};
    let bench = Bench::new();
    let hcl = file("a", "/a", "");
    bench.apply(&hcl).await;
    let mut locked = bench.lock().unwrap();
    let (addr, stored) = locked.state().objects.first_key_value().unwrap();
    let object = Box::new(Stored { status: Status::Tainted, ..stored.clone() });
    let entry = Entry::Became { addr: addr.clone(), object };
    locked.record(&[entry]).unwrap();
    locked.fold().unwrap();
    drop(locked);
    assert_eq!(bench.apply(&hcl).await, "Replace toy_file.a");
    assert!(bench.world.files.lock().unwrap().contains_key("h1:/a"));
}
