#!/usr/bin/env bash
# Measures how long many mistakes of one large file take to be told, beside `terraform validate` on the same file in the
# same run: 10 000 lines with 1, 300 and 2 000 references to what is not declared, and one block of 10 000 lines with 300
# and 3 000. Terraform is given a minute and a half each.
# Usage: benches/diagnostics.sh [RUNS]
# shellcheck source=benches/common.sh
. "$(dirname "$0")/common.sh"

# 2 000 blocks of five lines, the given number of them with a mistake.
blocks() {
  awk -v wrong="$1" 'BEGIN { for (n = 0; n < 2000; n++) {
    name = n * wrong % 2000 < wrong ? "missing" n : "known"
    printf "resource \"terraform_data\" \"r%d\" {\n  input = {\n    value = local.%s\n  }\n}\n", n, name }
    printf "locals {\n  known = 1\n}\n" }'
}

# The same number of lines with more mistakes than blocks.
dense() {
  awk -v wrong="$1" 'BEGIN { printf "locals {\n  known = 1\n"; for (n = 0; n < 10000; n++)
    printf "  l%d = local.%s\n", n, n * wrong % 10000 < wrong ? "missing" n : "known"; printf "}\n" }'
}

# A command that is to fail.
once() {
  "$@" >"$work/out" 2>&1 || true
}

case_of() {
  local name=$1 text=$2
  mkdir -p "$work/$name"
  printf '%s\n' "$text" >"$work/$name/main.hcl"
  cp "$work/$name/main.hcl" "$work/$name/main.tf"
  printf '%-28s quorate %s, %s messages' "$name" "$(timed "$quorate" -C "$work/$name" validate)" \
    "$(grep -c 'Error:' "$work/out" || true)"
  printf '; -json %s' "$(timed "$quorate" -C "$work/$name" validate -json)"
  if command -v terraform >/dev/null; then
    printf '; terraform %s' "$(cd "$work/$name" && runs=1 timed timeout 90 terraform validate -no-color)"
  fi
  printf '\n'
}

case_of blocks-1 "$(blocks 1)"
case_of blocks-300 "$(blocks 300)"
case_of blocks-2000 "$(blocks 2000)"
case_of one-block-300 "$(dense 300)"
case_of one-block-3000 "$(dense 3000)"
