T= N=0 S= left=0 u=$(id -u)
printf '\n@quorate act\n'
clean() {
    if [ "$N" != 0 ]; then
        IFS=$NL; set -f
        rm -f -- $T
        set +f; unset IFS
    fi
    T= N=0
}
trap clean EXIT
trap 'exit 1' HUP INT TERM PIPE
fail() {
    printf 'f %s%s %s\n' "$1" "$S" "$(printf %s "$2" | tail -c 4000 | base64 -w 0)"
    return 1
}
ok() { printf 'd\n'; }
try() { e=$("$@" 2>&1 </dev/null) || fail x "$e"; }
object() {
    printf 'o %s\n' "$1"
    left=$2
}
finish() {
    S=
    clean
    if [ "$left" != 0 ]; then head -c "$left" >/dev/null; fi
}
parents() {
    p=$1 q=
    while [ ! -d "$p" ]; do
        q=$p$NL$q
        p=${p%/*}
        [ -n "$p" ] || p=/
    done
    [ -n "$q" ] || return 0
    umask 022
    IFS=$NL; set -f
    set -- "$2" $q
    set +f; unset IFS
    i=$1
    shift
    for p in "$@"; do
        try mkdir -- "$p" || return 1
        printf 'm %s %s\n' "$i" "$p"
    done
}
own() {
    [ "$u$1" = 0root:root ] && [ ! -g "$3" ] || try chown -h -- "$1" "$2"
}
stage() {
    S=$1
    parents "$3" "$1" || return 1
    if [ -e "$4" ] || [ -L "$4" ]; then try rm -f -- "$4" || return 1; fi
    T=$T$NL$4 N=$((N + 1))
    umask "$6"
    if e=$({ set -C; head -c "$5" >"$4"; } 2>&1) && read -r m && [ "$m" = . ]; then
        left=$((left - $5 - 2))
    else
        fail x "${e:-the connection ended}"
        printf '@abort\n'
        exit 1
    fi
    own "$8" "$4" "$3" || return 1
    [ "$7" = - ] || try chmod -- "$7" "$4" || return 1
    S=
}
expect() {
    if [ ! -e "$1" ]; then
        if [ -L "$1" ] || [ "$2" = - ] || [ "$3" = - ]; then return 0; fi
        fail g "$1"
        return 1
    fi
    e=$(sha256sum 2>&1 <"$1") || { fail x "${e:-$1 cannot be read: Permission denied}"; return 1; }
    e=${e%% *}
    [ "$e" = "$2" ] || [ "$e" = "$3" ] || fail c "$1"
}
place() {
    try mv -fT -- "$1" "$2" || return 1
    N=$((N - 1))
}
remove() {
    if [ -e "$1" ] || [ -L "$1" ]; then try rm -f -- "$1"; fi
}
folder() {
    parents "$2" "$1" || return 1
    if [ ! -d "$3" ]; then
        umask 077
        try mkdir -- "$3" || return 1
        printf 'm %s %s\n' "$1" "$3"
    fi
    try chown -- "$5" "$3" && try chmod -- "$4" "$3"
}
unfolder() {
    if [ -d "$1" ]; then try rmdir --ignore-fail-on-non-empty -- "$1"; fi
}
settle() {
    i=$#
    while [ "$i" -gt 0 ]; do
        [ ! -d "$1" ] || set -- "$@" "$1"
        shift
        i=$((i - 1))
    done
    [ $# = 0 ] || try sync -- "$@"
}
tree() {
    if [ -L "$1" ]; then
        fail x 'It is a symbolic link: what it leads to would stay.'
    else
        try rm -rf -- "$1"
    fi
}
run() {
    e=$(timeout -k 5 "$@" 2>&1 </dev/null)
    r=$?
    case $r in
    0) return 0 ;;
    124) e="$e${NL}It did not end within $1 seconds and was stopped." ;;
    127) e="$e${NL}It is not installed." ;;
    esac
    fail x "$e"
}
