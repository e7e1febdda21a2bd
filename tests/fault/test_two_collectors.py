# SPDX-License-Identifier: BSD-2-Clause
"""A9: two collectors on one log file, or one folder of files.

The second one refuses, says why, ends with a status that is not 0, and has
not changed a byte; the first one does not notice.
"""

import os
import signal
import subprocess

import pytest

import oracle
from configured import start
from harness import SYNCLINED, clean_environment, eventually, run
from places import LISTEN, message, send, stored

FIXED = LISTEN + "output:\n  - path: \"{dir}/logs/all.log\"\n"
MANY = LISTEN + """output:
  - path: "{dir}/logs/%{hostname}.log"
"""


def look(folder):
    """Names, sizes, times and contents."""
    seen = {}
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        st = os.stat(path)
        with open(path, "rb") as f:
            seen[name] = (st.st_ino, st.st_size, st.st_mtime_ns,
                          st.st_ctime_ns, f.read())
    return seen


@pytest.mark.parametrize("tail", [b"", b"<14>1 a line that is not who"])
def test_the_second_one_refuses_a_file(collect, tmp_path, tail):
    """Not even the rest of a line, which the first one is still to end, is
    repaired by it."""
    f = start(collect, tmp_path, FIXED)
    send(f.c, [message("h", "a", "s", n) for n in range(10)])
    f.wait_lines("logs/all.log", 10)
    path = f.path("logs/all.log")
    if tail:
        with open(path, "ab") as log:
            log.write(tail)
    before = look(f.path("logs"))
    status, _, said = run("-l", "tcp://127.0.0.1:0", "-o", path,
                          "--http", "none")
    assert status == 1, said
    assert path in said and "another process" in said and "locked" in said
    assert "its own file" in said  # the cure
    assert "listening" not in said and "ready" not in said
    assert look(f.path("logs")) == before
    if tail:
        os.truncate(path, os.path.getsize(path) - len(tail))
    send(f.c, [message("h", "a", "s", n) for n in range(10, 20)])
    lines = f.wait_lines("logs/all.log", 20)
    assert oracle.check(lines, {"s": 20}).perfect()


def test_another_name_for_the_same_file(collect, tmp_path):
    """A fixed path may lead through links."""
    f = start(collect, tmp_path, FIXED)
    os.symlink(f.path("logs"), f.path("link"))
    before = look(f.path("logs"))
    for path in f.path("link/all.log"), f.path("logs/../logs//all.log"):
        status, _, said = run("-l", "tcp://127.0.0.1:0", "-o", path,
                              "--http", "none")
        assert status == 1 and "another process" in said, said
    assert look(f.path("logs")) == before


def test_one_of_two_outputs_is_taken(collect, tmp_path):
    """Then nothing of the second one starts, and what it had made already is
    no message lost: it never listened."""
    f = start(collect, tmp_path, FIXED)
    config = tmp_path / "second.yaml"
    config.write_text("http: none\n" + LISTEN + """output:
  - path: "%s/mine.log"
  - path: "%s/logs/all.log"
""" % (tmp_path, tmp_path))
    status, _, said = run("-c", config)
    assert status == 1 and "another process" in said
    assert "listening" not in said


def test_a_reload_refuses_a_file(collect, tmp_path):
    """The configuration that wants it is refused; the old one goes on."""
    f = start(collect, tmp_path, FIXED)
    other = tmp_path / "other"
    other.mkdir()
    g = start(collect, other, FIXED, folder=other)
    said = g.refuse(FIXED + "  - path: \"%s\"\n" % f.path("logs/all.log"))
    assert "another process" in said
    for one in f, g:
        send(one.c, [message("h", "a", "s", 0)])
        one.wait_lines("logs/all.log", 1)


def test_two_on_one_folder_of_files(collect, tmp_path):
    """A file that the first one writes is not the second one's, which stores
    its lines in _other, so that nothing is mixed and nothing lost. _other is
    both collectors': each line in it is whole."""
    f = start(collect, tmp_path, MANY)
    send(f.c, [message("h1", "a", "first", 0)])
    f.wait_lines("logs/h1.log", 1)
    other = tmp_path / "other"
    other.mkdir()
    g = start(collect, other, MANY.replace("{dir}", str(tmp_path)),
              folder=other)
    send(g.c, [message("h2", "a", "second2", 0)])
    f.wait_lines("logs/h2.log", 1)
    count = 50
    for n in range(count):
        send(g.c, [message("h1", "a", "second", n),
                   message("h2", "a", "second2", n + 1)])
        send(f.c, [message("h1", "a", "first", n + 1),
                   message("h2", "a", "first2", n)])
    for one, n in (f, 2 * count + 1), (g, 2 * count + 1):
        eventually(lambda: one.c.metric("written_messages_total") == n)
    owner = {"h1": "first", "h2": "second2"}
    for host, src in owner.items():
        lines = f.lines("logs/%s.log" % host)
        tally = oracle.check(lines, {src: count + 1})
        assert tally.perfect(), tally
    tally = oracle.check(stored(f.path("logs")), {
        "first": count + 1, "second": count, "first2": count,
        "second2": count + 1}, ordered=False)
    assert tally.perfect(), tally
    assert "another process" in f.c.stderr() and \
        "another process" in g.c.stderr()


def test_the_file_is_free_when_its_owner_is_gone(collect, tmp_path):
    """A lock dies with its process, however that ended."""
    f = start(collect, tmp_path, FIXED)
    send(f.c, [message("h", "a", "s", 0)])
    f.wait_lines("logs/all.log", 1)
    f.c.kill()
    f = start(collect, tmp_path, FIXED)
    send(f.c, [message("h", "a", "s", 1)])
    assert oracle.check(f.wait_lines("logs/all.log", 2), {"s": 2}).perfect()


def test_twenty_at_once(tmp_path):
    """However they race, one of them has the file."""
    (tmp_path / "logs").mkdir()
    said = []
    running = []
    for n in range(20):
        err = open(tmp_path / ("err%d" % n), "wb")
        running.append(subprocess.Popen(
            [SYNCLINED, "-l", "tcp://127.0.0.1:0", "-o",
             str(tmp_path / "logs" / "all.log"), "--http", "none"],
            stdin=subprocess.DEVNULL, stderr=err, env=clean_environment()))
        err.close()
    try:
        eventually(lambda: sum(p.poll() is None for p in running) == 1)
        said = [(tmp_path / ("err%d" % n)).read_text() for n in range(20)]
        for p, text in zip(running, said):
            assert p.poll() in (None, 1)
            assert (p.poll() is None) != ("another process" in text), text
    finally:
        for p in running:
            if p.poll() is None:
                p.send_signal(signal.SIGTERM)
                p.wait()
    assert os.listdir(tmp_path / "logs") == ["all.log"]
