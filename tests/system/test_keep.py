# SPDX-License-Identifier: BSD-2-Clause
"""Retention: keep, keep_age, keep_total, keep_free, keep_min.

The contract's "Files and rotation": keep and keep_age count per live name,
keep_total and keep_free per output; only rotated files of that output are
deleted, oldest first, counted by reason.
"""

import os
import signal

import pytest

import configured
import oracle
import rotated
import senders
from harness import ROTATED, eventually, live_and_rotated, load
from rotated import DAY, there

pytestmark = pytest.mark.plain

REASONS = "keep", "keep_age", "keep_total", "keep_free"


def send(c, src, count):
    senders.send_stream(c.address(), "tcp",
                        oracle.stream(src, count, senders.octet))


def deleted(c):
    found = {r: c.metric("deleted_files_total", reason=r) for r in REASONS}
    return {r: n for r, n in found.items() if n}


def wait_gone(c, *paths):
    eventually(lambda: not there(*paths),
               what=lambda: "%s gone; %s" % (there(*paths), c.stderr()))


def wait_left(c, n, path=None):
    """Until so many rotated files are left; their names."""
    path = path or c.path

    def left():
        return [f for f in live_and_rotated(path) if f != path]
    eventually(lambda: len(left()) == n, what=lambda: "%d: %s; %s" % (
        n, left(), c.stderr()))
    return left()


def test_keep(collect):
    """The newest stay, whatever their number."""
    c = collect(args=("--rotate-size", "4K", "--keep", 3))
    send(c, "a", load(1000))
    c.wait_metric("written_messages_total", load(1000))
    count = c.metric("rotations_total")
    assert count > 4
    left = wait_left(c, 3)
    assert [int(ROTATED.search(f)[2]) for f in left] == [
        count - 2, count - 1, count]
    c.wait_metric("deleted_files_total", count - 3, reason="keep")
    assert deleted(c) == {"keep": count - 3}


def test_without_limits_nothing_is_deleted(collect, tmp_path):
    old = [rotated.make(str(tmp_path / "out.log"), n, 1000 * DAY)
           for n in range(1, 4)]
    c = collect(args=("--rotate-size", "4K"))
    send(c, "a", 100)
    c.wait_metric("written_messages_total", 100)
    c.stop()
    assert there(*old) == old


def test_keep_age(collect, tmp_path):
    """By the stamp in the name, or the time of the last change when that is
    in the future; compressed ones too."""
    live = str(tmp_path / "out.log")
    old = [rotated.make(live, 1, 40 * DAY),
           rotated.make(live, 2, 31 * DAY, end=".gz"),
           rotated.make(live, 3, 31 * DAY, end=".zst")]
    young = [rotated.make(live, 4, 29 * DAY),
             rotated.make(live, 5, -365 * DAY, end=".gz")]
    odd = rotated.make(live, 6, -365 * DAY)
    os.utime(odd, (1e9, 1e9))
    c = collect(args=("--keep-age", "30d"))
    wait_gone(c, *old, odd)
    assert there(*young) == young
    c.wait_metric("deleted_files_total", 4, reason="keep_age")


def test_a_file_grows_too_old(collect):
    c = collect(args=("--keep-age", "2s"))
    send(c, "a", 10)
    c.wait_lines(10)
    c.signal(signal.SIGUSR1)
    c.wait_metric("rotations_total", 1)
    c.wait_metric("deleted_files_total", 1, reason="keep_age")
    wait_left(c, 0)
    assert deleted(c) == {"keep_age": 1}


def test_keep_total(collect, tmp_path):
    """Of all rotated files of the output together, the oldest first."""
    live = str(tmp_path / "out.log")
    files = [rotated.make(live, n, 100 - n, b"x" * 9999 + b"\n")
             for n in range(1, 11)]
    c = collect(args=("--keep-total", "50K"))
    wait_gone(c, *files[:5])
    assert there(*files) == files[5:]
    c.wait_metric("deleted_files_total", 5, reason="keep_total")


