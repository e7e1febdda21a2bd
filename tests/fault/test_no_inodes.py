# SPDX-License-Identifier: BSD-2-Clause
"""B4: no inodes left. Files that are there go on, also one of a fixed path
that would like to rotate; new names go to _other; with inodes again, all is as
it was."""

import os

import pytest

import oracle
from configured import start
from harness import eventually, live_and_rotated
from places import (LISTEN, inside, lines_in, loop_ext4, message, send, shown,
                    stored, tmpfs)

BOTH = LISTEN + """output:
  - name: fixed
    path: "{dir}/mnt/fixed.log"
    rotate_size: 16K
  - name: many
    path: "{dir}/mnt/logs/%{hostname}.log"
    host: [ "h*" ]
"""


@pytest.fixture(params=["tmpfs", "ext4"])
def place(request, collect, private, tmp_path):
    """(collector, the small disk from here)"""
    (tmp_path / "mnt").mkdir()
    if request.param == "tmpfs":
        f = start(collect, tmp_path, BOTH, prefix=tmpfs(
            private, tmp_path / "mnt", options="size=32m,nr_inodes=60"))
        yield f.c, inside(f.c, "%s/mnt" % tmp_path)
        return
    if os.geteuid() != 0:
        pytest.skip("only root mounts loop devices")
    with loop_ext4(tmp_path, mkfs=("-N", "64")) as (mnt, _, _):
        f = start(collect, tmp_path, BOTH)
        yield f.c, mnt
        f.c.stop()


def use_up(disk):
    """Takes all inodes; how many."""
    number = 0
    while os.statvfs(disk).f_favail > 0:
        with open("%s/fill%d" % (disk, number), "wb"):
            number += 1
    return number


def test_no_inodes(place):
    c, disk = place
    written = dict.fromkeys(("fixed", "many"), 0)

    def put(src, first, n, hosts):
        send(c, [message(hosts[k % len(hosts)], "a", src, first + k)
                 for k in range(n)])
        written["fixed"] += n
        if hosts[0].startswith("h"):
            written["many"] += n

    def wait(*outputs):
        for output in outputs:
            eventually(lambda: c.metric("written_messages_total",
                                        output=output) == written[output],
                       what=shown(c))

    put("a", 0, 4, ["h1", "h2"])
    wait("fixed", "many")
    filled = use_up(disk)

    # a new name, and not even _other: that output waits, the other does not,
    # though it is large enough to be rotated
    put("b", 0, 1, ["h3"])
    eventually(lambda: c.metric("stalled", output="many") == 1, what=shown(c))
    put("fixed", 0, 400, ["x"])
    wait("fixed")
    assert c.metric("stalled", output="fixed") == 0
    assert c.metric("failed_writes_total", output="fixed",
                    reason="rotate") > 0
    assert "rotate" in c.stderr()

    # one inode: it is used for _other
    os.unlink(disk + "/fill0")
    wait("many")
    assert c.metric("stalled") == 0
    put("b", 1, 20, ["h4", "h5"])
    put("a", 4, 4, ["h1", "h2"])
    wait("fixed", "many")
    tally = oracle.check(lines_in(disk + "/logs/_other"), {"b": 21},
                         ordered=False)
    assert tally.perfect(), tally
    assert c.metric("other_file_messages_total") == 21
    assert sorted(os.listdir(disk + "/logs")) == ["_other", "h1.log", "h2.log"]

    # and all of them
    for n in range(1, filled):
        os.unlink("%s/fill%d" % (disk, n))
    put("c", 0, 4, ["h6", "h7"])
    # the rotation that failed is tried again once a second
    first = 400
    while len(live_and_rotated(disk + "/fixed.log")) < 3:
        put("fixed", first, 50, ["x"])
        first += 50
        wait("fixed")
        assert first < 40000, "never rotated again"
    wait("many")
    for name in "h6", "h7":
        assert len(lines_in("%s/logs/%s.log" % (disk, name))) == 2
    tally = oracle.check(stored(disk + "/logs"), {"a": 8, "b": 21, "c": 4},
                         ordered=False)
    assert tally.perfect(), tally
    lines = lines_in(*live_and_rotated(disk + "/fixed.log"))
    tally = oracle.check(lines, {"a": 8, "b": 21, "c": 4, "fixed": first})
    assert tally.perfect(), tally
