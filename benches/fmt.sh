#!/usr/bin/env bash
# Measures `fmt` of one file with 10 000 and one with 100 000 lines, beside `terraform fmt` of the same text in the same run.
# Usage: benches/fmt.sh [RUNS]
# shellcheck source=benches/common.sh
. "$(dirname "$0")/common.sh"

# Ten lines a block, none of them laid out.
text() {
  awk -v blocks="$(($1 / 10))" 'BEGIN { for (n = 0; n < blocks; n++) {
    print "resource \"terraform_data\" \"b" n "\" {\ninput = {\nname=\"node-${" n "}\" # its name"
    print "address   = cidrhost( var.network,"n" )\nports=[2379,2380]"
    print "is_leader = " n "==0 ? true:false\n}"
    print "depends_on=[ terraform_data.first ]\n}\n"
  } }'
}

# The file is written anew before each run.
before() {
  cp "$work/untidy" "$work/now.tf"
}

once() {
  "$@" -list=false "$work/now.tf" >/dev/null
}

for lines in 10000 100000; do
  text "$lines" >"$work/untidy"
  echo "$lines lines: quorate $(timed "$quorate" fmt)"
  cp "$work/now.tf" "$work/ours.tf"
  command -v terraform >/dev/null || continue
  echo "$lines lines: terraform $(timed terraform fmt)"
  cmp "$work/now.tf" "$work/ours.tf"
done
