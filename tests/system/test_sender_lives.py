# SPDX-License-Identifier: BSD-2-Clause
"""libsyncline in programs that become daemons, are locked in, and end.

Fault K6; closed and reused descriptors also in test_sender.py.
"""

import errno
import os
import re
import shutil
import signal
import time

import pytest

import harness
import sending
import tlsclient
from harness import eventually, load
from sending import Drive, drive, first_of_each, numbers
from test_sender_faults import free_port

pytestmark = [pytest.mark.plain, pytest.mark.threads]

WAYS = ("tcp", "tls", "udp", "unix", "unix-stream")
LOOPBACK = "127.0.0.1:0"
# ThreadSanitizer sleeps for a second at exit(3).
AT_EXIT = 1 if harness.SLOW else 0


def start(way, request, collect, tmp_path, **options):
    """A collector, and the URL of its only listener."""
    if way == "tls":
        certs = request.getfixturevalue("certs")
        c = collect(listen=(tlsclient.url(certs),), **options)
        return c, sending.tls_url(c, certs, certs.right)
    if way.startswith("unix"):
        url = "%s://%s/in.sock" % (way, tmp_path)
        return collect(listen=(url,), **options), url
    c = collect(listen=("%s://%s" % (way, LOOPBACK),), **options)
    return c, "%s://%s:%d" % (way, *c.address(way))


@pytest.fixture(params=WAYS)
def receiver(request, collect, tmp_path):
    return start(request.param, request, collect, tmp_path)


def state(pid):
    """A letter, as ps has it."""
    with open("/proc/%d/stat" % pid) as f:
        return f.read().rpartition(")")[2].split()[0]


@pytest.fixture(autouse=True)
def no_search_for_leaks(monkeypatch):
    """They end without giving back; in a chroot the search hangs."""
    monkeypatch.setenv("ASAN_OPTIONS", os.environ.get(
        "ASAN_OPTIONS", "") + ":detect_leaks=0")


def needs_threads_after_a_fork():
    if sending.is_sanitized():
        pytest.skip("in the child of threads a sanitizer's malloc may hang")


def needs_root():
    if os.geteuid() != 0:
        pytest.skip("needs root")


def test_a_daemon(receiver):
    """Two forks, a session, no descriptor, another folder: it logs on, by a
    connection of its own; its files stay as they are."""
    needs_threads_after_a_fork()
    c, url = receiver
    got = drive("daemon", url, count=50)
    assert (got["sent"], got["connects"], got["failures"]) == (1, 1, 0)
    assert numbers(c.wait_lines(51)) == {(0, 0): [0], (0, 1): list(range(50))}


def test_a_daemon_finds_its_spool_again(collect, tmp_path):
    """A relative path means what it meant when it was opened; each of the
    processes leaves a part, and nothing is lost."""
    needs_threads_after_a_fork()
    url = "tcp://127.0.0.1:%d" % free_port()
    there = ("env", "-C", str(tmp_path))
    drive("daemon", url, status=1, count=50, timeout=0, spool="spool",
          prefix=there)
    assert len(os.listdir(tmp_path / "spool")) == 2
    c = collect(listen=(url,))
    for _ in range(2):
        got = drive("flood", url, spool=tmp_path / "spool")
        assert got["damaged"] == 0
    found = numbers(c.wait_lines(53))
    assert (found[0, 0], found[0, 1]) == ([0], list(range(50)))


@pytest.mark.parametrize("way", ("tcp", "tls", "udp"))
def test_locked_in(request, collect, tmp_path, way):
    """chroot(2) into an empty folder: what is connected goes on, and an
    address can be connected to again."""
    needs_root()
    c, url = start(way, request, collect, tmp_path)
    got = drive("chroot", url, count=50)
    # the files of tls:// are not there to be read again: those read before
    assert ("tls stale" in got["said"]) == (way == "tls")
    assert (got["connects"], got["failures"], got["sent"]) == (2, 0, 101)
    found = numbers(c.wait_lines(101))
    assert found == {(0, 0): [0], (0, 1): list(range(50)),
                     (0, 2): list(range(50))}


@pytest.mark.parametrize("way", ("unix", "unix-stream", "name"))
def test_locked_in_without_a_path_or_a_name(request, collect, tmp_path, way):
    """What is connected goes on; a connection after that cannot be made, which
    is counted and said, and so is that messages are lost."""
    needs_root()
    c, url = start("tcp" if way == "name" else way, request, collect, tmp_path)
    if way == "name":
        url = url.replace("127.0.0.1", "localhost")
    got = drive("chroot", url, status=1, count=50, timeout=300, retry=100)
    assert (got["sent"], got["connects"], got["connected"]) == (51, 1, 0)
    assert (got["accepted"], got["dropped"]) == (101, 0)
    assert got["failures"] >= 1
    assert (got["flush"], got["close"]) == (-110, -125)
    why = ("cannot look up localhost: " if way == "name"
           else "No such file or directory")
    assert re.search(r"event: unreachable 0 %s.*%s" % (re.escape(url), why),
                     got["said"])
    assert numbers(c.wait_lines(51)) == {(0, 0): [0], (0, 1): list(range(50))}


