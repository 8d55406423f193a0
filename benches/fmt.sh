#!/usr/bin/env bash
# Measures `fmt` of one file with 10 000 and one with 100 000 lines, beside `terraform fmt` of the same text in the same run.
# Usage: benches/fmt.sh [RUNS]
set -euo pipefail
cd "$(dirname "$0")/.."
runs=${1:-5}
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-target}
cargo build --release -q
quorate=$(realpath "$CARGO_TARGET_DIR")/release/quorate
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Terraform asks for nothing of the person's and looks for no newer version.
: >"$work/cli.tfrc"
export TF_CLI_CONFIG_FILE=$work/cli.tfrc CHECKPOINT_DISABLE=1

# Ten lines a block, none of them laid out.
text() {
  awk -v blocks="$(($1 / 10))" 'BEGIN { for (n = 0; n < blocks; n++) {
    print "resource \"terraform_data\" \"b" n "\" {\ninput = {\nname=\"node-${" n "}\" # its name"
    print "address   = cidrhost( var.network,"n" )\nports=[2379,2380]"
    print "is_leader = " n "==0 ? true:false\n}"
    print "depends_on=[ terraform_data.first ]\n}\n"
  } }'
}

# Prints the median and the range, in milliseconds, of RUNS runs; the file is written anew before each, uncounted.
timed() {
  local source=$1 n start times=()
  shift
  for n in $(seq "$runs"); do
    cp "$source" "$work/now.tf"
    start=$(date +%s%N)
    "$@" -list=false "$work/now.tf" >/dev/null
    times+=($(($(date +%s%N) - start)))
  done
  printf '%s\n' "${times[@]}" | sort -n |
    awk '{t[NR]=$1/1e6} END {printf "%.0f ms (%.0f-%.0f)\n", t[int((NR+1)/2)], t[1], t[NR]}'
}

for lines in 10000 100000; do
  text "$lines" >"$work/$lines"
  echo "$lines lines: quorate $(timed "$work/$lines" "$quorate" fmt)"
  cp "$work/now.tf" "$work/ours.tf"
  command -v terraform >/dev/null || continue
  echo "$lines lines: terraform $(timed "$work/$lines" terraform fmt)"
  cmp "$work/now.tf" "$work/ours.tf"
done
