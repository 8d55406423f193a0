#!/usr/bin/env python3
"""Measures the engine on generated configurations of terraform_data, beside `terraform` on the same files.

Usage: benches/engine.py [--sizes 1000,10000,100000] [--chains 1000] [--runs N] [--terraform BINARY|none]
                         [--terraform-at-most N] [--limit SECONDS] [--only SHAPE] [--no-build]

Each figure is the median of the runs, wall time of the whole process unless it says CPU (user and system time, which
says more on a busy machine). Wall time runs from the call that starts the process to its end, in one wait: the time that
this script takes is not in it. Growth is the CPU time of these objects over that of a tenth of them. Terraform is
quadratic here, so it gets small sizes only (--terraform-at-most for larger ones), and a time limit, as everything does.
"""
import argparse
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
WIDTH = 100
# What is asked for: (shape, objects, step) -> (seconds, megabytes).
GOALS = {
    ("layered", 10_000, "plan"): (0.3, 200),
    ("layered", 10_000, "quiet plan"): (0.3, None),
    ("layered", 10_000, "apply"): (1.0, None),
    ("layered", 100_000, "plan"): (4.0, 2000),
}
# How many objects Terraform is given at most: more takes it minutes, or hours.
TERRAFORM_AT_MOST = {"blocks": 1000, "for_each": 1000, "layered": 300, "chain": 300}


def block(name, value):
    return f'resource "terraform_data" "{name}" {{\n  input = {value}\n}}\n\n'


def blocks(count):
    return "".join(block(f"o{n}", f'"object {n}"') for n in range(count))


def for_each(count):
    """A map that is computed, not written out."""
    keys = f"flatten([for a in range({max(count // 1000, 1)}) : [for b in range({min(count, 1000)}) : 1000 * a + b]])"
    each = 'resource "terraform_data" "o" {\n  for_each = local.objects\n  input    = each.value\n}\n'
    return f'locals {{\n  objects = {{ for n in {keys} : "o${{n}}" => "object ${{n}}" }}\n}}\n\n{each}'


def layered(count):
    """Layers of WIDTH; each object refers to three of the layer below."""
    def value(n):
        layer, place = divmod(n, WIDTH)
        below = [(layer - 1) * WIDTH + (place + 33 * k) % WIDTH for k in range(3)]
        return '"bottom"' if layer == 0 else '"' + "-".join(f"${{terraform_data.o{b}.id}}" for b in below) + '"'
    return "".join(block(f"o{n}", value(n)) for n in range(count))


def chain(count):
    return "".join(block(f"o{n}", f"terraform_data.o{n - 1}.id" if n else '"first"') for n in range(count))


SHAPES = {"blocks": blocks, "for_each": for_each, "layered": layered, "chain": chain}


