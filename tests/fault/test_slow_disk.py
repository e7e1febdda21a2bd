# SPDX-License-Identifier: BSD-2-Clause
"""B10: a disk that is slow, or does not answer at all, hinders nobody but who
has to wait for it: status pages answer, datagrams are received until memory
is full and then counted, a reload does not hang, and the end comes in time."""

import os
import re
import signal
import time

import pytest

import oracle
import senders
from configured import start
from harness import DEADLINE, eventually
from places import (MEMORY_SLACK, Watch, lines_in, loop_ext4, metric_of, note,
                    preloaded, shown)
from rounds import rounds

MEMORY = 8 << 20
# what a busy machine may take for an answer; the figure itself is noted
GENEROUS_S = 2.0

TEXT = """
memory: 8M
stop_timeout: 2s
listen:
  - url: tcp://127.0.0.1:0
    name: tcp
  - url: udp://127.0.0.1:0
    name: udp
  - url: unix://{dir}/u
    name: unix
output:
  - name: slow
    path: "{dir}/disk/out.log"
    sync: 50ms
"""


class Slow:
    """A collector whose disk hangs while a file is there."""

    def __init__(self, collect, tmp_path, text=TEXT, **wants):
        (tmp_path / "disk").mkdir(exist_ok=True)
        self.flag = tmp_path / "hang"
        self.f = start(collect, tmp_path, text, env=preloaded(
            tmp_path, UNDER="%s/disk/" % tmp_path, HANG_FILE=self.flag,
            **wants))
        self.c = self.f.c
        self.udp = senders.connect(self.c.address("udp"), "udp")
        self.unix = senders.connect(self.c.address("unix"), "unix")
        self.sent = {"udp": 0, "unix": 0}
        self.slowest = 0.0

    def hang(self):
        """From the next write on; there is one on its way when it returns."""
        self.flag.write_text("")
        self.put()
        eventually(lambda: self.c.metric("queue_bytes") > 0)

    def put(self, n=1):
        for _ in range(n):
            for kind in "udp", "unix":
                s = getattr(self, kind)
                begin = time.monotonic()
                s.send(oracle.message(kind, self.sent[kind]))
                self.slowest = max(self.slowest, time.monotonic() - begin)
                self.sent[kind] += 1

    def close(self):
        self.udp.close()
        self.unix.close()

    def is_settled(self):
        m = self.c.metrics()
        return all(self.sent[kind] == metric_of(
            m, "received_messages_total", listener=kind) + metric_of(
                m, "dropped_messages_total", listener=kind, reason="kernel")
                   for kind in self.sent)


@pytest.fixture
def slow(collect, tmp_path):
    made = []

    def make(*args, **wants):
        made.append(Slow(collect, tmp_path, *args, **wants))
        return made[-1]

    yield make
    for s in made:
        s.close()
        if s.flag.exists():
            s.flag.unlink()


