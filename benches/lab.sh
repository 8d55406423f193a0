#!/usr/bin/env bash
# Measures plan and apply over SSH on the lab's real hosts, side by side with what they are held against:
#   quiet plan   against connecting alone (`ssh host true` to all three at once), with 0 and 20 ms of added round trip
#   first apply  against the kubeadm guide's own steps over shared SSH connections (tests/lab/guide --mux)
# Needs root and the lab (tests/lab/setup). Usage: benches/lab.sh [RUNS]
set -euo pipefail
cd "$(dirname "$0")/.."
runs=${1:-5}
export LAB=${LAB:-labbench}
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-target}
cargo build --release -q
quorate=$(realpath "$CARGO_TARGET_DIR")/release/quorate
work=$(mktemp -d)
trap 'tests/lab/lab down >/dev/null 2>&1 || true; rm -rf "$work"' EXIT
export XDG_CONFIG_HOME=$work/config

# Prints the median and the range, in seconds, of RUNS runs of a command; `prepare` runs before each, uncounted.
timed() {
  local n start times=()
  for n in $(seq "$runs"); do
    prepare >"$work/prepare.log" 2>&1
    start=$(date +%s%N)
    "$@" >"$work/run.log" 2>&1 || { cat "$work/run.log"; exit 1; }
    times+=($(($(date +%s%N) - start)))
  done
  printf '%s\n' "${times[@]}" | sort -n |
    awk '{t[NR]=$1/1e9} END {printf "%.2f s (%.2f-%.2f)\n", t[int((NR+1)/2)], t[1], t[NR]}'
}

prepare() { :; }
inside() { nsenter --net="$LAB_NETNS" "$@"; }
quorate() { inside "$quorate" -C "$work" "$@" -no-color; }
connect() {
  local host
  for host in h1 h2 h3; do inside ssh -F "$LAB_SSH_CONFIG" -o ControlMaster=no "$host" true & done
  wait
}
bare() { tests/lab/lab reset h1 h2 h3; rm -f "$work"/quorate.state*; }
forget_and_settle() { bare; sleep 2; }

configure() {
  cat >"$work/main.hcl" <<HCL
data "host" "h" {
  for_each    = { infra0 = "$LAB_H1", infra1 = "$LAB_H2", infra2 = "$LAB_H3" }
  name        = each.key
  address     = each.value
  config_file = "$LAB_SSH_CONFIG"
}

module "etcd" {
  source             = "builtin:etcd-static-pod"
  hosts              = data.host.h
  kubernetes_version = "1.20.2"
  members            = { infra0 = "$LAB_H1", infra1 = "$LAB_H2", infra2 = "$LAB_H3" }
}
HCL
}

tests/lab/lab up 3 >/dev/null 2>&1
eval "$(tests/lab/lab env)"
configure
quorate init >/dev/null

echo "runs: $runs; median (least-most)"
prepare() { forget_and_settle; }
printf 'first apply, bare to healthy:   '; timed quorate apply -auto-approve
cp "$work/run.log" "$work/apply.log"
printf 'the guide, shared connections:  '; timed tests/lab/guide --mux
forget_and_settle >/dev/null 2>&1
quorate apply -auto-approve >/dev/null 2>&1
prepare() { :; }
for ms in 0 10; do
  for host in h1 h2 h3; do tests/lab/lab lat $host $ms; done
  printf 'round trip + %2d ms: connecting alone  ' $((ms * 2)); timed connect
  printf 'round trip + %2d ms: quiet plan        ' $((ms * 2)); timed quorate plan -detailed-exitcode
  printf '                    exchanges per host '; grep -c '^infra0: Reading' "$work/run.log"
done