def measure(command, folder, limit):
    """Wall seconds, CPU seconds and peak megabytes of a command; None where it took longer than the limit."""
    os.chdir(folder)
    with open("output.txt", "wb") as output:
        streams = [(os.POSIX_SPAWN_DUP2, output.fileno(), stream) for stream in (1, 2)]
        start = time.monotonic()
        process = os.posix_spawn(command[0], command, os.environ, file_actions=streams)
        # A signal ends the process in time, so that one wait is enough.
        signal.signal(signal.SIGALRM, lambda *_: os.kill(process, signal.SIGKILL))
        signal.setitimer(signal.ITIMER_REAL, limit)
        _, status, usage = os.wait4(process, 0)
        wall = time.monotonic() - start
        signal.setitimer(signal.ITIMER_REAL, 0)
    code = os.waitstatus_to_exitcode(status)
    if code == -signal.SIGKILL and wall >= limit:
        return None
    if code:
        sys.exit(f"{command} failed:\n{(folder / 'output.txt').read_text()[-2000:]}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def life(binary, folder, runs, limit):
    """The steps of a configuration's life, each with the median of its figures."""
    quiet = ["-no-color", "-input=false"]
    steps = {
        "validate": [binary, "validate", "-no-color"],
        "plan": [binary, "plan", *quiet],
        "apply": [binary, "apply", *quiet, "-auto-approve"],
        "quiet plan": [binary, "plan", *quiet],
    }
    found = {step: [] for step in steps}
    for _ in range(runs):
        for state in folder.glob("*.state*"):
            state.unlink()
        for state in folder.glob("terraform.tfstate*"):
            state.unlink()
        for step, command in steps.items():
            figures = measure(command, folder, limit)
            found[step].append(figures)
            if figures is None:
                return {step: medians(all) for step, all in found.items() if all}
    return {step: medians(all) for step, all in found.items()}


def medians(all):
    if not all or None in all:
        return None
    return tuple(statistics.median(column) for column in zip(*all))


def prepared(work, shape, count):
    folder = work / f"{shape}-{count}"
    folder.mkdir()
    text = SHAPES[shape](count)
    (folder / "main.hcl").write_text(text)
    (folder / "main.tf").write_text(text)
    return folder


def row(shape, count, step, ours, theirs, smaller, limit):
    """A line of the table: one step of one configuration, where `theirs` may hold what Terraform took for it, and
    `smaller` what a tenth of the objects took."""
    place = f"{shape:9} {count:>7} {step:11}"
    if ours is None:
        return print(f"{place} over {limit} s", flush=True)
    seconds, memory = GOALS.get((shape, count, step), (None, None))
    goal = f"{seconds:g} s" if seconds else ""
    goal += f", {memory} MB" if memory else ""
    wall, cpu, peak = ours
    other, ratio = beside(wall, theirs, step, limit)
    growth = f"{cpu / smaller[1]:.1f}x" if smaller else ""
    print(f"{place} {wall:8.3f} {cpu:8.3f} {peak:8.0f} {growth:>7}  {goal:14} {other:>11} {ratio:>7}", flush=True)


def beside(wall, theirs, step, limit):
    """What Terraform took, and how many times as much that is."""
    if step not in theirs:
        return "", ""
    if theirs[step] is None:
        return f"over {limit}", f">{limit / wall:.0f}x"
    return f"{theirs[step][0]:.2f}", f"{theirs[step][0] / wall:.0f}x"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="1000,10000,100000")
    parser.add_argument("--chains", default="1000")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--terraform", default="terraform")
    parser.add_argument("--terraform-at-most", type=int, help="objects that Terraform is given at most, in every shape")
    parser.add_argument("--limit", type=int, default=120, help="seconds after which a step is ended")
    parser.add_argument("--only", choices=SHAPES)
    parser.add_argument("--no-build", action="store_true", help="measure the binary that is there, and no loading")
    options = parser.parse_args()
    if not options.no_build:
        subprocess.run(["cargo", "build", "--release", "-q"], cwd=ROOT, check=True)
    quorate = str((TARGET / "release" / "quorate").resolve())
    terraform = shutil.which(options.terraform)
    with tempfile.TemporaryDirectory() as work:
        run(pathlib.Path(work), quorate, terraform, options)


def numbers(text):
    return [int(number) for number in text.split(",") if number]


def run(work, quorate, terraform, options):
    limit = options.limit
    start = [measure([quorate, "version"], work, limit) for _ in range(50)]
    print(f"version: {medians(start)[0] * 1000:.1f} ms (goal 5 ms)\n")
    figures = f"{'wall s':>8} {'CPU s':>8} {'peak MB':>8} {'growth':>7}"
    print(f"{'shape':9} {'objects':>7} {'step':11} {figures}  {'goal':14} terraform s")
    for shape in [options.only] if options.only else SHAPES:
        small = options.terraform_at_most or TERRAFORM_AT_MOST[shape]
        counts = numbers(options.chains if shape == "chain" else options.sizes)
        known = {}
        for count in sorted({small, *counts} if terraform else counts):
            folder = prepared(work, shape, count)
            known[count] = life(quorate, folder, options.runs, limit)
            theirs = {}
            if terraform and count <= small:
                subprocess.run([terraform, "init", "-no-color"], cwd=folder, check=True, capture_output=True)
                theirs = life(terraform, folder, 1, limit)
            for step, figures in known[count].items():
                row(shape, count, step, figures, theirs, known.get(count // 10, {}).get(step), limit)
            os.chdir(work)
            shutil.rmtree(folder)
    if not options.no_build:
        loading(work)


def loading(work):
    """Loading against the parser alone, measured inside one process: on one processor, then on all."""
    folder = prepared(work, "layered", 10_000)
    (folder / "main.tf").unlink()
    # With the program beside it, the libraries are those that it was built with.
    packages = ["-p", "quorate", "-p", "quorate-engine", "--features", "quorate-engine/testing"]
    command = ["cargo", "bench", "-q", *packages, "--bench", "stages"]
    subprocess.run([*command, "--no-run"], cwd=ROOT, check=True)
    for pinned in ["taskset", "-c", "0"], []:
        print(flush=True)
        subprocess.run([*pinned, *command, "--", str(folder)], cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
