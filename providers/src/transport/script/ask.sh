h=
printf '\n@quorate ask\n'
gone() {
    p=${1%/*}
    while [ -n "$p" ] && [ ! -e "$p" ]; do p=${p%/*}; done
    if [ -d "${p:-/}" ] && [ ! -x "${p:-/}" ]; then
        printf 'p %s\n' "$1"
    else
        printf 'a %s\n' "$1"
    fi
}
content() {
    case "$NL$h$NL" in *"$NL$2  $1$NL"*) return ;; esac
    if [ -f "$1" ]; then
        printf 'c '
        base64 -w 0 -- "$1"
        printf ' %s\n' "$1"
    fi
}
count() {
    n=0
    for f in "$1"/* "$1"/.[!.]* "$1"/..?*; do
        if [ -e "$f" ] || [ -L "$f" ]; then n=$((n + 1)); fi
    done
    printf 'n %s %s\n' "$n" "$1"
}
units() {
    if [ -d /run/systemd/system ] && command -v systemctl >/dev/null; then
        systemctl show -p Id,LoadState,ActiveState,UnitFileState,NeedDaemonReload,FragmentPath,DropInPaths \
            -- "$@" 2>&1 </dev/null
        printf '\n@status %s\n' "$?"
    else
        printf '@none\n'
    fi
}
# Whether process $pid began after file $1 was written. Both clocks count whole seconds, hence 2 of them spare.
began_since() {
    written=$(stat -L -c %Y -- "$1" 2>/dev/null) || return 1
    boot=$(sed -n 's/^btime //p' /proc/stat)
    ticks=$(cut -d ' ' -f 20 <<X
$(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null)
X
)
    [ -n "$ticks" ] && [ $((boot + ticks / 100 + 2)) -ge "$written" ]
}
processes() {
    a=$(head -v -c 65536 /proc/[0-9]*/cmdline 2>/dev/null | tr '\000\n' '\n\001')
    pid= cur=
    IFS=$(printf '\001'); set -f
    for r in $a; do
        case $r in
        '==> /proc/'*/cmdline' <==')
            compare
            pid=${r#*proc/} cur=
            pid=${pid%%/*}
            ;;
        *) cur=$cur$r ;;
        esac
    done
    compare
    set +f; unset IFS
}
