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
    if command -v kubelet >/dev/null; then printf 'kubelet %s\n' "$(timeout 5 kubelet --version 2>/dev/null </dev/null)"; fi
    if command -v etcd >/dev/null; then
        e=$(timeout 5 etcd --version 2>/dev/null </dev/null)
        printf 'etcd %s\n' "${e%%"$NL"*}"
    fi
    printf 'clock %s\n' "$(date +%s%N)"
}
