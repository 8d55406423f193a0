#!/usr/bin/env python3
"""mkimage.py ROOT OUT ENTRYPOINT NAME...: a container image without any registry.

Packs the directory ROOT as the single layer of an image archive (`docker save` format) that carries all NAMEs. The same
input gives the same bytes. ENTRYPOINT may be empty.
"""
import gzip
import hashlib
import io
import json
import os
import platform
import sys
import tarfile

ARCH = {"x86_64": "amd64", "aarch64": "arm64"}


def plain(info):
    info.mtime = 0
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    return info


def layer(root):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for folder, dirs, files in os.walk(root):
            dirs.sort()
            for name in sorted(dirs + files):
                path = os.path.join(folder, name)
                tar.add(path, os.path.relpath(path, root), recursive=False, filter=plain)
    return out.getvalue()


def config(diff, entrypoint):
    run = {"Env": ["PATH=/usr/local/bin:/usr/bin:/bin"], "WorkingDir": "/"}
    if entrypoint:
        run["Entrypoint"] = [entrypoint]
    return json.dumps({
        "architecture": ARCH[platform.machine()], "os": "linux", "created": "1970-01-01T00:00:00Z", "config": run,
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(diff).hexdigest()]},
    }, sort_keys=True).encode()


def main(root, out, entrypoint, *names):
    diff = layer(root)
    conf = config(diff, entrypoint)
    conf_name = hashlib.sha256(conf).hexdigest() + ".json"
    manifest = [{"Config": conf_name, "RepoTags": list(names), "Layers": ["layer.tar.gz"]}]
    with tarfile.open(out, "w", format=tarfile.GNU_FORMAT) as tar:
        for name, data in ((conf_name, conf), ("layer.tar.gz", gzip.compress(diff, 1, mtime=0)),
                           ("manifest.json", json.dumps(manifest).encode())):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))


if __name__ == "__main__":
    main(*sys.argv[1:])
