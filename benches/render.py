#!/usr/bin/env python3
"""Measures how long it takes to show a plan of many changes, in each form, and whether it streams.

Usage: benches/render.py [--sizes 1000,10000] [--runs N] [--no-build]

A configuration of terraform_data is applied, then planned with every object changed, and the plan is saved. `show` of the
saved plan is then timed: until the first byte, until the end, and the time of the processor, user and system. The
first byte waits in every form until the plan is read and its digest checked. Medians of the runs; docs/figures.md has figures.
"""
import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
FORMS = {"text": [], "markdown": ["-markdown"], "html": ["-html"], "json": ["-json"]}
SHAPES = {
    # Separate blocks, each shown whole.
    "blocks": lambda count: "".join(
        f'resource "terraform_data" "o{n}" {{\n  input = {{ name = "object {n}", text = "one\\n${{var.v}}\\nthree {n}\\n" }}\n}}\n'
        for n in range(count)),
    # Instances of one block: of all but the first only what differs is shown.
    "instances": lambda count: 'resource "terraform_data" "o" {\n  count = ' + str(count) + '\n  input = {\n' + "".join(
        f'    a{k} = "same ${{var.v}}"\n' for k in range(8)) + '    name = "object ${count.index}"\n  }\n}\n',
}


def measure(command, folder):
    """Seconds until the first byte, until the end, of the processor; megabytes written and at most in memory."""
    start = time.monotonic()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0)
    chunk = process.stdout.read(1)
    first, size = time.monotonic() - start, len(chunk)
    while chunk:
        chunk = process.stdout.read(1 << 20)
        size += len(chunk)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{command} failed in {folder}")
    end = time.monotonic() - start
    return first, end, usage.ru_utime + usage.ru_stime, size / 1e6, usage.ru_maxrss / 1024


def case(quorate, shape, count, runs):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "main.hcl").write_text('variable "v" {}\n' + SHAPES[shape](count))
        run = lambda *args: subprocess.run([quorate, *args], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        run("init")
        run("apply", "-auto-approve", "-var=v=1")
        run("plan", "-var=v=2", "-out=plan")
        size = (folder / "plan").stat().st_size / 1e6
        print(f"{count} changes, {shape} (saved plan {size:.1f} MB)")
        for form, flags in FORMS.items():
            found = [measure([quorate, "show", *flags, "plan"], folder) for _ in range(runs)]
            first, end, cpu, written, memory = (statistics.median(part) for part in zip(*found))
            print(f"  {form:9} first byte {first:6.3f} s  end {end:6.3f} s  CPU {cpu:6.3f} s"
                  f"  {written:7.2f} MB written  {memory:6.0f} MB memory")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="1000,10000")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--no-build", action="store_true")
    args = parser.parse_args()
    if not args.no_build:
        subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=ROOT, check=True)
    for shape in SHAPES:
        for count in map(int, args.sizes.split(",")):
            case(TARGET / "release" / "quorate", shape, count, args.runs)


main()
