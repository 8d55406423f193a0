#!/usr/bin/env python3
"""Holds what blocks do, and what is said when they are wrong, against `terraform`.

Usage: blocks.py QUORATE [-details] [CASES...] [@PATTERN...]

Each case is a folder that both programs plan, apply, plan and destroy; `tests/peers/blocks/*.txt` has them. Prints, for the cases whose names
match, what differs in exit codes, titles and lines of messages (with -details their sentences too), actions, outputs and addresses in
the state. Most differences are on purpose: docs/language.md, "Blocks beside Terraform".

A case begins with `=== NAME`; then come the text of main.tf and
  --- FILE NAME     another file
  --- STAGE         the files from here on take the place of the ones before, which are applied first
  --- ARGS ...      arguments of plan, apply and destroy
  --- ENV A=B       the environment
  --- RUN a,b,c     other commands than plan,apply,plan,destroy
"""
import concurrent.futures, glob, json, os, re, shlex, shutil, subprocess, sys, tempfile

STEPS = ["plan", "apply", "plan", "destroy"]


def stage():
    return {"files": {}, "args": [], "run": None}


def parse(path):
    cases, name = [], "main.tf"
    for line in open(path, encoding="utf-8"):
        line = line.rstrip("\n")
        word, _, rest = line.partition(" ")
        key, _, rest2 = rest.partition(" ")
        if word == "===":
            cases.append({"name": rest.strip(), "stages": [stage()], "env": {}})
            name = "main.tf"
        elif word == "---" and key == "STAGE":
            cases[-1]["stages"].append(stage())
            name = "main.tf"
        elif word == "---" and key == "FILE":
            name = rest2.strip()
            cases[-1]["stages"][-1]["files"][name] = ""
        elif word == "---" and key == "ARGS":
            cases[-1]["stages"][-1]["args"] += shlex.split(rest2)
        elif word == "---" and key == "ENV":
            variable, _, value = rest2.partition("=")
            cases[-1]["env"][variable] = value
        elif word == "---" and key == "RUN":
            cases[-1]["stages"][-1]["run"] = rest2.strip().split(",")
        else:
            files = cases[-1]["stages"][-1]["files"]
            files[name] = files.get(name, "") + line + "\n"
    return cases


def ours(name):
    folder, base = os.path.split(name)
    base = re.sub(r"\.tf(\.json)?$", lambda found: ".hcl" + (found[1] or ""), base)
    base = re.sub(r"^terraform\.tfvars", "quorate.vars.hcl", base)
    return os.path.join(folder, re.sub(r"\.tfvars", ".vars.hcl", base))


def theirs(name):
    for a, b in [("quorate.vars.hcl", "terraform.tfvars"), (".vars.hcl", ".tfvars"), (".hcl", ".tf")]:
        name = name.replace(a, b)
    return name


def message(diagnostic):
    place = diagnostic.get("range") or {}
    line = (place.get("start") or {}).get("line", "")
    at = f"{theirs(place.get('filename') or '')}:{line}"
    return {"severity": diagnostic["severity"], "title": plain(diagnostic["summary"]), "at": at, "detail": plain(diagnostic.get("detail") or "")}


def plain(text):
    for a, b in [("Terraform", "Quorate"), ("terraform", "quorate"), (".tfvars", ".vars.hcl"), (".tf", ".hcl"), ("TF_VAR", "QUORATE_VAR")]:
        text = text.replace(a, b)
    return re.sub(r"\s+", " ", text).strip()


def stream(text):
    found = {"messages": [], "actions": [], "outputs": {}}
    for line in text.splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            continue
        kind = event.get("type")
        if kind == "diagnostic":
            found["messages"].append(message(event["diagnostic"]))
        elif kind == "planned_change":
            change = event["change"]
            moved = (change.get("previous_resource") or {}).get("addr")
            found["actions"].append([change["resource"]["addr"], change["action"], change.get("reason"), moved, change.get("importing")])
        elif kind == "outputs":
            found["outputs"] = {k: [json.dumps(v.get("value"), sort_keys=True), bool(v.get("sensitive"))] for k, v in event["outputs"].items()}
    found["actions"].sort(key=str)
    ignored = "Resource targeting is in effect"
    unique = []
    for one in found["messages"]:
        if one not in unique and one["title"] != ignored and not one["title"].startswith("Quorate encountered problems"):
            unique.append(one)
    found["messages"] = sorted(unique, key=lambda one: (one["severity"], one["title"], one["at"]))
    return found


