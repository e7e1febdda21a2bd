# SPDX-License-Identifier: BSD-2-Clause
"""B9: a limit of the size of files; a standard error that nobody reads."""

import os
import resource
import signal
import subprocess

import pytest

import oracle
import senders
from harness import SYNCLINED, clean_environment, eventually, live_and_rotated
from places import lines_in, message, send, shown

LIMIT = 64 << 10


def limited(size):
    """Ends of the standard error do not count: it is no log."""
    return ("prlimit", "--fsize=%d:unlimited" % size, "--")


def raise_limit(c):
    resource.prlimit(c.pid, resource.RLIMIT_FSIZE,
                     (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def test_a_rotation_helps(collect):
    """A file that may not grow is rotated, asked for or not; nothing dies,
    is lost, torn or doubled, and no line is in two files."""
    c = collect(prefix=limited(LIMIT))
    count = 2000
    senders.send_stream(c.address(), "tcp",
                        oracle.stream("a", count, senders.octet))
    c.wait_metric("written_messages_total", count)
    files = c.files()
    assert len(files) > 5
    assert max(map(os.path.getsize, files)) <= LIMIT
    for path in files:
        lines_in(path)  # each ends with a whole line
    tally = oracle.check(c.lines(), {"a": count})
    assert tally.perfect(), tally
    assert c.metric("stalled") == 0
    assert c.metric("failed_writes_total", reason="EFBIG") > 0


def test_rotation_below_the_limit(collect):
    """Then the limit is never met."""
    c = collect(prefix=limited(LIMIT), args=("--rotate-size", "32K"))
    count = 1000
    senders.send_stream(c.address(), "tcp",
                        oracle.stream("a", count, senders.octet))
    c.wait_metric("written_messages_total", count)
    assert oracle.check(c.lines(), {"a": count}).perfect()
    assert c.metric("failed_writes_total") == 0


def test_a_line_that_fits_into_no_file_waits(collect):
    """A rotation does not help: it stalls, says why, makes no files without
    end, and goes on when the limit is raised."""
    c = collect(prefix=limited(8192))
    big = oracle.message("big", 12)  # 50 kB
    assert len(big) > 16384
    with senders.connect(c.address()) as s:
        s.sendall(senders.octet(oracle.message("a", 0)) + senders.octet(big) +
                  senders.octet(oracle.message("a", 1)))
        eventually(lambda: c.metric("stalled") == 1, what=shown(c))
        # some more tries
        eventually(lambda: c.metric("failed_writes_total",
                                    reason="EFBIG") > 4, what=shown(c))
        assert len(c.files()) <= 2
        raise_limit(c)
        c.wait_metric("written_messages_total", 3)
    assert c.metric("stalled") == 0
    lines = c.lines()
    assert [line for line in lines if b"src=big seq=12" in line] == [big]
    assert [b"src=a seq=0 " in lines[0], b"src=a seq=1 " in lines[2]] == \
        [True, True]
    for path in c.files():
        lines_in(path)


def test_many_files(collect, tmp_path):
    """Those of a path with fields are rotated the same way."""
    c = collect(output="logs/%{hostname}.log", prefix=limited(LIMIT))
    count = 600
    for n in range(0, count, 100):
        send(c, [message("h%d" % (k % 2), "a", "h%d" % (k % 2), k // 2)
                 for k in range(n, n + 100)])
    c.wait_metric("written_messages_total", count)
    for h in "h0", "h1":
        files = live_and_rotated(str(tmp_path / "logs" / (h + ".log")))
        assert len(files) > 1
        tally = oracle.check(lines_in(*files), {h: count // 2})
        assert tally.perfect(), tally


@pytest.mark.parametrize("how", ["pipe", "closed"])
def test_a_standard_error_that_is_gone(tmp_path, how):
    """SIGPIPE: whoever read it has ended, or there was none from the start;
    it logs, rotates, reloads and ends as ever, and no log file becomes the
    standard error."""
    read, write = os.pipe()
    path = str(tmp_path / "u")
    command = [SYNCLINED, "-l", "unix://" + path, "-o",
               str(tmp_path / "out.log"), "--http", "none"]
    if how == "closed":
        command = ["sh", "-c", 'exec "$@" 2>&-', "sh"] + command
    p = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=write,
                         env=clean_environment())
    os.close(write)
    try:
        if how == "pipe":
            text = b""
            while b"ready\n" not in text:
                text += os.read(read, 4096)
        os.close(read)
        eventually(lambda: os.path.exists(path))
        log = str(tmp_path / "out.log")
        for turn in range(3):
            with senders.connect(path, "unix") as s:
                s.send(oracle.message("a", turn))
            eventually(lambda: os.path.exists(log) and os.path.getsize(log))
            p.send_signal(signal.SIGUSR1)
            eventually(lambda: len(live_and_rotated(log)) == turn + 2)
            p.send_signal(signal.SIGHUP)
        p.send_signal(signal.SIGTERM)
        assert p.wait(30) == 0
    finally:
        if p.poll() is None:
            p.kill()
            p.wait()
    lines = lines_in(*live_and_rotated(log))
    assert oracle.check(lines, {"a": 3}).perfect()
