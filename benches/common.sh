# What the benchmarks of this folder begin with; sourced by them. Gives `runs`, the program as `quorate`, and a folder `work`
# that is gone at the end.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
runs=${1:-5}
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-target}
cargo build --release -q
quorate=$(realpath "$CARGO_TARGET_DIR")/release/quorate
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Terraform asks for nothing of the person's and looks for no newer version.
: >"$work/cli.tfrc"
export TF_CLI_CONFIG_FILE=$work/cli.tfrc CHECKPOINT_DISABLE=1

# Prints the median and the range, in seconds, of what `once` takes with the arguments, in RUNS runs; `before`, where there is
# one, is run before each and not counted.
timed() {
  local n start times=()
  for n in $(seq "$runs"); do
    if declare -F before >/dev/null; then before; fi
    start=$(date +%s%N)
    once "$@"
    times+=($(($(date +%s%N) - start)))
  done
  printf '%s\n' "${times[@]}" | sort -n |
    awk '{t[NR]=$1/1e9} END {printf "%.3f s (%.3f-%.3f)", t[int((NR+1)/2)], t[1], t[NR]}'
}