def test_a_spool_goes_on_behind_a_chroot(collect, tmp_path):
    """Its folder was opened before: what cannot be sent is kept there."""
    needs_root()
    url = "unix-stream://%s/in.sock" % tmp_path
    c = collect(listen=(url,))
    got = drive("chroot", url, status=1, count=50, timeout=300,
                spool=tmp_path / "spool")
    assert (got["spooled"], got["close"]) == (50, -110)
    got = drive("flood", url, spool=tmp_path / "spool")
    assert got["replayed"] >= 50 and got["damaged"] == 0
    assert numbers(c.wait_lines(102))[0, 2] == list(range(50))


def seconds_of_an_exit(c, job, url, hang=True, **named):
    """From the call of exit(3) to the end of a program that has more to send
    than there is room for, while the collector is stopped; and its words."""
    before = c.count_lines()
    one = Drive(job, url, **named)
    c.wait_lines(before + 1)
    assert one.process.stdout.readline() == "waiting\n"
    try:
        if hang:
            c.signal(signal.SIGSTOP)
            eventually(lambda: state(c.pid) == "T")
        os.kill(one.pid, signal.SIGUSR1)
        assert one.process.stdout.readline() == "exiting\n"
        begin = time.monotonic()
        one.process.wait(harness.DEADLINE)
        took = time.monotonic() - begin
    finally:
        c.signal(signal.SIGCONT)
        one.process.kill()
    said = one.end()["said"]
    eventually(lambda: c.metric("connections") == 0)
    return took, said


@pytest.mark.parametrize("way", WAYS)
def test_exit_with_a_collector_that_hangs(request, collect, tmp_path, way):
    """syncline.h: at exit(3) what waits is sent, for at most one second. The
    machine may have been busy once, not each time."""
    c, url = start(way, request, collect, tmp_path)
    took = []
    for _ in range(4):
        took.append(seconds_of_an_exit(
            c, "exit", "-", env={"SYNCLINE_URL": url}, count=load(40000),
            size=400 if not harness.SLOW else 4000)[0])
        if way == "udp" or took[-1] >= 0.9:  # or all of it found room
            if took[-1] < 1.9 + AT_EXIT:
                return
    raise AssertionError(took)


@pytest.mark.parametrize("way", WAYS)
def test_close_at_exit_with_a_collector_that_hangs(
        request, collect, tmp_path, way):
    """syncline_close() in a handler of atexit(3) ends when it was told to,
    and says that messages are lost."""
    c, url = start(way, request, collect, tmp_path)
    took = []
    for _ in range(4):
        seconds, said = seconds_of_an_exit(
            c, "atexit", url, timeout=300, count=load(40000),
            size=400 if not harness.SLOW else 4000)
        assert "closed: %d\n" % (0 if way == "udp" else -125) in said
        if seconds < 1.2 + AT_EXIT:
            return
        took.append(seconds)
    raise AssertionError(took)


def test_exit_sends_what_waits(receiver):
    """With a collector that takes it, everything: the child of the program,
    which ends in the same way, sends nothing of it once more."""
    c, url = receiver
    seconds_of_an_exit(c, "exit", "-", hang=False,
                       env={"SYNCLINE_URL": url}, count=100)
    assert numbers(c.wait_lines(101)) == {
        (0, 0): [0], (0, 1): list(range(100))}


def test_exit_where_nobody_is_there(tmp_path):
    """A tenth of the second."""
    url = "unix-stream://%s/nobody" % tmp_path
    took = []
    for _ in range(4):
        one = Drive("exit", "-", env={"SYNCLINE_URL": url}, count=100)
        assert one.process.stdout.readline() == "waiting\n"
        os.kill(one.pid, signal.SIGUSR1)
        assert one.process.stdout.readline() == "exiting\n"
        begin = time.monotonic()
        one.process.wait(harness.DEADLINE)
        took.append(time.monotonic() - begin)
        one.process.communicate()
        if took[-1] < 0.9 + AT_EXIT:
            return
    raise AssertionError(took)


@pytest.mark.parametrize("way", ("tcp", "tls", "unix"))
def test_exit_while_threads_log(request, collect, tmp_path, way):
    """They go on to the very end, as threads do: nothing that they need is
    gone before."""
    c, url = start(way, request, collect, tmp_path)
    for n in range(load(10)):
        drive("busy", "-", env={"SYNCLINE_URL": url}, threads=8, size=4000)
        assert c.count_lines() > n


