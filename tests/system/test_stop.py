# SPDX-License-Identifier: BSD-2-Clause
"""SIGTERM at any moment: status 0 within 5 s, and all that was read is kept.

Fault A10, at a tenth of its rounds; sysklogd #87, #26, rsyslog #7571.
"""

import os
import random
import re
import shutil
import signal
import subprocess
import time

import pytest

import oracle
import senders
import shim
from harness import (DEADLINE, LISTENING, SLOW, SYNCLINED,
                     clean_environment, eventually, load)

pytestmark = [pytest.mark.fault, pytest.mark.plain, pytest.mark.threads]

LIMIT = 30 if SLOW else 6  # stop_timeout, and a moment to be seen


def test_what_was_sent_before_is_in_the_file(collect, tmp_path):
    """It reads what the kernel already holds: nothing that a sender had sent
    before the signal is lost, on any way in."""
    c = collect(listen=("tcp://127.0.0.1:0", "udp://127.0.0.1:0",
                        "unix://%s/d" % tmp_path,
                        "unix-stream://%s/s" % tmp_path))
    # more than one turn of its loop takes, where a socket may hold as much
    ways = {"tcp": 200, "unix-stream": 40, "unix": 5,
            "udp": 50 if os.geteuid() else 3000}
    sockets = {s: senders.connect(c.address(s), s) for s in ways}
    sockets["tcp"].sendall(senders.octet(oracle.message("first", 0)))
    sockets["unix-stream"].sendall(senders.octet(oracle.message("first", 1)))
    c.wait_lines(2)
    c.signal(signal.SIGSTOP)
    for scheme, count in ways.items():
        for m in oracle.messages(scheme, count):
            sockets[scheme].sendall(
                m if scheme in ("udp", "unix") else senders.octet(m))
    c.signal(signal.SIGTERM)
    c.signal(signal.SIGCONT)
    assert c.wait_exit() == 0
    tally = oracle.check(c.lines(), {"first": 2, **ways})
    assert tally.perfect(), tally


def send_until_closed(address, scheme, src, framing):
    """A sender process: as fast as it can, until the collector closes."""
    seq = 0
    try:
        with senders.connect(address, scheme) as s:
            while True:
                s.sendall(b"".join(framing(oracle.message(src, n))
                                   for n in range(seq, seq + 20)))
                seq += 20
    except OSError:
        pass


@pytest.mark.long
def test_at_a_random_moment_under_load(collect, tmp_path):
    """A10: 20 rounds; what the file lacks of each connection is its end, and
    the final counts agree with the file. A message of which only the
    beginning was read may be there as such, one a connection."""
    dice = random.Random(10)
    for n in range(20 if not SLOW else 4):
        folder = tmp_path / str(n)
        folder.mkdir()
        c = collect(folder=folder, listen=(
            "tcp://127.0.0.1:0", "unix-stream://%s/s" % folder),
            args=("--workers", 1 + n % 2, "--rotate-size", "1M"))
        crowd = senders.Senders()
        for k, (scheme, framing) in enumerate((
                ("tcp", senders.octet), ("tcp", senders.lf),
                ("unix-stream", senders.lf))):
            crowd.start(send_until_closed, c.address(scheme), scheme,
                        "big%d" % k, framing)
        goal = dice.randrange(1, load(2000))
        eventually(lambda: c.count_lines() >= goal)
        c.signal(signal.SIGTERM)
        start = time.monotonic()
        assert c.wait_exit() == 0, c.stderr()
        assert time.monotonic() - start < LIMIT
        crowd.join()
        check_stopped(c)
        shutil.rmtree(folder)


def check_stopped(c):
    tally = oracle.check(c.lines(), {"big0": 0, "big1": 0, "big2": 0})
    assert tally.mixed == tally.doubled == 0, tally
    assert tally.torn == len(tally.fragments), tally
    for src, seqs in tally.seen.items():
        assert oracle.prefix_of(tally, src), src
        ends = [seq for s, seq in tally.fragments if s == src]
        assert ends in ([], [len(seqs)]), (src, ends)
    counts = final_counts(c.stderr())
    total = len(c.lines())
    assert counts == {"received": total, "written": total, "lost": 0}, total


def final_counts(said):
    """What it says at its end: {"received": n, "written": n, "lost": n}."""
    last = said[said.index("syncline: stopping"):]
    return {word: int(number) for number, word in re.findall(
        r"(\d+) (received|written|lost)", last)}


