# SPDX-License-Identifier: BSD-2-Clause
"""The N-th allocation fails, once or from then on.

Fault E4. A start is refused with a reason, or works. While running, at worst
one connection is closed, or a drop is counted; lines are never torn, mixed or
doubled; and when there is memory again everything works.
"""

import concurrent.futures
import errno
import os
import re
import signal
import socket

import pytest

import afterlife
import harness
import nth
import oracle
import senders
from rounds import LONG, rounds

pytestmark = pytest.mark.fault

HEADER = b"<14>1 2026-11-22T10:15:00.123456Z web1 app%d 42 - - "
CONFIG = """
workers: 1
http: 127.0.0.1:%d
listen:
  - url: tcp://127.0.0.1:0
    allow: [ 127.0.0.0/8, "::1" ]
  - url: udp://127.0.0.1:0
    timezone: Europe/Berlin
    rate: 100000
  - url: unix://%s/u
  - url: unix-stream://%s/s
output:
  - path: "%s/d/all.log"
    rotate_size: 64K
    rotate_every: 1d
    sync: 5ms
    severity: debug
    match: '[src]+='
  - path: "%s/f/%%{app_name}/x.log"
    rotate_size: 16K
    sync: 20ms
    max_open_files: 3
    max_new_files: 0
    format: "%%{timestamp} %%{hostname} %%{app_name}: %%{msg}"
"""
SLOWER = 5 if harness.SLOW else 1


def configure(folder, port=0):
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(str(folder), "conf")
    with open(path, "w", encoding="ascii") as f:
        f.write(CONFIG % ((port,) + (folder,) * 4))
    return path


# At start

def start(folder, at, lasting):
    """True when so many allocations were made before it was ready."""
    conf = configure(folder)
    fault = nth.Fault(folder)
    fault.arm(["alloc"], at, error=errno.ENOMEM, lasting=lasting)
    c = harness.Collector(folder, listen=(), output=None, http=None,
                          args=("-c", conf), ready=False, env=fault.env)
    harness.eventually(lambda: c.process.poll() is not None or
                       "syncline: ready\n" in c.stderr())
    hits = fault.cure()
    if c.process.poll() is not None:
        assert c.wait_exit() in (1, 2), (at, lasting, c.stderr())
        assert re.search("[Mm]emory|thread: ", c.stderr()), (
            at, lasting, c.stderr())
    else:
        with senders.connect(c.address("tcp")) as s:
            s.sendall(senders.octet(HEADER % 0 + oracle.text("a", 0)))
            senders.finish(s)
        c.stop()
        for where in "d", "f":
            text = afterlife.lines(os.path.join(folder, where))
            assert oracle.check(text, {"a": 1}).perfect(), (at, text)
    return hits > 0


def starts(folder, numbers, lasting):
    return sum(start("%s/%d" % (folder, at), at, lasting) for at in numbers)


def count_of_start(folder):
    conf = configure(folder)
    fault = nth.Fault(folder)
    fault.arm(["alloc"], -1)
    c = harness.Collector(folder, listen=(), output=None, http=None,
                          args=("-c", conf), env=fault.env)
    count = fault.count
    c.stop()
    return count


