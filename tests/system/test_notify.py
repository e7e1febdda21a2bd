# SPDX-License-Identifier: BSD-2-Clause
"""What systemd is told: ready, reloading, stopping, and that we work
(contract.md section 2, Signals; sd_notify(3))."""

import os
import signal
import time

import pytest

import senders
import shim
from activated import Manager
from configured import start
from harness import eventually

TEXT = """
listen:
  - url: tcp://127.0.0.1:0
output:
  - path: {dir}/disk/all.log
"""


@pytest.fixture
def manager(tmp_path):
    (tmp_path / "disk").mkdir()
    m = Manager(tmp_path)
    yield m
    m.socket.close()


def test_ready_reloading_stopping_in_this_order(collect, tmp_path, manager):
    f = start(collect, tmp_path, TEXT, env=manager.environment())
    assert manager.next() == {"READY": "1"}
    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    f.reload()
    told = manager.next()
    assert told.pop("RELOADING") == "1"
    # by this systemd tells the reload from one that was under way before
    assert before <= int(told.pop("MONOTONIC_USEC")) <= \
        time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    assert told == {}
    assert manager.next() == {"READY": "1"}
    f.c.stop()
    assert manager.next() == {"STOPPING": "1"}
    assert manager.nothing() is None


def test_ready_comes_when_it_listens_and_not_before(collect, tmp_path,
                                                    manager):
    c = collect(listen=("unix:///%s/s" % tmp_path,), ready=False,
                env=manager.environment())
    assert manager.next() == {"READY": "1"}
    with senders.connect(str(tmp_path / "s"), "unix") as s:
        s.send(b"<13>x")
    c.wait_lines(1)


def test_a_refused_reload_leaves_it_ready(collect, tmp_path, manager):
    f = start(collect, tmp_path, TEXT, env=manager.environment())
    assert manager.next() == {"READY": "1"}
    f.refuse("nonsense: 1\n")
    assert "RELOADING" in manager.next()
    assert manager.next() == {"READY": "1"}


def test_many_reloads_end_ready(collect, tmp_path, manager):
    f = start(collect, tmp_path, TEXT, env=manager.environment())
    assert manager.next() == {"READY": "1"}
    for _ in range(3):
        f.c.signal(signal.SIGHUP)
    f.c.wait_says("configuration reloaded (generation 2)")
    told = [manager.next() for _ in range(2)]
    while "READY" not in told[-1]:
        told.append(manager.next())
    assert "RELOADING" in told[0]
    f.c.stop()


def test_an_abstract_name_will_do(collect, tmp_path):
    manager = Manager(tmp_path, abstract=True)
    collect(env=manager.environment())
    assert manager.next() == {"READY": "1"}


@pytest.mark.parametrize("address", ["vsock:2:1", "@", "/" + "x" * 200])
def test_an_address_that_is_none_stops_nobody(collect, address):
    c = collect(env={"NOTIFY_SOCKET": address})
    assert "NOTIFY_SOCKET" in c.stderr()


def test_a_manager_that_is_gone_stops_nobody(collect, tmp_path):
    c = collect(env={"NOTIFY_SOCKET": str(tmp_path / "gone")})
    c.wait_says("NOTIFY_SOCKET: cannot say READY=1")
    c.stop()


def test_a_manager_that_does_not_read_keeps_nobody_long(
        collect, tmp_path, manager):
    """Its queue is full: a second is lost, no more."""
    while True:
        try:
            manager.socket.setblocking(False)
            with senders.connect(manager.address, "unix") as s:
                s.setblocking(False)
                s.send(b"X=1")
        except BlockingIOError:
            break
    c = collect(env=manager.environment())
    c.wait_says("NOTIFY_SOCKET: cannot say READY=1")


# The watchdog

def preloaded(tmp_path, **wants):
    """The environment with the bad disk of shim.c."""
    env = shim.environment(tmp_path, UNDER="%s/disk/" % tmp_path, **wants)
    env["ASAN_OPTIONS"] = os.environ.get(
        "ASAN_OPTIONS", "exitcode=99") + ":verify_asan_link_order=0"
    return env


def test_the_watchdog_hears_twice_in_its_time(collect, tmp_path, manager):
    c = collect(env=manager.environment(
        WATCHDOG_USEC="1000000"))
    assert manager.next() == {"READY": "1"}
    begin = time.monotonic()
    for _ in range(3):
        assert manager.next() == {"WATCHDOG": "1"}
    assert 1.4 < time.monotonic() - begin
    c.stop()


def test_a_watchdog_for_somebody_else_hears_nothing(collect, manager):
    c = collect(env=manager.environment(
        WATCHDOG_USEC="1000", WATCHDOG_PID="1"))
    assert manager.next() == {"READY": "1"}
    c.stop()
    assert manager.next() == {"STOPPING": "1"}


def test_the_watchdog_hears_of_nothing_while_the_main_loop_stands(
        collect, manager):
    c = collect(env=manager.environment(WATCHDOG_USEC="100000"))
    assert manager.next() == {"READY": "1"}
    assert manager.next() == {"WATCHDOG": "1"}
    c.signal(signal.SIGSTOP)
    eventually(lambda: open("/proc/%d/stat" % c.pid).read().rpartition(")")[
        2].split()[0] == "T")
    while manager.nothing():
        pass
    time.sleep(0.5)
    assert manager.nothing() is None
    c.signal(signal.SIGCONT)
    assert manager.next() == {"WATCHDOG": "1"}


def test_the_watchdog_hears_of_nothing_while_the_writer_hangs(
        collect, tmp_path, manager):
    """On a disk that does not answer; and again when it does. That a disk is
    full is no such thing: test_full_disk_is_no_reason."""
    hang = tmp_path / "hang"
    env = {**manager.environment(WATCHDOG_USEC="200000"),
           **preloaded(tmp_path, HANG_FILE=hang)}
    f = start(collect, tmp_path, TEXT, env=env)
    hang.write_text("")
    with senders.connect(f.c.address()) as s:
        s.sendall(b"<13>x\n")
        f.c.wait_metric("received_messages_total", 1)
        eventually(lambda: f.c.metric("queue_bytes") > 0)
        # what was under way: one answer of before the hang, and the next
        eventually(lambda: silent(manager, 0.5))
        hang.unlink()
        assert manager.next() == {"WATCHDOG": "1"}
        f.wait_lines("disk/all.log", 1)


def silent(manager, seconds):
    while manager.nothing():
        pass
    time.sleep(seconds)
    return manager.nothing() is None


def test_a_full_disk_is_no_reason(collect, tmp_path, manager):
    full = tmp_path / "full"
    env = {**manager.environment(WATCHDOG_USEC="200000"),
           **preloaded(tmp_path, ENOSPC_FILE=full, ENOSPC_AFTER=0)}
    f = start(collect, tmp_path, TEXT, env=env)
    full.write_text("")
    with senders.connect(f.c.address()) as s:
        s.sendall(b"<13>x\n")
        eventually(lambda: f.c.metric("stalled") == 1)
        while manager.nothing():
            pass
        for _ in range(5):
            assert manager.next() == {"WATCHDOG": "1"}
        full.unlink()
        f.wait_lines("disk/all.log", 1)
