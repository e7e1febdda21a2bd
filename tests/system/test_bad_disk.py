# SPDX-License-Identifier: BSD-2-Clause
"""A disk that writes less than asked for, or fails, costs no line.

Faults B1, B3, B8 with the shim of tests/fault: short writes and EINTR in the
middle of lines, room that ends at any byte.
"""

import os

import pytest

import oracle
import senders
import shim
from harness import eventually, load

pytestmark = [pytest.mark.fault, pytest.mark.plain]


@pytest.fixture
def bad_disk(collect, tmp_path):
    """A collector whose log folder is on the bad disk."""
    def start(args=(), **wants):
        (tmp_path / "disk").mkdir()
        env = shim.environment(tmp_path, UNDER="%s/disk/" % tmp_path, **wants)
        return collect(output="disk/out.log", env=env, args=args)
    return start


def send(c, senders_, each):
    """Sends at once over several connections; what was sent."""
    crowd = senders.Senders()
    sent = {"s%d" % n: each for n in range(senders_)}
    for src in sent:
        crowd.start(senders.send_stream, c.address(), "tcp",
                    oracle.stream(src, each, senders.octet))
    return crowd, sent


@pytest.mark.parametrize("wants", [
    {"SHORT": 1}, {"SHORT": 3}, {"EINTR": 2}, {"SHORT": 2, "EINTR": 3}])
def test_short_and_interrupted_writes(bad_disk, wants):
    """B8: what was written is not written again, the rest is."""
    c = bad_disk(args=("--rotate-size", "64K", "--sync", "5ms"), **wants)
    crowd, sent = send(c, 3, load(2000))
    crowd.join()
    tally = oracle.check(c.wait_lines(sum(sent.values())), sent)
    assert tally.perfect(), tally
    assert max(map(os.path.getsize, c.files())) <= 64 << 10
    c.wait_metric("written_messages_total", tally.stored)


def test_room_that_ends_inside_a_line(bad_disk, tmp_path):
    """B3: full after k bytes, for many k; each time the rest of the line
    follows when there is room."""
    flag = tmp_path / "full"
    c = bad_disk(ENOSPC_FILE=flag, ENOSPC_AFTER=37)
    count = 0
    with senders.connect(c.address()) as s:
        for _ in range(load(20)):
            flag.write_text("")
            for _ in range(5):
                s.sendall(senders.octet(oracle.message("a", count)))
                count += 1
            eventually(lambda: c.metric("stalled") == 1)
            assert c.http(path="/readyz")[0] == 503
            flag.unlink()
            c.wait_lines(count)
    tally = oracle.check(c.lines(), {"a": count})
    assert tally.perfect(), tally
    eventually(lambda: c.metric("stalled") == 0)
    assert c.http(path="/readyz")[0] == 200
