version() {
    p=$(command -v "$1") || return 0
    i=$(stat -L -c '%d.%i.%s.%Y.%Z' -- "$p")
    case " $K " in
    *" $1=$i "*) v= ;;
    *) v=$(timeout 5 "$p" --version 2>/dev/null </dev/null) ;;
    esac
    printf '%s %s %s\n' "$1" "$i" "${v%%"$NL"*}"
}
facts() {
    set --
    for f in /proc/sys/kernel/hostname /etc/os-release /proc/net/fib_trie /proc/net/if_inet6 /proc/swaps \
        /etc/containerd/config.toml /etc/docker/daemon.json /etc/crio/crio.conf /etc/crio/crio.conf.d/*.conf; do
        if [ -r "$f" ]; then set -- "$@" "$f"; fi
    done
    head -v -c 131072 -- "$@" 2>/dev/null | base64 -w 0
    printf '\n'
    for f in /run/containerd/containerd.sock /run/crio/crio.sock /run/cri-dockerd.sock /run/docker.sock; do
        if [ -S "$f" ]; then printf 'socket %s\n' "$f"; fi
    done
    if [ -d /run/systemd/system ]; then printf 'init systemd\n'; fi
    if [ -f /sys/fs/cgroup/cgroup.controllers ]; then printf 'cgroup 2\n'; else printf 'cgroup 1\n'; fi
    printf 'arch %s\n' "$(uname -m)"
    version kubelet
    version etcd
    printf 'clock %s\n' "$(date +%s%N)"
}
