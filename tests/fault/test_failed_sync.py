# SPDX-License-Identifier: BSD-2-Clause
"""A sync that failed is never believed afterwards.

The kernel reports once that it could not store something, and forgets it: the
next fdatasync of that file says "done". So the file is left as it is and named
in an alarm, and what is still in memory is written once more, to a new file.
(Faults B5, B6.)
"""

import errno
import os
import re
import signal
import subprocess

import pytest

import nth
import oracle
import senders
from harness import ROTATED, eventually
from rounds import rounds

pytestmark = pytest.mark.fault

KEPT = re.compile(r"(\S+): a sync of it failed.* it is kept as (\S+), ")
FIELDS = "%{hostname}/%{app_name}.log"


class Bad:
    """A collector whose syncs fail when the test says so."""

    def __init__(self, collect, tmp_path, sync, output="out.log", args=()):
        disk = tmp_path / "disk"
        disk.mkdir()
        self.fault = nth.Fault(tmp_path, under=disk)
        self.c = collect(output="disk/" + output, env=self.fault.env,
                         args=("--sync", sync) + tuple(args))
        self.disk = str(disk)
        self.sent = 0
        self.socket = senders.connect(self.c.address())

    def send(self, count):
        for _ in range(count):
            self.socket.sendall(senders.octet(oracle.message("a", self.sent)))
            self.sent += 1

    def suspects(self):
        """The files that the alarms name."""
        return {os.path.join(os.path.dirname(path), name)
                for path, name in KEPT.findall(self.c.stderr())}

    def paths(self):
        return sorted(os.path.join(folder, name)
                      for folder, _, names in os.walk(self.disk)
                      for name in names)

    def lines(self, suspect):
        found = []
        for path in self.paths():
            if (path in self.suspects()) == suspect:
                with open(path, "rb") as f:
                    text = f.read()
                assert text == b"" or text.endswith(b"\n"), path
                found += text.split(b"\n")[:-1]
        return found

    def newest_unsafe(self):
        """The number of the last line of the newest file that is suspect: no
        sync of that line went well there."""
        with open(max(self.suspects()), "rb") as f:
            last = f.read().split(b"\n")[-2]
        return int(oracle.TEXT.search(last)[2])

    def wait_written(self):
        self.c.wait_metric("written_messages_total", self.sent)

    def judge(self):
        """Nothing missing or torn, and nothing doubled but for what suspect
        files have; the numbers that are in files that are not suspect."""
        good = oracle.check(self.lines(False), {"a": self.sent},
                            ordered=False)
        alone = oracle.check(self.lines(True), {"a": self.sent},
                             ordered=False)
        assert good.doubled == 0, good
        for tally in good, alone:
            assert not (tally.mixed or tally.torn or tally.foreign), tally
        everything = (set(good.seen.get("a", ())) |
                      set(alone.seen.get("a", ())))
        assert everything == set(range(self.sent))
        assert self.c.metric("received_messages_total") == self.sent
        return set(good.seen.get("a", ()))


def failed(b):
    return b.c.metric("failed_writes_total", reason="sync")


@pytest.mark.parametrize("output", ["out.log", FIELDS])
def test_always_keeps_all_that_is_not_safe(collect, tmp_path, output):
    """B6: whichever sync fails, what it was to make safe is in a file that is
    not suspect, too."""
    b = Bad(collect, tmp_path, "always", output)
    for k in range(1, rounds(300, 30) + 1):
        b.send(3)
        b.wait_written()
        before = failed(b)
        b.fault.arm(["fdatasync"], at=1 + k % 3, error=errno.EIO)
        while b.fault.hits == 0:
            b.send(2)
            b.wait_written()
        b.fault.cure()
        assert failed(b) == before + 1
        b.send(1)
        b.wait_written()
        assert b.newest_unsafe() in b.judge()
    assert len(b.suspects()) == rounds(300, 30)


@pytest.mark.parametrize("output", ["out.log", FIELDS])
@pytest.mark.parametrize("sync", ["always", "10ms"])
def test_syncs_that_go_on_failing(collect, tmp_path, sync, output):
    """It stalls, and one file is suspect however often it is tried; after
    the cure all goes on, and what waited is in a file that is not suspect."""
    b = Bad(collect, tmp_path, sync, output)
    b.send(5)
    b.wait_written()
    if sync != "always":  # there is nothing to be synced any more
        eventually(lambda: b.c.metric("sync_seconds_count") > 0)
    b.fault.arm(["fdatasync", "syncfs"], error=errno.EIO, lasting=True)
    b.send(1)
    eventually(lambda: len(b.suspects()) == 1)
    # with a period, the first of these shows that it is not over
    waiting = b.sent
    b.send(5)
    eventually(lambda: b.c.metric("stalled") == 1)
    assert b.c.http(path="/readyz")[0] == 503
    hits = b.fault.hits
    b.send(5)
    eventually(lambda: b.fault.hits > hits + 3)
    assert len(b.suspects()) == 1
    assert len(b.paths()) == 2
    said = b.c.stderr().count("fdatasync")
    assert said <= 3, b.c.stderr()

    b.fault.cure()
    eventually(lambda: b.c.metric("stalled") == 0)
    b.wait_written()
    good = b.judge()
    assert set(range(waiting, b.sent)) <= good
    assert len(b.suspects()) == 1
    assert b.c.http(path="/readyz")[0] == 200
    b.c.stop()