def test_a_write_that_hangs_hinders_nobody(slow, record_property):
    """Everything else goes on; datagrams are taken until memory is full, and
    counted then; TCP waits; when the disk answers again all that was taken is
    written."""
    s = slow()
    s.put(10)
    s.hang()
    with Watch(s.c, "/healthz") as health, Watch(s.c, "/metrics") as page:
        sender = senders.Senders()
        count = rounds(40000, 20000)
        sender.start(senders.send_stream, s.c.address(), "tcp",
                     oracle.stream("tcp", count, senders.octet))
        while s.c.metric("dropped_messages_total", reason="memory") < 500:
            before = s.c.metric("received_messages_total")
            s.put(100)
            assert s.sent["udp"] < 100000
            assert s.c.metric("received_messages_total") >= before
        eventually(s.is_settled, what=shown(s.c))  # they are all taken
        assert s.c.metric("received_messages_total", listener="tcp") < count
        # it is seen, though the thread that writes cannot say so
        s.c.wait_says("the disk has not answered for")
        assert s.c.metric("stalled") == 1
        assert s.c.http(path="/readyz")[0] == 503
        # SIGHUP: the main thread answers, whatever the reload waits for
        answers = health.answers
        s.c.signal(signal.SIGHUP)
        eventually(lambda: health.answers > answers + 5)
        # a new connection is accepted
        with senders.connect(s.c.address()):
            s.c.wait_metric("connections", 2)
        s.flag.unlink()
        s.c.wait_says("configuration reloaded (generation 2)")
        s.c.wait_says("the disk answers again")
        assert s.c.metric("stalled") == 0
        sender.join()
        total = sum(s.sent.values()) + count

        def all_written():
            m = s.c.metrics()
            lost = metric_of(m, "dropped_messages_total")
            return metric_of(m, "written_messages_total") + lost == total

        eventually(all_written, what=shown(s.c))
    lost = s.c.metric("dropped_messages_total")
    ours = [line for line in lines_in(s.f.path("disk/out.log"))
            if not oracle.is_own(line)]
    tally = oracle.check(ours, {**s.sent, "tcp": count})
    assert tally.missing == lost, (tally, lost)
    assert not (tally.doubled or tally.torn or tally.mixed or
                tally.foreign or tally.disordered), tally
    assert tally.seen["tcp"] == list(range(count))
    note(record_property, "slowest healthz, ms", round(health.slowest * 1000))
    note(record_property, "slowest metrics, ms", round(page.slowest * 1000))
    note(record_property, "slowest send, ms", round(s.slowest * 1000))
    note(record_property, "largest, MiB", round(health.largest / 2**20, 1))
    assert health.slowest < GENEROUS_S and page.slowest < GENEROUS_S
    assert s.slowest < 1.0
    assert health.largest < MEMORY + MEMORY_SLACK


def test_a_sync_that_hangs_hinders_nobody(slow):
    """Only the syncer waits: what comes is written meanwhile."""
    s = slow(SYNC_MS=3600 * 1000)
    for n in range(1, 6):
        s.put(200)
        eventually(lambda: s.c.metric("written_messages_total") ==
                   400 * n, what=shown(s.c))
    assert s.c.metric("stalled") == 0
    s.c.signal(signal.SIGTERM)
    # the last sync cannot be waited for: that is said, not kept secret
    assert s.c.wait_exit() == 1


def lost_words(said):
    found = re.search(r"output slow: (\d+) written, (\d+) lost", said)
    assert found, said
    return int(found[1]), int(found[2])


@pytest.mark.parametrize("first", ["", "SIGHUP"])
def test_the_end_comes_in_time(slow, first):
    """SIGTERM while write(2) hangs for good, and while a reload waits for
    it: within stop_timeout, status 1, and what is lost is said."""
    s = slow()
    s.put(50)
    eventually(lambda: s.c.metric("written_messages_total") == 100)
    s.hang()
    s.put(50)
    eventually(s.is_settled)
    if first:
        s.c.signal(getattr(signal, first))
        s.c.wait_says("reading the configuration again")
    begin = time.monotonic()
    s.c.signal(signal.SIGTERM)
    status = s.c.process.wait(DEADLINE)
    took = time.monotonic() - begin
    said = s.c.stderr()
    assert status == 1, said
    assert "giving up" in said
    written, lost = lost_words(said)
    assert written == 100
    assert lost == sum(s.sent.values()) - written, said
    assert took < 2.0 + 1.5, took  # a busy machine may add some


def test_the_end_comes_in_time_for_streams(slow):
    """The same when memory is full and TCP waits: what was taken is counted
    as lost, what was not even read is said in bytes."""
    s = slow()
    s.hang()
    sender = senders.Senders()
    sender.start(senders.send_stream, s.c.address(), "tcp",
                 oracle.stream("tcp", 40000, senders.octet))
    eventually(lambda: s.c.metric("received_bytes_total") > MEMORY // 3,
               what=shown(s.c))
    begin = time.monotonic()
    s.c.signal(signal.SIGTERM)
    assert s.c.process.wait(DEADLINE) == 1
    assert time.monotonic() - begin < 2.0 + 1.5
    sender.join(check=False)
    said = s.c.stderr()
    written, lost = lost_words(said)
    received = re.search(r"stopped: (\d+) received", said)
    assert (written, lost) == (0, int(received[1])), said
    assert lost > 2 + 1000
    assert re.search(r"\d+ bytes that had arrived on streams were not read",
                     said), said


