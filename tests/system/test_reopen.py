# SPDX-License-Identifier: BSD-2-Clause
"""Files that somebody else moves or deletes: nothing is lost meanwhile.

The contract's "Files and rotation": moved away, writing goes on in it until
SIGHUP; deleted, it is made again.
"""

import os
import signal

import pytest

import oracle
import senders
from harness import eventually, load, run

pytestmark = [pytest.mark.plain, pytest.mark.threads]


def one(c, text):
    senders.send_stream(c.address(), "tcp", b"<13>%s\n" % text)


def content(path):
    with open(path, "rb") as f:
        return f.read()


def test_a_moved_file_is_written_until_sighup(collect, tmp_path):
    """As logrotate does it."""
    c = collect(args=("-f", "raw"))
    moved = str(tmp_path / "moved")
    one(c, b"one")
    c.wait_lines(1)
    os.rename(c.path, moved)
    one(c, b"two")
    eventually(lambda: content(moved) == b"<13>one\n<13>two\n")
    assert not os.path.exists(c.path)
    c.signal(signal.SIGHUP)
    eventually(lambda: os.path.exists(c.path))
    one(c, b"three")
    eventually(lambda: content(c.path) == b"<13>three\n")
    assert content(moved) == b"<13>one\n<13>two\n"


def test_moving_under_load_loses_nothing(collect, tmp_path):
    """Rename and SIGHUP again and again while three senders go on; their
    connections live on."""
    c = collect(args=("--workers", 2))
    sent = {"s%d" % n: load(8000) for n in range(3)}
    crowd = senders.Senders()
    for src, count in sent.items():
        crowd.start(senders.send_stream, c.address(), "tcp",
                    oracle.stream(src, count, senders.lf))
    moved = []
    while any(p.is_alive() for p in crowd.processes) and len(moved) < 50:
        moved.append(str(tmp_path / ("moved.%03d" % len(moved))))
        os.rename(c.path, moved[-1])
        c.signal(signal.SIGHUP)
        eventually(lambda: os.path.exists(c.path))
    crowd.join()
    c.wait_metric("written_messages_total", sum(sent.values()))
    c.stop()
    text = b"".join(map(content, moved + [c.path]))
    tally = oracle.check(text.split(b"\n")[:-1], sent)
    assert tally.perfect(), tally


def test_sighup_changes_nothing_when_nothing_changed(collect):
    """Listeners keep their ports, the file is appended to."""
    c = collect(args=("-f", "raw"))
    with senders.connect(c.address()) as s:
        s.sendall(b"<13>one\n")
        c.wait_lines(1)
        for _ in range(5):
            c.signal(signal.SIGHUP)
        s.sendall(b"<13>two\n")
        c.wait_lines(2)
    one(c, b"three")
    assert c.wait_lines(3) == [b"<13>one", b"<13>two", b"<13>three"]


def test_a_deleted_file_is_made_again(collect):
    """Within a second, and what comes then is in it."""
    c = collect(args=("-f", "raw"))
    one(c, b"one")
    c.wait_lines(1)
    os.unlink(c.path)
    eventually(lambda: os.path.exists(c.path))
    one(c, b"two")
    assert c.wait_lines(1) == [b"<13>two"]


def test_a_second_collector_is_refused(collect, tmp_path):
    """A9: two collectors exclude each other; the file is unharmed."""
    c = collect(args=("-f", "raw"))
    one(c, b"one")
    c.wait_lines(1)
    status, _, said = run("-l", "tcp://127.0.0.1:0", "-o", c.path,
                          "--http", "none")
    assert status != 0 and c.path in said
    assert "ready" not in said
    one(c, b"two")
    assert c.wait_lines(2) == [b"<13>one", b"<13>two"]
    assert os.listdir(tmp_path).count("out.log.torn") == 0


def test_a_symbolic_link_is_no_output(tmp_path):
    """The last component of a path may not be one; neither a folder."""
    (tmp_path / "target").write_bytes(b"")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    os.mkfifo(tmp_path / "fifo")
    for name in "link", "fifo", ".":
        status, _, said = run("-l", "tcp://127.0.0.1:0", "--http", "none",
                              "-o", tmp_path / name)
        assert status != 0 and str(tmp_path / name).rstrip("/.") in said
    assert (tmp_path / "target").read_bytes() == b""


