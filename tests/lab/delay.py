#!/usr/bin/env python3
"""delay.py MS TAP_A TAP_B: a slow cable.

Creates two TAP devices in the caller's network namespace and carries frames between them, holding each one MS
milliseconds. It exists because `tc netem` is missing from many kernels. The cable lasts as long as the process.
"""
import collections
import fcntl
import os
import select
import struct
import sys
import time

TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 0x0002, 0x1000
QUEUE = 20000  # frames; more are dropped, as a full router would


def tap(name):
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI))
    return fd


def receive(fd, queue, due):
    """Take what has arrived; it leaves again at `due`."""
    for _ in range(64):
        try:
            queue.append((due, os.read(fd, 65535)))
        except OSError:
            break
    while len(queue) > QUEUE:
        queue.popleft()


def send(fd, queue, now):
    while queue and queue[0][0] <= now:
        try:
            os.write(fd, queue.popleft()[1])
        except OSError:
            pass  # EIO while an end is down: the frame is lost, as on a wire


def carry(delay, fds):
    held = [collections.deque(), collections.deque()]
    poll = select.poll()
    for fd in fds:
        poll.register(fd, select.POLLIN)
    while True:
        now = time.monotonic()
        send(fds[1], held[0], now)
        send(fds[0], held[1], now)
        due = [queue[0][0] for queue in held if queue]
        wait = max(0, int((min(due) - time.monotonic()) * 1000 + 0.999)) if due else None
        for fd, _ in poll.poll(wait):
            receive(fd, held[fds.index(fd)], time.monotonic() + delay)


if __name__ == "__main__":
    ends = [tap(name) for name in sys.argv[2:4]]
    print("ready", flush=True)
    carry(float(sys.argv[1]) / 1000, ends)
