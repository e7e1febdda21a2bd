# SPDX-License-Identifier: BSD-2-Clause
"""places.py - small disks, and what is done to them

A collector that is started with tmpfs() has a mount namespace of its own with
a small file system in it. From outside its files are at /proc/PID/root/….
"""

import contextlib
import os
import subprocess
import threading
import time

import pytest

import oracle
import senders
import shim
from harness import eventually

LISTEN = "listen:\n  - url: tcp://127.0.0.1:0\n"
MEMORY_SLACK = 32 << 20  # beyond --memory


def tmpfs(prefix, *folders, options="size=6m"):
    """The command prefix that mounts a tmpfs at each folder (which exists)
    and runs what follows there; prefix: of a private mount namespace."""
    mounts = "".join('mount -t tmpfs -o %s none "$%d" && ' % (options, n + 1)
                     for n in range(len(folders)))
    return list(prefix) + [
        "sh", "-c", mounts + 'shift %d && exec "$@"' % len(folders), "sh",
        *map(str, folders)]


def inside(c, path):
    """Where a path of the collector's namespace is from here."""
    return "/proc/%d/root%s" % (c.pid, path)


def fill(folder, leave=0):
    """Takes all room of a file system but so many bytes."""
    room = os.statvfs(folder)
    with open(folder + "/fill", "wb") as f:
        f.write(b"\0" * max(0, room.f_bavail * room.f_bsize - leave))


def free(folder):
    os.unlink(folder + "/fill")


def said_after(c, since):
    """What it said since the length of its standard error was that."""
    return c.stderr()[since:]


class Watch:
    """Asks the collector again and again, as those who look after it do, and
    remembers how long the slowest answer took and how large it grew."""

    def __init__(self, c, path="/healthz"):
        self.c, self.path = c, path
        self.slowest, self.largest, self.answers = 0.0, 0, 0
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        while not self.stopped.is_set():
            start = time.monotonic()
            try:
                status = self.c.http(path=self.path)[0]
                self.largest = max(self.largest, self.c.memory())
            except (OSError, TypeError, FileNotFoundError):
                return  # it has ended
            assert status == 200
            self.answers += 1
            self.slowest = max(self.slowest, time.monotonic() - start)
            self.stopped.wait(0.02)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.thread.join()


def since(start):
    """Milliseconds since a time.monotonic()."""
    return (time.monotonic() - start) * 1000


def note(record_property, name, value):
    """A figure, for the report of the run."""
    record_property(name, value)
    print("%s: %s" % (name, value))


def metric_of(samples, name, **labels):
    """As Collector.metric(), of one look at the counters."""
    wanted = set(labels.items())
    return sum(value for (n, have), value in samples.items()
               if n == "syncline_" + name and wanted <= set(have))


def shown(c):
    """For what= of eventually(): the counters that are not 0."""
    return lambda: sorted("%s %s %d" % (n, dict(l), v) for (n, l), v in
                          c.metrics().items() if v) + [c.stderr()[-2000:]]


def message(host, app, src, seq):
    return b"<14>1 2026-11-22T10:15:00Z %s %s 42 - - %s" % (
        host.encode(), app.encode(), oracle.text(src, seq))


def send(c, messages):
    """All on one connection; the collector has read them afterwards."""
    senders.send_stream(c.address(), "tcp",
                        b"".join(senders.octet(m) for m in messages))


def files_below(folder):
    found = []
    for at, _, names in os.walk(folder):
        found += [os.path.join(at, name) for name in names]
    return found


def lines_in(*paths):
    """The lines of these files; each ends in LF."""
    lines = []
    for path in paths:
        with open(path, "rb") as f:
            text = f.read()
        assert text == b"" or text.endswith(b"\n"), "torn: " + path
        lines += text.split(b"\n")[:-1]
    return lines


def stored(folder):
    """Every line below a folder, but for rests of crashes."""
    return lines_in(*(path for path in files_below(folder)
                      if not path.endswith(".torn")))


def compiled(tmp_path, name):
    """The program of tests/fault/NAME.c."""
    program = os.path.join(str(tmp_path), name)
    if not os.path.exists(program):
        shim.compile_c("-o", program, os.path.join(
            os.path.dirname(os.path.abspath(__file__)), name + ".c"))
    return program


def preloaded(tmp_path, **wants):
    """The environment with the bad disk of shim.c."""
    return shim.environment(tmp_path, **wants)


class Snapshot:
    """Everything below a folder, so that a change shows: names, kinds,
    modes, owners, contents."""

    def __init__(self, folder):
        self.folder = str(folder)
        self.seen = self._look()

    def _look(self):
        seen = {}
        for at, folders, names in os.walk(self.folder):
            for name in folders + names + [""]:
                path = os.path.join(at, name)
                st = os.lstat(path)
                content = b""
                if os.path.isfile(path) and not os.path.islink(path):
                    with open(path, "rb") as f:
                        content = f.read()
                seen[path] = (st.st_mode, st.st_uid, st.st_gid, content)
        return seen

    def check(self):
        assert self._look() == self.seen


@contextlib.contextmanager
def loop_ext4(folder, size="24m", options="errors=remount-ro", mkfs=()):
    """A real ext4 in an image, mounted at folder/mnt for everybody; yields
    (mount point, loop device, image). Skips where that is not possible."""
    folder = str(folder)
    image, mnt = folder + "/image", folder + "/mnt"
    subprocess.run(["truncate", "-s", size, image], check=True)
    os.makedirs(mnt, exist_ok=True)
    made = subprocess.run(["mkfs.ext4", "-q", "-F", *mkfs, image],
                          capture_output=True, text=True)
    if made.returncode != 0:
        pytest.skip("mkfs.ext4: " + made.stderr)
    looped = subprocess.run(["losetup", "--find", "--show", image],
                            capture_output=True, text=True)
    if looped.returncode != 0:
        pytest.skip("no loop device: " + looped.stderr)
    device = looped.stdout.strip()
    try:
        mounted = subprocess.run(["mount", "-o", options, device, mnt],
                                 capture_output=True, text=True)
        if mounted.returncode != 0:
            pytest.skip("no loop mount: " + mounted.stderr)
        try:
            yield mnt, device, image
        finally:
            # lazily: after a failed test the collector still has it
            subprocess.run(["umount", "-l", mnt], capture_output=True)
    finally:
        subprocess.run(["losetup", "-d", device], capture_output=True)