@pytest.mark.parametrize("lasting", [False, True])
def test_the_nth_allocation_of_a_start(tmp_path, lasting):
    count = count_of_start(tmp_path / "count")
    assert count > 300
    step = 1 if LONG else max(1, count // 60) * SLOWER
    numbers = range(1 + (step // 2 if lasting else 0), count + 1, step)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        felt = sum(pool.map(
            lambda n: starts(tmp_path / str(n), numbers[n::2], lasting),
            range(2)))
    assert felt > len(numbers) * 0.8


# While it runs

class Round:
    """Two hundred messages of all kinds, a new file, a rotation, a reload, a
    question to the status server; as far as each of that works."""

    def __init__(self, c, number):
        self.c, self.number = c, number
        self.streams, self.datagrams = {}, {}  # {sender: messages}
        self.apps = 0

    def stream(self, scheme, count):
        src = "%s%d" % (scheme[:1] + str(len(self.streams)), self.number)
        self.streams[src] = count
        try:
            with senders.connect(self.c.address(scheme), scheme) as s:
                s.sendall(self.text(src, count, senders.octet))
                s.shutdown(socket.SHUT_WR)
                s.recv(1)
        except OSError:
            pass  # closed for want of memory: counted later

    def text(self, src, count, framing):
        return b"".join(framing(self.message(src, n)) for n in range(count))

    def message(self, src, n):
        return HEADER % (self.number * 7 + n % 3) + oracle.text(src, n)

    def datagram(self, scheme, count):
        src = scheme[:2] + str(self.number)
        self.datagrams[src] = count
        with senders.connect(self.c.address(scheme), scheme) as s:
            for n in range(count):
                s.send(self.message(src, n))

    def ask(self):
        try:
            return self.c.http(path="/metrics")[0]
        except (OSError, harness.http.client.HTTPException):
            return None

    def go(self):
        self.stream("tcp", 60)
        self.datagram("udp", 30)
        self.c.signal(signal.SIGUSR1)
        self.datagram("unix", 30)
        self.stream("unix-stream", 40)
        self.ask()
        self.c.signal(signal.SIGHUP)
        self.stream("tcp", 40)


def total(c, *names):
    have = c.metrics()
    return [sum(v for (n, _), v in have.items() if n == "syncline_" + name)
            for name in names]


def quiet(c, rounds_):
    """All datagrams have come, all streams are closed, and nothing waits."""
    sent = sum(sum(r.datagrams.values()) for r in rounds_)
    have = c.metrics()
    received = sum(v for (n, labels), v in have.items()
                   if n == "syncline_received_messages_total" and
                   re.match("udp|unix:", dict(labels)["listener"]))
    waiting = sum(v for (n, _), v in have.items() if n in (
        "syncline_queue_bytes", "syncline_connections", "syncline_stalled"))
    return received == sent and waiting == 0


def check_round(r, hits, lasting, tally):
    """A stream may end early when its connection was closed. How many others
    are missing: they were counted."""
    cut = missing = 0
    for src, count in r.streams.items():
        numbers = tally.seen.get(src, [])
        end = max(numbers, default=-1) + 1
        missing += end - len(numbers)
        cut += end < count
    assert cut <= (min(hits, 1) if not lasting else 3), (r.number, cut)
    return missing + sum(count - len(tally.seen.get(src, ()))
                         for src, count in r.datagrams.items())


def check_all(lost, folder, done):
    for where in "d", "f":
        sent = {}
        for r, _, _ in done:
            sent.update(r.streams)
            sent.update(r.datagrams)
        tally = oracle.check(
            [line for line in afterlife.lines(os.path.join(folder, where))
             if not oracle.is_own(line) and b" synclined: " not in line[:99]],
            sent, ordered=False)
        assert not (tally.torn or tally.mixed or tally.doubled or
                    tally.foreign), tally
        missing = sum(check_round(r, hits, lasting, tally)
                      for r, hits, lasting in done)
        assert missing <= sum(lost), (missing, lost)


def settle(c, done):
    harness.eventually(lambda: quiet(c, [r for r, _, _ in done]),
                       what=c.stderr)


def running(folder, numbers, lasting):
    """With one collector, an allocation fails in each round."""
    conf = configure(folder)
    fault = nth.Fault(folder)
    c = harness.Collector(folder, listen=(), output=None, http=None,
                          args=("-c", conf), env=fault.env)
    done = []
    try:
        for at in numbers:
            r = Round(c, at)
            fault.arm(["alloc"], at, error=errno.ENOMEM, lasting=lasting)
            r.go()
            hits = fault.cure()
            done.append((r, hits, lasting))
            assert c.process.poll() is None, (at, c.stderr())
            settle(c, done)
            healthy(c, at, done)
        settle(c, done)
        lost = total(c, "dropped_messages_total",
                     "dropped_output_messages_total", "match_limits_total")
        c.stop()
        check_all(lost, folder, done)
    finally:
        if c.process.poll() is None:
            c.kill()
    return sum(hits > 0 for _, hits, _ in done)


def healthy(c, at, done):
    """There is memory again: nothing is lost any more."""
    r = Round(c, 100000 + at)
    r.stream("tcp", 5)
    r.datagram("udp", 5)
    assert r.ask() == 200
    done.append((r, 0, False))


def count_of_round(folder):
    conf = configure(folder)
    fault = nth.Fault(folder)
    c = harness.Collector(folder, listen=(), output=None, http=None,
                          args=("-c", conf), env=fault.env)
    fault.arm(["alloc"], -1)
    r = Round(c, 1)
    r.go()
    settle(c, [(r, 0, False)])
    count = fault.cure() or fault.count
    c.stop()
    return count


@pytest.mark.parametrize("lasting", [False, True])
def test_the_nth_allocation_of_a_round(tmp_path, lasting):
    count = min(count_of_round(tmp_path / "count"), 5000)
    assert count > 200
    step = 1 if LONG else max(1, count // 50) * SLOWER
    numbers = range(1 + (step // 2 if lasting else 0), count + 1, step)
    parts = [numbers[n::max(2, len(numbers) // 100)]
             for n in range(max(2, len(numbers) // 100))]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        felt = sum(pool.map(
            lambda n: running(str(tmp_path / str(n)), parts[n], lasting),
            range(len(parts))))
    assert felt >= max(1, len(numbers) * 0.1)
