# SPDX-License-Identifier: BSD-2-Clause
"""H1, H2, H5: names of files made from what a stranger sends; with
openat2(2), and where a kernel or a filter of system calls refuses it."""

import errno
import os
import random
import re
import stat

import pytest

import oracle
import senders
from configured import start
from harness import eventually, live_and_rotated
from places import (MEMORY_SLACK, compiled, files_below, lines_in, note,
                    shown)
from rounds import rounds

PART = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,254}")

# output: its path below its own folder, and how deep that is
PATHS = {
    "host": ("%{hostname}/%{app_name}.log", 2),
    "sd": ("%{sd:x@1:f}", 1),
    "deep": ("%{app_name}/%{procid}/%{msgid}/%{sd:x@1:f}.log", 4),
    "mixed": ("at-%{hostname}-%{sd:x@1:f}/x", 2),
    "from": ("%{from}/%{listener}/%{hostname}", 3),
}


def config():
    text = ("listen:\n  - url: tcp://127.0.0.1:0?framing=octet\n"
            "output:\n")
    for name, (path, _) in PATHS.items():
        text += ("  - name: %s\n    path: \"{dir}/a/b/c/%s/%s\"\n"
                 "    max_open_files: 16\n    max_new_files: 0\n"
                 "    max_files: 1000000\n" % (name, name, path))
    return text


def values():
    """What a value may be, as bytes."""
    text = ["", ".", "..", "...", "../x", "../../x", "../" * 20 + "etc/x",
            "/etc/x", "/", "//", "a/../../b", "a//b", "./.", "..//..",
            "%2e%2e", "%2e%2e%2fx", "%252e%252e/", "con", "nul", "aux.log",
            "-rf", "--help", "-", "~root", "$HOME", "`id`", "*", "?", "|x",
            ";x", "&", "a\\b", "..\\..\\x", "a:b", "C:\\x", "%{hostname}",
            "_other", "_other.torn", ".hidden", "a.torn", "x.log-20261122T"
            "101500Z-000001", ".x.zst.tmp", "lost+found", "'a'", '"a"', "#",
            "x" * 100, "x" * 101, "x" * 255, "x" * 300, "y" * 4000,
            "\u2215etc\u2215x", "\uff0fetc", "\u2024\u2024/x",
            "\u2025", "\u202e/x", "e\u0301", "\u00e9", "A", "a"]
    raw = [b"\0", b"a\0b", b"\0/../x", b"..\0", b"\xc0\xae\xc0\xae/x",
           b"\xc0\xafx", b"\xff\xfe", b"\x80", b"\n", b"a\nb", b"\r",
           b"\x1b[2J", b" ", b"a b", b"\t", b"\x7f", b"\xe2\x80\xa8"]
    return [t.encode() for t in text] + raw


def quoted(value):
    """As a PARAM-VALUE."""
    return re.sub(rb'(["\\\]])', rb"\\\1", value)


def hostile_messages():
    """Each value in each place, in forms that hold it and in such that do
    not allow it."""
    made = []

    def add(head):
        made.append(head + oracle.text("s", len(made)))

    for v in values():
        for fields in ((v, b"a", b"p", b"m"), (b"h", v, b"p", b"m"),
                       (b"h", b"a", v, b"m"), (b"h", b"a", b"p", v),
                       (v, v, v, v)):
            add(b"<14>1 2026-11-22T10:15:00Z %s %s %s %s "
                % fields + b'[x@1 f="%s"] ' % quoted(v))
        add(b"<14>1 - - - - - - ")
        add(b"<13>Nov 22 10:15:00 %s %s[%s]: " % (v, v, v))
        add(b"%s: " % v.replace(b"=", b""))
    return made


def refusing(tmp_path, error):
    return () if error == 0 else (compiled(tmp_path, "refuse"), "%d" % error)


def targets(base):
    """Where the values would lead without any care."""
    found = set()
    for v in values():
        if b"\0" in v or not v:
            continue
        for path in os.path.join(os.fsencode(base), v), \
                os.path.join(os.fsencode(base), b"h", v + b".log"), \
                b"/" + v, v:
            path = os.path.normpath(path)
            if not path.startswith(os.fsencode(base)) and \
                    os.path.isabs(path) and not os.path.lexists(path):
                found.add(path)
    return found


