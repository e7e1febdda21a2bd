# SPDX-License-Identifier: BSD-2-Clause
"""A program that forks while much of what it logged is on its way (K2)."""

import signal

import pytest

import sending
from harness import eventually
from sending import Drive, numbers

pytestmark = pytest.mark.fault
COUNT, CHILDREN = 4000, 4


def children(pid):
    with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
        return f.read().split()


@pytest.mark.parametrize("way", ("tcp", "unix-stream"))
def test_children_of_one_that_waits(collect, tmp_path, way):
    """The collector hangs, and the parent has sent more than its kernel takes:
    no child sends any of that, and each one's own arrives."""
    if sending.is_sanitized():
        pytest.skip("in the child of threads a sanitizer's malloc may hang")
    c = collect(listen=("tcp://127.0.0.1:0" if way == "tcp" else
                        "unix-stream://%s/in.sock" % tmp_path,))
    url = ("tcp://%s:%d" % c.address() if way == "tcp" else
           "unix-stream://" + c.address("unix-stream"))
    c.signal(signal.SIGSTOP)
    one = Drive("fork", url, count=COUNT, threads=CHILDREN, pace=100,
                memory=1 << 22, timeout=60000)
    try:
        eventually(lambda: len(children(one.pid)) >= CHILDREN)
    finally:
        c.signal(signal.SIGCONT)
    got = one.end()
    assert (got["connects"], got["dropped"], got["resent"]) == (1, 0, 0)
    lines = c.wait_lines(COUNT * (CHILDREN + 1) + 2)
    found = numbers(lines)
    assert all(n == list(range(len(n))) for n in found.values())
    assert len(lines) == sum(map(len, found.values())) == (
        COUNT * (CHILDREN + 1) + 2)
    for pid, _ in found:
        mine = [line.decode() for line in lines if b" p=%d " % pid in line]
        assert [int(sending.SEQUENCE.search(line)[1]) for line in mine] == \
            list(range(1, len(mine) + 1))