def test_a_second_signal_ends_it_at_once(slow):
    s = slow()
    s.hang()
    s.c.signal(signal.SIGTERM)
    s.c.wait_says("stopping: SIGTERM")
    s.c.signal(signal.SIGTERM)
    assert s.c.process.wait(DEADLINE) == 1


def test_slow_but_steady(slow, record_property):
    """5 ms a write, 20 ms a sync, some megabytes a second at best: TCP
    waits, nothing is lost, answers are quick."""
    s = slow(WRITE_MS=5, SYNC_MS=20)
    count = rounds(30000, 6000)
    with Watch(s.c) as watch:
        crowd = senders.Senders()
        sent = {"t%d" % n: count for n in range(3)}
        for src in sent:
            crowd.start(senders.send_stream, s.c.address(), "tcp",
                        oracle.stream(src, count, senders.octet))
        while any(p.is_alive() for p in crowd.processes):
            s.put(5)
        crowd.join()
        total = 3 * count + sum(s.sent.values())

        def all_written():
            m = s.c.metrics()
            lost = metric_of(m, "dropped_messages_total")
            return metric_of(m, "written_messages_total") + lost == total

        eventually(all_written, what=shown(s.c))
    lost = s.c.metric("dropped_messages_total")  # datagrams, on a busy machine
    ours = [line for line in lines_in(s.f.path("disk/out.log"))
            if not oracle.is_own(line)]
    tally = oracle.check(ours, {**sent, **s.sent})
    assert tally.missing == lost, (tally, lost)
    assert not (tally.doubled or tally.torn or tally.mixed or
                tally.foreign or tally.disordered), tally
    assert all(len(tally.seen[src]) == count for src in sent)
    note(record_property, "slowest healthz, ms", round(watch.slowest * 1000))
    note(record_property, "slowest send, ms", round(s.slowest * 1000))
    assert watch.slowest < GENEROUS_S
    assert watch.largest < MEMORY + MEMORY_SLACK


@pytest.fixture
def throttled(tmp_path):
    """An ext4 whose device writes 1 MiB/s for those in the returned group."""
    root = "/sys/fs/cgroup/blkio"
    if os.geteuid() != 0 or not os.path.exists(
            root + "/blkio.throttle.write_bps_device"):
        pytest.skip("no cgroup v1 blkio throttle on this machine")
    with loop_ext4(tmp_path, size="64m") as (mnt, device, _):
        group = "%s/syncline-%d" % (root, os.getpid())
        os.mkdir(group)
        try:
            st = os.stat(device)
            with open(group + "/blkio.throttle.write_bps_device", "w") as f:
                f.write("%d:%d 1048576" % (
                    os.major(st.st_rdev), os.minor(st.st_rdev)))
            yield mnt, group
        finally:
            eventually(lambda: _remove(group))


def _remove(group):
    try:
        os.rmdir(group)
    except OSError:
        return False
    return True


def test_a_throttled_disk(collect, tmp_path, throttled, record_property):
    """A real device with 1 MiB/s."""
    mnt, group = throttled
    os.symlink(mnt, tmp_path / "disk")
    f = start(collect, tmp_path, TEXT.replace("stop_timeout: 2s",
                                              "stop_timeout: 60s"),
              prefix=("sh", "-c", 'echo $$ > "$1/cgroup.procs" && shift && '
                      'exec "$@"', "sh", group))
    count = rounds(8000, 2000)
    with Watch(f.c) as watch:
        sent = {"t%d" % n: count for n in range(2)}
        crowd = senders.Senders()
        for src in sent:
            crowd.start(senders.send_stream, f.c.address(), "tcp",
                        oracle.stream(src, count, senders.octet))
        crowd.join()
        f.c.wait_metric("written_messages_total", 2 * count)
    tally = oracle.check(lines_in(mnt + "/out.log"), sent)
    assert tally.perfect(), tally
    note(record_property, "slowest healthz, ms", round(watch.slowest * 1000))
    assert watch.slowest < GENEROUS_S
    assert watch.largest < MEMORY + MEMORY_SLACK
    f.c.stop()