@pytest.mark.parametrize("error", [0, errno.ENOSYS, errno.EPERM])
def test_every_name_stays_in_its_folder(collect, tmp_path, error):
    """H1: every message is stored, in one regular file as deep as it should
    be, whose name is harmless; around the folder nothing is made."""
    f = start(collect, tmp_path, config(), prefix=refusing(tmp_path, error))
    base = f.path("a/b/c")
    around = {folder: sorted(os.listdir(folder)) for folder in (
        "/", "/etc", f.path("."), f.path("a"), f.path("a/b"), base)}
    absent = targets(base + "/host")
    made = hostile_messages()
    senders.send_stream(f.c.address(), "tcp",
                        b"".join(senders.octet(m) for m in made))
    for name in PATHS:
        f.c.wait_metric("written_messages_total", len(made), output=name)
    assert f.c.metric("stalled") == 0
    for name, (_, depth) in PATHS.items():
        found = files_below(base + "/" + name)
        tally = oracle.Tally()
        for line in lines_in(*found):
            at = line.rfind(b"src=s seq=")
            tally.take(line[at:] if at == -1 else b"x " + line[at:])
        tally.compare({"s": len(made)}, ordered=False)
        assert tally.perfect(), (name, tally)
        for path in found:
            assert stat.S_ISREG(os.lstat(path).st_mode)
            parts = os.path.relpath(path, base + "/" + name).split("/")
            assert all(PART.fullmatch(part) for part in parts), path
            assert len(parts) == depth or parts == ["_other"], path
    for folder, before in around.items():
        assert sorted(os.listdir(folder)) == before, folder
    for path in absent:
        assert not os.path.lexists(path), path
    f.c.stop()


def test_values_that_become_the_same_have_their_own_files(collect, tmp_path):
    """H5: a thousand values over few letters, most of which are not allowed
    in a name: a file for each, and in each one value alone."""
    f = start(collect, tmp_path, config())
    dice = random.Random(5)
    letters = "ab/:;. _%~\u00e9\u2215"
    wanted = {"".join(dice.choices(letters, k=dice.randrange(1, 5))).encode()
              for _ in range(rounds(4000, 1000))}
    wanted |= {b"z" * 150 + b"%d" % n for n in range(20)}
    made = [b'<14>1 - h a p m [x@1 f="%s"] ' % quoted(v) +
            oracle.text("v%d" % n, seq)
            for seq in range(2) for n, v in enumerate(sorted(wanted))]
    senders.send_stream(f.c.address(), "tcp",
                        b"".join(senders.octet(m) for m in made))
    f.c.wait_metric("written_messages_total", len(made), output="sd")
    seen = set()
    for path in files_below(f.path("a/b/c/sd")):
        sources = [re.search(rb"src=(v\d+) seq=(\d)", line)
                   for line in lines_in(path)]
        assert len(sources) == 2 and sources[0][1] == sources[1][1], path
        seen.add(sources[0][1])
    assert len(seen) == len(wanted)


NAMES = rounds(100000, 5000)

FLOOD = """
memory: 16M
listen:
  - url: tcp://127.0.0.1:0
output:
  - name: many
    path: "{dir}/logs/%{hostname}.log"
    max_new_files: 0
    max_files: 1000000
  - name: fixed
    path: "{dir}/all.log"
    rotate_size: 16M
"""


def test_a_flood_of_names(collect, tmp_path, record_property):
    """H2: many more names than files may be open, and few descriptors:
    nothing is lost, the fixed file does not notice, memory is bound."""
    f = start(collect, tmp_path, FLOOD,
              prefix=("prlimit", "--nofile=256:256", "--"))
    assert "descriptors" in f.c.stderr() or "max_open_files" in f.c.stderr()
    crowd = senders.Senders()
    each = NAMES // 4
    for part in range(4):
        crowd.start(flood, f.c.address(), part, each)
    largest, most, opened = 0, 0, 0

    def done():
        nonlocal largest, most, opened
        largest = max(largest, f.c.memory())
        most = max(most, f.c.descriptors())
        opened = max(opened, f.c.metric("open_files", output="many"))
        return f.c.metric("written_messages_total",
                          output="fixed") == 4 * each and f.c.metric(
                              "written_messages_total",
                              output="many") == 4 * each

    eventually(done, 3600, what=shown(f.c))
    crowd.join()
    note(record_property, "largest, MiB", round(largest / 2**20, 1))
    note(record_property, "most descriptors", most)
    note(record_property, "most open files", opened)
    assert most <= 256 and 0 < opened < 256
    assert largest < (16 << 20) + MEMORY_SLACK
    sent = {"p%d" % part: each for part in range(4)}
    lines = lines_in(*live_and_rotated(f.path("all.log")))
    assert oracle.check(lines, sent).perfect()
    files = files_below(f.path("logs"))
    assert len(files) == 4 * each
    assert not os.path.exists(f.path("logs/_other"))
    lines = lines_in(*files)
    assert oracle.check(lines, sent, ordered=False).perfect()
    assert f.c.metric("stalled") == 0


def flood(address, part, each):
    """A sender process: a new host with each message."""
    with senders.connect(address) as s:
        for n in range(0, each, 100):
            s.sendall(b"".join(senders.octet(
                b"<14>1 - host-%d-%d app - - - " % (part, k) +
                oracle.text("p%d" % part, k))
                for k in range(n, min(n + 100, each))))
        senders.finish(s)