def test_a_torn_line_is_moved_aside(collect, tmp_path):
    """A5: what follows the last newline goes to path.torn, and is said."""
    (tmp_path / "out.log").write_bytes(b"<13>whole\n<13>half of a li")
    c = collect(args=("-f", "raw"))
    assert "out.log.torn" in c.stderr()
    one(c, b"new")
    assert c.wait_lines(2) == [b"<13>whole", b"<13>new"]
    assert b"<13>half of a li" in content(c.path + ".torn")
    c.stop()
    with open(c.path, "ab") as f:
        f.write(b"second half")
    c = collect(args=("-f", "raw"))
    torn = content(c.path + ".torn")
    assert torn.index(b"<13>half of a li") < torn.index(b"second half")
    assert c.lines() == [b"<13>whole", b"<13>new"]


def test_a_file_that_is_all_torn(collect, tmp_path):
    """No newline at all: everything is moved."""
    (tmp_path / "out.log").write_bytes(b"x" * 200000)
    c = collect(args=("-f", "raw"))
    assert content(c.path) == b""
    assert content(c.path + ".torn").rstrip(b"\n") == b"x" * 200000


def test_the_size_is_a_bound_at_once(collect, tmp_path):
    """A rotation that failed because the file had been moved away does not
    keep the next file from being rotated."""
    c = collect(args=("--rotate-size", "4K", "--workers", 1))
    text = b"".join(b"<13>1 - h a - - - %03d " % n + b"x" * 100 + b"\n"
                    for n in range(200))
    senders.send_stream(c.address(), "tcp", text[:1000])
    moved = tmp_path / "moved"
    eventually(lambda: os.path.getsize(c.path) > 0)
    os.rename(c.path, moved)
    senders.send_stream(c.address(), "tcp", text)
    eventually(lambda: moved.stat().st_size > 4 << 10)
    eventually(lambda: c.metric("failed_writes_total", reason="rotate") > 0)
    have = c.metric("written_messages_total")
    eventually(lambda: moved.read_bytes().count(b"\n") == have)
    c.signal(signal.SIGHUP)
    eventually(lambda: os.path.exists(c.path))
    senders.send_stream(c.address(), "tcp", text)
    c.wait_lines(200)
    assert max(map(os.path.getsize, c.files())) <= 4 << 10


def test_a_failed_rotation_is_tried_again_soon(collect, tmp_path):
    """What keeps it from being rotated is over soon: so is what its size has
    above the bound."""
    c = collect(args=("--rotate-size", "4K", "--workers", 1))
    line = b"<13>1 - h a - - - " + b"x" * 80 + b"\n"
    with senders.connect(c.address()) as s:
        def one_more(path):
            before = os.path.getsize(path)
            s.sendall(line)
            eventually(lambda: os.path.getsize(path) != before)
            return os.path.getsize(path) - before

        moved = str(tmp_path / "moved")
        one_more(c.path)
        os.rename(c.path, moved)
        while c.metric("failed_writes_total", reason="rotate") == 0:
            one_more(moved)
        os.rename(moved, c.path)
        above = 0
        while one_more(c.path) > 0:
            above += 1
        assert above < 100


def test_failed_rotations_are_said_once_a_minute(collect, tmp_path):
    """Not each of those that fail between others that do not, as where one
    inode is short again and again."""
    c = collect(args=("--rotate-size", "4K", "--workers", 1))
    line = b"<13>1 - h a - - - " + b"x" * 80 + b"\n"
    moved = str(tmp_path / "moved")
    with senders.connect(c.address()) as s:
        def write_until(name, **labels):
            before = c.metric(name, **labels)

            def one_more():
                s.sendall(50 * line)
                return c.metric(name, **labels) > before
            eventually(one_more, what=c.stderr)

        write_until("written_messages_total")
        for _ in range(3):
            os.rename(c.path, moved)
            write_until("failed_writes_total", reason="rotate")
            os.rename(moved, c.path)
            write_until("rotations_total")
    assert c.stderr().count("writing on in the old file") == 1, c.stderr()
