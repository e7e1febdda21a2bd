# SPDX-License-Identifier: BSD-2-Clause
"""E5: a bound on memory close to what `memory` allows. Messages of 64 KiB
from many connections, on a disk that does not keep up: back-pressure keeps it
below; it is neither killed nor does it lose anything."""

import contextlib
import os
import resource

import pytest

import oracle
import senders
from harness import eventually
from places import fill, free, inside, lines_in, note, shown, tmpfs
from rounds import rounds

GROUPS = "/sys/fs/cgroup/memory"
CONNECTIONS = 8
EACH = rounds(200, 40)
SIZE = 64 << 10


def big(src, seq):
    """A message of almost 64 KiB that the oracle knows: its text and what
    surrounds it."""
    m = oracle.message(src, seq)
    return m.replace(b" - - src=", b' - [x@1 y="%s"] src=' % (
        b"z" * (SIZE - 30 - len(m))))


def load(c):
    crowd = senders.Senders()
    sent = {"b%d" % n: EACH for n in range(CONNECTIONS)}
    for src in sent:
        crowd.start(senders.send_stream, c.address(), "tcp", b"".join(
            senders.octet(big(src, n)) for n in range(EACH)))
    return crowd, sent


def finish(c, crowd, sent, paths):
    crowd.join()
    c.wait_metric("written_messages_total", CONNECTIONS * EACH)
    tally = oracle.check(lines_in(*paths()), sent)
    assert tally.perfect(), tally
    assert c.metric("truncated_messages_total") == 0
    assert c.metric("dropped_messages_total") == 0


def small_disk(collect, private, tmp_path, prefix, memory):
    (tmp_path / "disk").mkdir()
    room = CONNECTIONS * EACH * SIZE * 3 // 2 + (16 << 20)
    c = collect(output="disk/out.log", args=(
        "--memory", memory, "--workers", 1), prefix=list(prefix) + tmpfs(
            private, tmp_path / "disk", options="size=%d" % room))
    c.path = inside(c, c.path)
    return c, os.path.dirname(c.path)


def test_address_space(collect, private, tmp_path, record_property):
    """ulimit -v, with little more than it has at its start and its memory."""
    c, disk = small_disk(collect, private, tmp_path, (), "16M")
    with open("/proc/%d/statm" % c.pid) as f:
        size = int(f.read().split()[0]) * resource.getpagesize()
    limit = size + (32 << 20)
    resource.prlimit(c.pid, resource.RLIMIT_AS, (limit, limit))
    fill(disk, 1 << 20)
    crowd, sent = load(c)
    eventually(lambda: c.metric("stalled") == 1, what=shown(c))
    free(disk)
    finish(c, crowd, sent, c.files)
    note(record_property, "limit above the start, MiB", 32)


@contextlib.contextmanager
def memory_group(limit):
    if os.geteuid() != 0 or not os.path.exists(
            GROUPS + "/memory.limit_in_bytes"):
        pytest.skip("no cgroup v1 memory limit on this machine")
    group = "%s/syncline-%d" % (GROUPS, os.getpid())
    os.mkdir(group)
    try:
        for name, value in (("memory.limit_in_bytes", limit),
                            ("memory.swappiness", 0)):
            with open("%s/%s" % (group, name), "w") as f:
                f.write("%d" % value)
        yield group
    finally:
        eventually(lambda: not os.path.exists(group) or _remove(group))


def _remove(group):
    try:
        os.rmdir(group)
    except OSError:
        return False
    return True


def test_memory_group(collect, tmp_path, record_property):
    """As a container has it; the log is on a disk, since what a tmpfs holds
    counts, too, and page cache can be given back."""
    with memory_group(32 << 20) as group:
        c = collect(args=("--memory", "16M", "--workers", 1), prefix=(
            "sh", "-c", 'echo $$ > "$1/cgroup.procs" && shift && exec "$@"',
            "sh", group))
        crowd, sent = load(c)
        finish(c, crowd, sent, c.files)
        with open(group + "/memory.oom_control") as f:
            assert "oom_kill 0" in f.read()
        with open(group + "/memory.max_usage_in_bytes") as f:
            note(record_property, "most used, MiB", int(f.read()) / 2**20)
        c.stop()