def test_keep_free_takes_all_there_is(collect, tmp_path):
    """More than the disk has cannot be free: all that may go goes."""
    live = str(tmp_path / "out.log")
    files = [rotated.make(live, n, 100) for n in range(1, 5)]
    c = collect(args=("--keep-free", "1024T"))
    wait_gone(c, *files)
    c.wait_metric("deleted_files_total", 4, reason="keep_free")
    c.wait_says("less is free than keep_free")
    send(c, "a", 10)
    c.wait_lines(10)
    c.signal(signal.SIGUSR1)
    c.wait_metric("deleted_files_total", 5, reason="keep_free")
    assert c.stderr().count("less is free than keep_free") == 1


def test_keep_min_stands_above_all(collect, tmp_path):
    live = tmp_path / "out.log"
    files = [rotated.make(str(live), n, age * DAY, b"x" * 9999 + b"\n")
             for n, age in enumerate((9, 8, 7, 1, 1, 0), 1)]
    c = configured.start(collect, tmp_path, """
listen: tcp://127.0.0.1:0
output:
  - path: {dir}/out.log
    keep: 1
    keep_age: 5d
    keep_total: 4K
    keep_free: 1024T
    keep_min: 5d
""".replace("listen: tcp", "listen:\n  - url: tcp")).c
    wait_gone(c, *files[:3])
    eventually(lambda: "less is free" in c.stderr())
    assert there(*files) == files[3:]


MANY = """
listen:
  - url: tcp://127.0.0.1:0
output:
  - path: {dir}/logs/%{hostname}/%{app_name}.log
    rotate_size: 4K
"""


def test_each_name_of_a_path_with_fields(collect, tmp_path):
    """keep counts for each; what others put there stays."""
    base = tmp_path / "logs"
    strange = [rotated.make(str(base / name), 1, DAY) for name in (
        "h1/a.txt", "h1/.a.log", "a.log", "h1/deeper/a.log", "h1/a b.log",
        "h/1/2/a.log", ".h/a.log")]
    gone = [rotated.make(str(base / name), 1, 2 * DAY) for name in (
        "h1/a.log", "h1/b.log", "h2-0123456789abcdef/c.log", "_other")]
    stay = [rotated.make(f[:-24], n, DAY) for f in gone for n in (2, 3)]
    c = configured.start(collect, tmp_path, MANY + "    keep: 2\n").c
    wait_gone(c, *gone)
    assert there(*stay, *strange) == stay + strange
    c.wait_metric("deleted_files_total", 4, reason="keep")
    senders.send_stream(c.address(), "tcp", b"".join(
        senders.octet(b"<13>1 - h1 %s - - - %s" % (app, b"x" * 1000))
        for app in (b"a", b"b") for _ in range(40)))
    c.wait_metric("written_messages_total", 80)
    for name in "a", "b":
        wait_left(c, 2, str(base / "h1" / (name + ".log")))


def test_links_are_never_followed(collect, tmp_path):
    """Neither a folder nor a file that is one."""
    secret = tmp_path / "secret"
    inside = rotated.make(str(secret / "a.log"), 1, DAY)
    base = tmp_path / "logs"
    base.mkdir()
    (base / "h").symlink_to(secret)
    (base / "g").mkdir()
    link = rotated.make(str(base / "g" / "a.log"), 1, DAY)
    os.rename(link, secret / "target")
    os.symlink(secret / "target", link)
    ours = rotated.make(str(base / "g" / "a.log"), 2, DAY)
    c = configured.start(collect, tmp_path, MANY + "    keep_age: 1m\n").c
    wait_gone(c, ours)
    assert there(inside, link, secret / "target") == [
        inside, link, secret / "target"]