def sh(command, folder, env):
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout


def put(folder, files, rename):
    for root, _, names in os.walk(folder):
        for name in names:
            if ".terraform" not in os.path.join(root, name) and re.search(r"\.(tf|hcl|tfvars)(\.json)?$", name):
                os.remove(os.path.join(root, name))
    for name, text in files.items():
        path = os.path.join(folder, rename(name))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)


def run(case, program, folder):
    is_peer = program == "terraform"
    env = {"PATH": os.environ["PATH"], "HOME": folder, "CHECKPOINT_DISABLE": "1", "TF_CLI_CONFIG_FILE": "/dev/null"}
    for name, value in case["env"].items():
        env[name if is_peer else name.replace("TF_VAR_", "QUORATE_VAR_")] = value
    log, work = [], os.path.join(folder, "work")
    os.makedirs(work)
    for index, one in enumerate(case["stages"]):
        put(work, one["files"], (lambda name: name) if is_peer else ours)
        args = [arg if is_peer or not arg.startswith("-var-file=") else ours(arg) for arg in one["args"]]
        last = index == len(case["stages"]) - 1
        code, text = sh([program, "init", "-input=false"] + (["-json"] if is_peer else []), work, env)
        if is_peer and code != 0:
            return log + [["init", code, stream(text), None]]
        for step in one["run"] or (STEPS if last else ["apply"]):
            words = step.split()
            if words[0] not in STEPS:
                log.append([step, sh([program, *words], work, env)[0], stream(""), None])
                continue
            extra = ["-detailed-exitcode"] if words[0] == "plan" else ["-auto-approve"]
            code, text = sh([program, *words, *extra, "-json", "-input=false", *args], work, env)
            state = sh([program, "state", "list"], work, env)[1].split() if words[0] == "apply" else None
            log.append([step, 1 if code in (3, 4) else code, stream(text), sorted(state) if state else state])
            if words[0] == "plan" and code not in (0, 2):
                return log
    return log


def told(messages, keys):
    return [[one[key] for key in keys] for one in messages]


def differences(peer, own, keys):
    if peer and peer[-1][0] == "init":
        own = [next((step for step in own if step[1] not in (0, 2)), ["none", 0, stream(""), None])]
        peer = peer[-1:]
    for a, b in zip(peer, own):
        if a[1] != b[1]:
            yield f"{a[0]}: exit code {a[1]}, ours {b[1]}"
        if told(a[2]["messages"], keys) != told(b[2]["messages"], keys):
            yield "\n    ".join([f"{a[0]}: messages"] + [f"T {one}" for one in told(a[2]["messages"], keys)] + [f"Q {one}" for one in told(b[2]["messages"], keys)])
        for key in ["actions", "outputs"]:
            if a[1] != 1 and a[2][key] != b[2][key]:
                yield f"{a[0]}: {key}\n    T {a[2][key]}\n    Q {b[2][key]}"
        if a[3] != b[3]:
            yield f"{a[0]}: state\n    T {a[3]}\n    Q {b[3]}"
    if len(peer) != len(own):
        yield f"{len(peer)} steps, ours {len(own)}"


def main():
    quorate, arguments = os.path.abspath(sys.argv[1]), sys.argv[2:]
    patterns = [argument[1:] for argument in arguments if argument.startswith("@")]
    keys = ["severity", "title", "at"] + (["detail"] if "-details" in arguments else [])
    files = [argument for argument in arguments if argument[0] not in "@-"]
    files = files or sorted(glob.glob(os.path.join(os.path.dirname(os.path.abspath(__file__)), "blocks", "*.txt")))
    cases = [case for file in files for case in parse(file)]
    cases = [case for case in cases if not patterns or any(re.search(one, case["name"]) for one in patterns)]
    with tempfile.TemporaryDirectory() as folder:
        def both(case):
            place = os.path.join(folder, case["name"])
            logs = [run(case, program, os.path.join(place, name)) for program, name in [("terraform", "t"), (quorate, "q")]]
            shutil.rmtree(place)
            return list(differences(*logs, keys))
        equal = 0
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for case, found in zip(cases, pool.map(both, cases)):
                equal += not found
                if found:
                    print(f"=== {case['name']}")
                    print("\n".join(f"  {one}" for one in found), flush=True)
    print(f"{len(cases)} cases, {equal} alike")


main()