def test_a_spool_without_its_lock(collect, tmp_path):
    """A program closes all descriptors, and another process takes its part of
    the spool meanwhile: what was in it is sent once, by the other, and what
    comes later goes elsewhere."""
    url, spool = "tcp://127.0.0.1:%d" % free_port(), tmp_path / "spool"
    count = 50
    one = Drive("closed", url, count=count, spool=spool, retry=50)
    assert one.process.stdout.readline() == "waiting\n"
    c = collect(listen=(url,))
    assert drive("flood", url, spool=spool)["replayed"] >= count
    one.process.send_signal(signal.SIGUSR1)
    got = one.end()
    assert got["dropped"] == got["damaged"] == 0
    assert "event: spool failed 0 spool: another process" in got["said"]
    c.wait_lines(2 * count + 1)
    c.stop()
    found = numbers(c.lines())
    assert found.pop((0, 0)) == found.pop((0, 1)) == list(range(count))
    assert list(found.values()) == [[0]]


@pytest.mark.parametrize("what", ("folder", "part", "segments"))
def test_a_spool_that_somebody_removes(collect, tmp_path, what):
    """What was there is gone, which is counted and said; what comes later is
    kept in what is made anew."""
    url, spool = "tcp://127.0.0.1:%d" % free_port(), tmp_path / "spool"
    count = 50
    one = Drive("removed", url, count=count, spool=spool, timeout=300)
    assert one.process.stdout.readline() == "waiting\n"
    if what == "segments":
        for path in (spool / "00").glob("*.log"):
            path.unlink()
    else:
        shutil.rmtree(spool if what == "folder" else spool / "00")
    one.process.send_signal(signal.SIGUSR1)
    got = one.end(1)
    assert (got["spooled"], got["damaged"]) == (2 * count, count)
    assert (got["dropped"], got["close"]) == (0, -110)
    assert "event: spool failed 0 spool: somebody has removed" in got["said"]
    c = collect(listen=(url,))
    got = drive("flood", url, spool=spool)
    assert got["replayed"] >= count and got["damaged"] == 0
    assert numbers(c.wait_lines(count + 1))[0, 1] == list(range(count))


@pytest.mark.parametrize("what", ("*.log", "*[!1].log", "lock"))
def test_what_somebody_removes_is_counted_once(collect, tmp_path, what):
    """Also when what is left of the part is read again."""
    url, spool, count = "tcp://127.0.0.1:%d" % free_port(), tmp_path, 100
    one = Drive("removed", url, count=count, size=2000, spool=spool,
                spool_size=1 << 20, retry=50)
    assert one.process.stdout.readline() == "waiting\n"
    assert len(list((spool / "00").glob("*.log"))) == 2
    for path in (spool / "00").glob(what):
        path.unlink()
    c = collect(listen=(url,))
    one.process.send_signal(signal.SIGUSR1)
    got = one.end()
    c.stop()
    found = numbers(c.lines())
    assert found[0, 1] == list(range(count))
    kept = found.get((0, 0), [])
    assert kept == list(range(len(kept)))
    assert got["damaged"] == count - len(kept)
    assert (len(kept) == 0, len(kept) == count) == (
        what == "*.log", what == "lock")


def test_a_spool_that_is_there_again_at_the_end(collect, tmp_path):
    """It was removed and could not be made anew; that is tried once more when
    all else ends, though it would not be due yet: what is on its way to a
    collector that hangs goes there, too."""
    url, spool, count = "unix://%s/in" % tmp_path, tmp_path / "spool", 200
    c = collect(listen=(url,))
    c.signal(signal.SIGSTOP)
    one = Drive("left", url, count=count, size=4000, memory=16 << 20,
                spool=spool, timeout=0)
    assert one.process.stdout.readline() == "waiting\n"
    shutil.rmtree(spool)
    spool.write_text("not a folder")
    line = one.process.stderr.readline()
    while "spool failed" not in line:
        assert line
        line = one.process.stderr.readline()
    spool.unlink()
    one.process.send_signal(signal.SIGUSR1)
    got = one.end(1)
    assert (got["dropped"], got["close"]) == (0, -errno.ETIMEDOUT)
    c.signal(signal.SIGCONT)
    assert drive("flood", url, count=1, spool=spool)["replayed"] > 0
    c.stop()
    assert set(numbers(c.lines())[0, 1]) == set(range(count))


def test_openlog_while_threads_log(collect):
    """With other options each time: the handle stays, and all arrives."""
    c, count = collect(), load(2000)
    drive("openlog", "-", threads=4, count=count,
          env={"SYNCLINE_URL": "tcp://%s:%d" % c.address()})
    found = numbers(c.wait_lines(4 * count))
    assert found == {(0, t): list(range(count)) for t in range(4)}