def test_outputs_that_share_a_folder(collect, tmp_path):
    """A file has one owner: the path with the fewest fields, then the first
    in the file. An owner without limits keeps its files."""
    base = tmp_path / "logs"
    files = {name: rotated.make(str(base / name), 1, DAY) for name in (
        "all.log", "x-a.log", "a.log", "_other")}
    c = configured.start(collect, tmp_path, """
listen:
  - url: tcp://127.0.0.1:0
output:
  - path: "{dir}/logs/%{hostname}%{app_name}.log"
    name: two
    keep_age: 1m
  - path: "{dir}/logs/../logs/all.log"
  - path: "{dir}/logs/x-%{app_name}.log"
  - path: "{dir}/logs/%{app_name}.log"
    name: last
    keep_age: 1m
""").c
    wait_gone(c, files["a.log"])
    c.wait_metric("deleted_files_total", 1, output="last")
    assert sorted(there(*files.values())) == sorted(
        files[n] for n in ("all.log", "x-a.log", "_other"))


def test_a_live_file_with_a_name_like_a_rotated_one(collect, tmp_path):
    live = tmp_path / ("out.log-%s-000001" % rotated.stamp(DAY))
    other = rotated.make(str(tmp_path / "out.log"), 2, DAY)
    c = collect(args=("-o", live, "--keep-age", "1m"))
    wait_gone(c, other)
    assert live.exists()


def test_odd_names(collect, tmp_path):
    """H7: newline, hyphen in front, others' suffixes, twins of folders."""
    live = str(tmp_path / "out.log")
    tail = "-%s-%06d" % (rotated.stamp(DAY), 1)
    names = ["out.log\n" + tail, "-out.log" + tail, "out.log" + tail + "\n",
             "out.log" + tail + ".bz2", "out.log" + tail + ".gz.tmp",
             "out.log" + tail + ".zst.gz", "out.log-" + tail, "out.log",
             "out.log.torn", "out.log.torn" + tail, ".out.log" + tail,
             "OUT.LOG" + tail, "out.log-20261301T000000Z-000001",
             "out.log-20261201T000000Z-00001", "xout.log" + tail]
    paths = [str(tmp_path / n) for n in names]
    for path in paths:
        with open(path, "w") as f:
            f.write("x\n")
    folder = tmp_path / ("out.log" + tail + ".gz")
    folder.mkdir()
    gone = [rotated.make(live, n, DAY) for n in range(2, 200)]
    c = collect(args=("--keep-age", "1h", "--compress", "zstd"))
    wait_gone(c, *gone)
    c.stop()
    assert there(*paths) == paths and folder.is_dir()


def test_limits_change_with_a_reload(collect, tmp_path):
    """Also: an output that is gone is seen to no more."""
    files = {name: [rotated.make(str(tmp_path / name), n, DAY)
                    for n in range(1, 10)] for name in ("a.log", "b.log")}
    text = """
listen:
  - url: tcp://127.0.0.1:0
output:
  - path: {dir}/a.log
"""
    run = configured.start(
        collect, tmp_path, text + "  - path: {dir}/b.log\n")
    run.reload(text + "    keep: 4\n  - path: {dir}/b.log\n")
    wait_gone(run.c, *files["a.log"][:5])
    assert there(*files["a.log"]) == files["a.log"][5:]
    run.refuse(text + "    keep: 2\n    keep_age: x\n")
    run.reload(text + "    keep: 1\n")
    wait_gone(run.c, *files["a.log"][:8])
    assert there(*files["b.log"]) == files["b.log"]
    run.c.wait_metric("deleted_files_total", 8, reason="keep")


def test_options_and_variables(collect, tmp_path):
    live = str(tmp_path / "out.log")
    gone = [rotated.make(live, n, 2 * DAY) for n in (1, 2)]
    stay = [rotated.make(live, n) for n in (3, 4)]
    c = collect(args=("--keep-total", "1G", "--keep-free", "1"), env={
        "SYNCLINE_KEEP": "3", "SYNCLINE_KEEP_AGE": "1d",
        "SYNCLINE_COMPRESS": "gzip"})
    wait_gone(c, *gone, *stay)
    assert there(*(f + ".gz" for f in stay)) == [f + ".gz" for f in stay]
    c.wait_metric("deleted_files_total", 2)
    assert deleted(c) == {"keep": 1, "keep_age": 1}