@pytest.mark.parametrize("both", [
    (signal.SIGTERM, signal.SIGTERM), (signal.SIGHUP, signal.SIGTERM),
    (signal.SIGTERM, signal.SIGHUP), (signal.SIGUSR1, signal.SIGTERM),
    (signal.SIGINT,)])
def test_signals_together(collect, both):
    """A10: TERM twice, HUP and TERM, USR1 and TERM, and INT: it ends, with 0
    (a second TERM may come before the end: then 1), and loses nothing that
    was stored."""
    c = collect()
    senders.send_stream(c.address(), "tcp",
                        oracle.stream("a", 500, senders.lf))
    c.wait_lines(500)
    for number in both:
        if c.process.poll() is None:
            c.signal(number)
    status = c.wait_exit()
    assert status == 0 or (both == (signal.SIGTERM,) * 2 and status == 1)
    assert oracle.check(c.lines(), {"a": 500}).perfect()


def test_told_twice_at_the_same_time(collect):
    """As by timeout(1), which tells its child and then its group."""
    c = collect(args=("--sync", "never"))
    senders.send_stream(c.address(), "tcp", b"<13>x\n")
    c.wait_lines(1)
    c.signal(signal.SIGSTOP)
    c.signal(signal.SIGTERM)
    c.signal(signal.SIGINT)
    c.signal(signal.SIGCONT)
    assert c.wait_exit() == 0, c.stderr()
    assert "stopped: 1 received" in c.stderr()


@pytest.mark.parametrize("together", [True, False])
def test_a_second_signal_does_not_wait_for_the_disk(
        collect, tmp_path, together):
    """One that does not answer; also when both came at the same time, and
    long before stop_timeout is over."""
    hang = tmp_path / "hang"
    c = collect(env={"SYNCLINE_STOP_TIMEOUT": "60s", **shim.environment(
        tmp_path, HANG_FILE=hang, UNDER=str(tmp_path / "out.log"))})
    hang.write_text("")
    senders.send_stream(c.address(), "tcp", b"<13>x\n")
    eventually(lambda: c.metric("queue_bytes") > 0)
    c.signal(signal.SIGSTOP)
    c.signal(signal.SIGTERM)
    if not together:
        c.signal(signal.SIGCONT)
        c.wait_says("stopping: SIGTERM")
    c.signal(signal.SIGINT)
    c.signal(signal.SIGCONT)
    assert c.wait_exit() == 1
    assert c.stderr().endswith("second signal: ending at once\n"), c.stderr()


def test_term_during_the_start(tmp_path):
    """A10: at every stage of the start. Before the program has taken the
    signal over, it is the kernel that ends it."""
    dice = random.Random(11)
    for n in range(load(40)):
        err = open(tmp_path / "err", "w+")
        p = subprocess.Popen(
            [SYNCLINED, "-l", "tcp://127.0.0.1:0", "-o", tmp_path / "o.log",
             "--http", "127.0.0.1:0"], stderr=err, stdin=subprocess.DEVNULL,
            env=clean_environment())
        time.sleep(dice.random() * 0.02)  # spreads the moments, no more
        p.send_signal(signal.SIGTERM)
        status = p.wait(DEADLINE)
        err.seek(0)
        said = err.read()
        assert status == 0 or (
            status == -signal.SIGTERM and not LISTENING.search(said)), said


def test_idle_connections_do_not_hold_it_up(collect):
    """Hundreds of open connections, some with an unfinished frame."""
    c = collect(args=("-f", "raw"))
    sockets = [senders.connect(c.address()) for _ in range(300)]
    for s in sockets[::2]:
        s.sendall(b"<13>unfinished")
    senders.wait_read(*sockets[::2])
    c.wait_metric("connections", 300)
    start = time.monotonic()
    c.stop()
    assert time.monotonic() - start < LIMIT
    assert set(c.lines()) <= {b"<13>unfinished"}


def test_unix_sockets_are_removed(collect, tmp_path):
    """Nothing is left behind, and a socket left by a crash is no obstacle."""
    c = collect(listen=("unix://%s/d" % tmp_path,
                        "unix-stream://%s/s" % tmp_path))
    c.kill()
    c = collect(listen=("unix://%s/d" % tmp_path,
                        "unix-stream://%s/s" % tmp_path))
    senders.send_datagrams(c.address("unix"), "unix", [b"<13>x"])
    c.wait_lines(1)
    c.stop()
    assert not (tmp_path / "d").exists() and not (tmp_path / "s").exists()