def test_who_logs_while_the_first_syslog_opens(collect):
    """Another thread waits for it. A signal handler cannot wait for what it
    interrupts: its message is dropped, and counted like any other."""
    c = collect()
    drive("awaited", "-", env={"SYNCLINE_URL": "tcp://%s:%d" % c.address()})
    lines = c.wait_lines(3)
    assert numbers(lines) == {(0, 0): [0], (0, 1): [0]}
    assert losses(lines) == ["1 messages dropped, there was no room: 1 info"]


def losses(lines):
    """What the collector was told of them, in the order of the words."""
    return sorted(re.findall(r"libsyncline: (.*)", b"\n".join(lines).decode()))


def test_who_never_comes_back_is_waited_for_once(collect):
    """Another thread waits for the one that opens, and gives up; when it logs
    again it does not wait. Both messages are counted."""
    c = collect()
    drive("givenup", "-", env={"SYNCLINE_URL": "tcp://%s:%d" % c.address()})
    lines = c.wait_lines(2)
    assert numbers(lines) == {(0, 0): [0]}
    assert losses(lines) == ["2 messages dropped, there was no room: 2 err"]


def test_who_waited_in_vain_does_not_wait_for_the_next(collect):
    """The opening that a thread waits for fails, and another one begins: for
    which its next call waits."""
    c = collect()
    drive("failing", "-", env={"SYNCLINE_URL": "tcp://%s:%d" % c.address()})
    lines = c.wait_lines(3)
    assert numbers(lines) == {(0, 0): [1], (0, 1): [1]}
    assert losses(lines) == ["2 messages dropped, there was no room: 2 err"]


def test_what_is_missed_while_the_handle_is_open_is_told(collect):
    """In the child of a fork a handler interrupts the first call: the call
    that goes on hands over what was missed."""
    needs_threads_after_a_fork()
    c = collect()
    drive("later", "-", env={"SYNCLINE_URL": "tcp://%s:%d" % c.address()})
    lines = c.wait_lines(3)
    assert numbers(lines) == {(0, 0): [0], (1, 0): [0]}
    assert losses(lines) == ["1 messages dropped, there was no room: 1 info"]


def test_what_was_missed_before_a_fork_is_told_once(collect):
    """By the parent; the child tells what itself has missed."""
    needs_threads_after_a_fork()
    c = collect()
    drive("missed", "-", env={"SYNCLINE_URL": "tcp://%s:%d" % c.address()})
    lines = c.wait_lines(4)
    assert numbers(lines) == {(0, 0): [0], (1, 0): [0]}
    assert losses(lines) == ["1 messages dropped, there was no room: 1 info",
                             "2 messages dropped, there was no room: 2 err"]


def test_a_fork_while_the_first_syslog_opens(collect):
    """The child opens a handle of its own, and its message arrives."""
    needs_threads_after_a_fork()
    c, count = collect(), 50
    drive("opening", "-", count=count,
          env={"SYNCLINE_URL": "tcp://%s:%d" % c.address()})
    found = numbers(c.wait_lines(2 * count))
    assert sorted(found[1, 0]) == list(range(count))


@pytest.mark.parametrize("way,status", (
    ("_exit", 7), ("unclosed", 7), ("abort", -signal.SIGABRT)))
def test_ends_that_tell_nothing(receiver, way, status):
    """_exit(2), abort(3), exit(3) of one that is still open: what was flushed
    has arrived; of the rest the first, in order, each one whole."""
    c, url = receiver
    count = 200
    drive(way, url, status=status, count=count, size=300)
    c.wait_lines(count)
    eventually(lambda: c.metric("connections") == 0)
    c.stop()
    found = numbers(c.lines())
    assert found.pop((0, 1)) == list(range(count))
    rest = found.pop((0, 2), [])
    assert rest == list(range(len(rest))) and not found


def test_another_program_by_exec(receiver, tmp_path):
    """Every descriptor is closed: the collector sees the end of the connection
    while the other program runs, and the spool is free."""
    c, url = receiver
    count = 200
    one = Drive("exec", url, count=count, spool=tmp_path / "spool")
    try:
        c.wait_lines(count)
        eventually(lambda: comm(one.pid) == "sleep")
        # it opens its libraries first, and closes them
        eventually(lambda: sorted(os.listdir("/proc/%d/fd" % one.pid)) ==
                   ["0", "1", "2"])
        eventually(lambda: c.metric("connections") == 0)
        drive("flood", url, spool=tmp_path / "spool")
        assert os.listdir(tmp_path / "spool") == ["00"]
        assert one.process.poll() is None
    finally:
        one.process.kill()
        one.process.communicate()
    found = numbers(c.lines())
    assert first_of_each(found[0, 1]) == list(range(count))


def comm(pid):
    with open("/proc/%d/comm" % pid) as f:
        return f.read().strip()