def test_rotation_beside_failing_syncs(collect, tmp_path):
    """Syncs before and after rotations fail: no line is missing, and none is
    in two files that are not suspect."""
    b = Bad(collect, tmp_path, "always", args=("--rotate-size", "4K"))
    for k in range(1, rounds(200, 20) + 1):
        b.fault.arm(["fdatasync"], at=k % 7 + 1, error=errno.EIO)
        b.send(10)
        b.wait_written()
        b.fault.cure()
    # What was rotated and synced may be written again when a sync fails
    # later in the same block.
    everything = oracle.check(b.lines(False) + b.lines(True),
                              {"a": b.sent}, ordered=False)
    assert not (everything.missing or everything.torn or everything.mixed or
                everything.foreign), everything
    names = [p for p in b.paths() if ROTATED.search(p)]
    numbers = [int(ROTATED.search(p)[2]) for p in names]
    assert sorted(numbers) == list(range(1, len(names) + 1))


SPARSE = """
mount -t tmpfs -o size=32m none "$1/t" &&
truncate -s 64M "$1/t/img" &&
mkfs.ext4 -q -F -O ^has_journal -E lazy_itable_init=0,nodiscard "$1/t/img" &&
mount -o loop "$1/t/img" "$1/m" || exit 77
shift
exec "$@"
"""


def can_loop(private, tmp_path):
    for name in "t", "m":
        (tmp_path / name).mkdir()
    try:
        tried = subprocess.run(
            private + ["sh", "-c", SPARSE, "sh", str(tmp_path), "true"],
            capture_output=True, stdin=subprocess.DEVNULL)
    except OSError:
        return False
    return tried.returncode == 0


@pytest.mark.parametrize("sync", ["always", "200ms"])
def test_a_disk_that_could_not_store_it(collect, private, tmp_path, sync):
    """B5, for real: an ext4 whose image has no room left. Writing goes well,
    the sync fails, and the next one of that file says that all is well."""
    if not can_loop(private, tmp_path):
        pytest.skip("no loop device with ext4 on this machine")
    c = collect(output="m/out.log", prefix=private + [
        "sh", "-c", SPARSE, "sh", str(tmp_path)],
        args=("--sync", sync, "--memory", "16M"))
    root = "/proc/%d/root%s" % (c.pid, tmp_path)
    c.path = root + "/m/out.log"
    room = os.statvfs(root + "/t")
    with open(root + "/t/fill", "wb") as f:
        f.write(b"\0" * (room.f_bavail * room.f_bsize - 200000))
    sent = 0
    with senders.connect(c.address()) as s:
        while c.metric("failed_writes_total", reason="sync") == 0:
            for _ in range(50):
                s.sendall(senders.octet(oracle.message("a", sent)))
                sent += 1
            assert sent < 40000
        at_risk = sent
        eventually(lambda: "it is kept as" in c.stderr())
        os.unlink(root + "/t/fill")
        for _ in range(50):
            s.sendall(senders.octet(oracle.message("a", sent)))
            sent += 1
        c.wait_metric("written_messages_total", sent)
        eventually(lambda: c.metric("stalled") == 0)
    # What the files have that are suspect, nobody can tell. All else is whole
    # and goes on to the end; with "always", from what was in danger on.
    suspect = {name for _, name in KEPT.findall(c.stderr())}
    good = []
    for path in c.files():
        if os.path.basename(path) not in suspect:
            with open(path, "rb") as f:
                good += f.read().split(b"\n")[:-1]
    tally = oracle.check(good, {"a": sent})
    assert not (tally.torn or tally.mixed or tally.foreign or
                tally.doubled), tally
    seen = tally.seen["a"]
    assert seen == list(range(seen[0], sent))
    assert sync != "always" or seen[0] < at_risk
    c.stop()


@pytest.mark.parametrize("output", ["out.log", FIELDS])
def test_a_stop_while_syncs_fail(collect, tmp_path, output):
    """What counts as written is in a file all the same, though it should be
    written once more just then; the rest is counted."""
    b = Bad(collect, tmp_path, "10ms", output)
    b.send(5)
    b.wait_written()
    b.fault.arm(["fdatasync", "syncfs"], error=errno.EIO, lasting=True)
    b.send(1)
    eventually(lambda: len(b.suspects()) == 1)
    b.send(5)
    eventually(lambda: b.c.metric("stalled") == 1)
    written = b.c.metric("written_messages_total")
    assert written > 6, "the new file got nothing"
    b.c.signal(signal.SIGTERM)
    b.c.wait_exit()
    there = oracle.check(b.lines(True) + b.lines(False), {"a": b.sent},
                         ordered=False)
    assert len(there.seen["a"]) >= written, b.c.stderr()
