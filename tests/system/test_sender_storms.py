# SPDX-License-Identifier: BSD-2-Clause
"""libsyncline under storms of forks and signals: faults K2, K4.

SYNCLINE_LONG=1: 32 threads, 3,200,000 messages and 32,000 children; ten million
signals.
"""

import contextlib
import os
import re
import shlex
import socket
import subprocess
import threading

import pytest

import harness
import sending
import shim
from harness import eventually, load
from sending import Drive, drive, first_of_each, numbers
from test_sender_faults import free_port

pytestmark = [pytest.mark.plain, pytest.mark.threads]

GUARD = os.path.join(harness.REPO, "tests", "sender", "guard.c")
NOWIPE = os.path.join(harness.REPO, "tests", "sender", "nowipe.c")
OF_A_CHILD = 10


def sequences(lines):
    """{process, 0 the parent: [its sequenceIds, each once]}."""
    found = {}
    for line in lines:
        pid = int(sending.NUMBERED.search(line)[1])
        found.setdefault(pid, []).append(
            int(sending.SEQUENCE.search(line)[1]))
    return {pid: first_of_each(many) for pid, many in found.items()}


@pytest.mark.long
def test_threads_that_fork_while_collectors_come_and_go(collect):
    """K2: each thread forks at every 100th message, and the collector is
    stopped and started meanwhile: every process has all of its messages
    there, in order, numbered from 1 without a gap; what came twice was
    counted as sent again (of the parent; a child does not say)."""
    if sending.is_sanitized():
        pytest.skip("in the child of threads a sanitizer's malloc may hang")
    threads, count = (32, 100000) if harness.LONG else (4, load(2000))
    port = free_port()
    url = "tcp://127.0.0.1:%d" % port
    total = threads * (count + count // 100 * OF_A_CHILD)
    c = collect(listen=(url,))
    one = Drive("storm", url, threads=threads, count=count, overflow=2,
                block=60000, retry=100, timeout=60000)
    for n in range(3):
        goal = (n + 1) * total // 5
        eventually(lambda: c.count_lines() >= goal or
                   one.process.poll() is not None)
        c.stop()
        c = collect(listen=(url,))
    got = one.end()
    assert "children: 0 failed" in got["said"]
    assert got["dropped"] == 0 and got["accepted"] == threads * count
    eventually(lambda: c.count_lines() >= total)
    c.stop()
    lines = [line.decode() for line in c.lines()]
    found = numbers(lines)
    assert len(found) == threads + threads * (count // 100)
    for (pid, _), many in found.items():
        wanted = count if pid == 0 else OF_A_CHILD
        assert first_of_each(many) == list(range(wanted))
    doubled = sum(len(many) - len(set(many)) for (pid, _), many in
                  found.items() if pid == 0)
    assert doubled <= got["resent"]
    for pid, many in sequences(lines).items():
        wanted = threads * count if pid == 0 else OF_A_CHILD
        assert many == list(range(1, wanted + 1))


@pytest.fixture
def guard(tmp_path):
    """The environment in which a handler may not allocate."""
    if sending.is_sanitized():
        pytest.skip("a sanitizer has its own malloc")
    library = str(tmp_path / "guard.so")
    subprocess.run(shlex.split(os.environ.get("CC", "cc")) + [
        "-std=gnu11", "-D_GNU_SOURCE", "-O2", "-Wall", "-Werror", "-shared",
        "-fPIC", "-ftls-model=initial-exec", "-o", library, GUARD, "-ldl"],
        check=True)
    return {"LD_PRELOAD": library}


@contextlib.contextmanager
def sink():
    """The URL of somebody who reads all that comes, and forgets it."""
    def forget():
        s, _ = listener.accept()
        with s:
            while s.recv_into(memory):
                pass

    memory = bytearray(1 << 20)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=forget, daemon=True)
        thread.start()
        yield "tcp://127.0.0.1:%d" % listener.getsockname()[1]
        thread.join(harness.DEADLINE)


@pytest.mark.parametrize("kernel", ("any", "old"))
def test_a_child_asks_while_its_parent_does(tmp_path, kernel):
    """syncline_stats() of a child waits for no thread of its parent; nor where
    the kernel does not zero the child's memory."""
    if sending.is_sanitized():
        pytest.skip("in the child of threads a sanitizer's malloc may hang")
    env = {}
    if kernel == "old":
        env["LD_PRELOAD"] = str(tmp_path / "nowipe.so")
        shim.compile_c("-shared", "-fPIC", "-o", env["LD_PRELOAD"], NOWIPE)
    drive("asked", "tcp://127.0.0.1:%d" % free_port(), count=200, env=env)


def check_pelt(got, count):
    """Returns how many messages of handlers were taken."""
    taken, refused, errnos = map(int, re.search(
        r"(\d+) sent, (\d+) refused, (\d+) errno", got["said"]).groups())
    assert taken + refused == count and taken > 0 and errnos == 0
    assert got["dropped"] >= refused
    assert got["sent"] >= got["accepted"] >= taken
    return taken


def test_a_handler_neither_allocates_nor_locks(collect, guard):
    """K4: signals one after the other into calls of every kind, under a guard
    that ends the process with status 99 at an allocation or a mutex in a
    handler: none, no deadlock, errno is kept, and what was taken is sent."""
    if harness.LONG:
        with sink() as url:
            check_pelt(drive("pelt", url, count=10000000, timeout=60000,
                             env=guard), 10000000)
        return
    c, count = collect(), load(20000)
    got = drive("pelt", "tcp://%s:%d" % c.address(), count=count,
                timeout=60000, env=guard)
    taken = check_pelt(got, count)
    lines = c.wait_lines(got["sent"])
    assert sum(b" from a handler" in line for line in lines) == taken


def test_the_guard_sees_what_it_is_for(collect, guard):
    """The control: a handler that allocates does not get through."""
    c = collect()
    one = Drive("pelt", "tcp://%s:%d" % c.address(), count=10, size=0,
                env=guard)
    said = one.process.communicate(timeout=harness.DEADLINE)[1]
    assert one.process.returncode == 99
    assert "guard: malloc in a handler" in said


def test_what_a_handler_may_queue(collect):
    """syncline_sigsafe() as syncline.h has it: 1024 bytes, cut between two
    characters and counted; the mask; not first in the child of a fork."""
    if sending.is_sanitized():
        pytest.skip("in the child of threads a sanitizer's malloc may hang")
    c = collect()
    got = drive("sigsafe", "tcp://%s:%d" % c.address())
    assert (got["accepted"], got["cut"]) == (2, 1)
    texts = sorted(m[7] or "" for m in sending.messages(c, 4))
    assert texts == ["", "child", "x" + "\u00e4" * 511, "yes"]
