# lib.sh: what the lab's scripts share: messages, the cache and its lock, Debian's mirror. Sourced, never run.
# shellcheck shell=bash

CACHE=${QUORATE_CACHE:-$HOME/.cache/quorate-lab}
LAB_SUITE=${LAB_SUITE:-bookworm}

say() { echo "lab: $*" >&2; }
die() { say "$*"; exit 1; }

# The Debian mirror of this machine, from apt's own configuration; LAB_MIRROR wins (and is needed where apt is not Debian's).
mirror() {
  if [ -n "${LAB_MIRROR:-}" ]; then echo "$LAB_MIRROR"; return; fi
  local m
  # shellcheck disable=SC2016
  m=$(apt-get indextargets --format '$(REPO_URI) $(ORIGIN) $(LABEL)' 'Created-By: Packages' 2>/dev/null |
      awk '$2 == "Debian" && $3 == "Debian" {print $1; exit}')
  [ -n "$m" ] || die "apt knows no Debian mirror here (run 'apt-get update', or set LAB_MIRROR)"
  echo "${m%/}"
}

# A directory for work that is thrown away: memory where there is room for it, else the cache's own disk.
scratch() { # NAME NEEDED_MB
  local free
  free=$(df --output=avail -m /dev/shm 2>/dev/null | tail -1)
  if [ "${free:-0}" -gt "$2" ]; then mktemp -d "/dev/shm/$1.XXXXXX"; else mktemp -d "$CACHE/$1.XXXXXX"; fi
}

# Name an artifact after what makes it: text on stdin to twelve hex digits.
fingerprint() { sha256sum | cut -c1-12; }

# Print the path of a finished artifact; make it first if it is missing.
#   cached NAME COMMAND...   runs `COMMAND... OUT`, which creates OUT (a file or a directory)
# Only whole artifacts ever carry their name: made under a temporary one, moved into place, all under the name's lock.
# COMMAND is a process of its own, so that its `set -e` holds whatever the caller is in the middle of.
cached() {
  local name=$1 out=$CACHE/$1 tmp=$CACHE/.$1.new log=$CACHE/log/$1.log lock start=$SECONDS
  shift
  if [ ! -e "$out" ]; then
    mkdir -p "$CACHE/log"
    exec {lock}> "$CACHE/.$name.lock"
    flock "$lock"
    if [ ! -e "$out" ]; then
      rm -rf "$tmp"
      say "making $name (log: $log)"
      nice -n 10 "$@" "$tmp" > "$log" 2>&1 < /dev/null {lock}>&- || { tail -n 15 "$log" >&2; die "making $name failed"; }
      mv "$tmp" "$out"
      say "made $name in $((SECONDS - start)) s"
    fi
    exec {lock}>&-
  fi
  echo "$out"
}

# apt-get for another suite or for sources, with lists of its own: this machine's configuration is neither read nor changed.
#   apt_for DIR SUITE TYPES apt-get-arguments...
apt_for() {
  local d=$1 suite=$2 types=$3 m
  shift 3
  m=$(mirror)
  mkdir -p "$d/lists/partial" "$d/archives/partial" "$d/parts"
  printf 'Types: %s\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n' \
    "$types" "$m" "$suite" > "$d/lab.sources"
  apt-get -q -o Dir::Etc::sourcelist="$d/lab.sources" -o Dir::Etc::sourceparts="$d/parts" -o Dir::State::lists="$d/lists" \
    -o Dir::Cache::archives="$d/archives" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= \
    -o APT::Sandbox::User=root -o Acquire::Languages=none -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false "$@"
}

# Unpack packages of a suite into DIR/root, without installing them.
#   debs DIR SUITE PACKAGE...
debs() {
  local d=$1 suite=$2 f
  shift 2
  apt_for "$d" "$suite" deb update
  ( cd "$d" && apt_for "$d" "$suite" deb download "$@" )
  mkdir -p "$d/root"
  for f in "$d"/*.deb; do dpkg-deb -x "$f" "$d/root"; done
}
