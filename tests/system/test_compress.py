# SPDX-License-Identifier: BSD-2-Clause
"""Compression of rotated files, in the background.

The contract's "Files and rotation": made beside the plain file under a
temporary name, synced, renamed; what a crash leaves is seen to at the start.
"""

import os
import random
import signal
import stat
import time

import pytest

import configured
import oracle
import packed
import rotated
import senders
from harness import SLOW, eventually, load
from rotated import DAY, there

pytestmark = [pytest.mark.plain, pytest.mark.threads]

KINDS = {"gzip": ".gz", "zstd": ".zst"}


def send(c, src, count):
    senders.send_stream(c.address(), "tcp",
                        oracle.stream(src, count, senders.octet))


def wait_compressed(c, end, files=None):
    """Until all rotated files are, and no plain one is beside them."""
    def done():
        names = os.listdir(os.path.dirname(c.path))
        return all(f.endswith(end) for f in c.files()[:-1]) and \
            not any(f.endswith(".tmp") for f in names)
    eventually(done, what=lambda: "%s; %s" % (c.files(), c.stderr()))
    assert files is None or len(c.files()) == files + 1


@pytest.mark.parametrize("kind", KINDS)
def test_every_line_is_there(collect, kind):
    c = collect(args=("--rotate-size", "16K", "--compress", kind))
    send(c, "a", load(2000))
    c.wait_metric("written_messages_total", load(2000))
    wait_compressed(c, KINDS[kind], c.metric("rotations_total"))
    tally = oracle.check(c.lines(), {"a": load(2000)})
    assert tally.perfect(), tally
    assert all(stat.S_IMODE(os.stat(f).st_mode) == 0o640 for f in c.files())
    assert c.metric("failed_writes_total") == 0
    assert len(c.files()) == len(set(map(packed.plain, c.files())))


@pytest.mark.parametrize("kind", KINDS)
def test_old_files_are_compressed_as_they_are(collect, tmp_path, kind):
    """Mode, owner and time stay; an empty one, and one that is compressed in
    another way, stays as it is."""
    live = str(tmp_path / "out.log")
    texts = {n: b"%d\n" % n * 10 ** n for n in range(1, 6)}
    files = {n: rotated.make(live, n, DAY, texts[n]) for n in texts}
    other = [rotated.make(live, 6, DAY, end=".gz"),
             rotated.make(live, 7, DAY, end=".zst"),
             rotated.make(live, 8, DAY, b""), rotated.make(live, 9, DAY)]
    os.chmod(files[1], 0o604)
    if os.geteuid() == 0:
        os.chown(files[2], 12345, 54321)
    before = {n: os.stat(f) for n, f in files.items()}
    c = collect(args=("--compress", kind))
    eventually(lambda: not there(*files.values(), other[3]), what=c.stderr)
    for n, f in files.items():
        now = os.stat(f + KINDS[kind])
        assert packed.read(f + KINDS[kind]) == texts[n]
        assert (now.st_mode, now.st_uid, now.st_gid, now.st_mtime) == (
            before[n].st_mode, before[n].st_uid, before[n].st_gid,
            before[n].st_mtime)
    assert there(*other[:3]) == other[:3]


def test_a_checksum_finds_what_is_broken(collect, tmp_path):
    """zstd's frames have one, and tell their size."""
    live = str(tmp_path / "out.log")
    path = rotated.make(live, 1, DAY, random.Random(1).randbytes(4000))
    collect(args=("--compress", "zstd"))
    eventually(lambda: there(path + ".zst") and not there(path))
    with open(path + ".zst", "rb") as f:
        data = bytearray(f.read())
    data[len(data) // 2] ^= 1
    with pytest.raises(ValueError):
        packed.unzstd(bytes(data))


def test_left_overs_go_at_the_start(collect, tmp_path):
    """Unfinished compressions, and the empty file of a rotation that was
    broken off: also of an output that does not compress; no others'."""
    live = str(tmp_path / "out.log")
    plain = [rotated.make(live, n, DAY) for n in (1, 2, 3)]
    empty = rotated.make(live, 4, 0, b"")
    names = [os.path.basename(p) for p in plain]
    temps = ["." + names[0] + ".zst.tmp", "." + names[1] + ".gz.tmp"]
    foreign = ["." + names[0] + ".tmp", ".x" + names[0] + ".zst.tmp",
               names[0] + ".zst.tmp", ".out.log.zst.tmp", ".x.tmp"]
    for name in temps + foreign:
        (tmp_path / name).write_text("x")
    folder = tmp_path / ("." + names[2] + ".zst.tmp")
    folder.mkdir()
    c = collect()
    eventually(lambda: not there(empty, *(str(tmp_path / t) for t in temps)),
               what=c.stderr)
    assert there(*plain) == plain and folder.is_dir()
    assert all((tmp_path / f).exists() for f in foreign)
    send(c, "a", 10)
    c.wait_lines(13)
    c.signal(signal.SIGUSR1)
    eventually(lambda: len(c.files()) == 5)
    assert c.files()[3].endswith("-000004"), "a number is missing"


@pytest.mark.parametrize("end", KINDS.values())
@pytest.mark.parametrize("compress", ("none", "zstd"))
def test_twins(collect, tmp_path, end, compress):
    """When both forms are there and the same the plain one goes; one that is
    cut, broken or another's never costs the plain one."""
    live = str(tmp_path / "out.log")
    text = random.Random(2).randbytes(300000).replace(b"\n", b"x") + b"\n"
    plain = {n: rotated.make(live, n, DAY, text) for n in range(1, 8)}
    whole = packed.zstd(text) if end == ".zst" else \
        packed.gzip.compress(text)
    longer = packed.zstd(text + b"x") if end == ".zst" else \
        packed.gzip.compress(text + b"x")
    broken = bytearray(whole)
    broken[len(broken) // 2] ^= 1
    twins = {1: whole, 2: whole[:-1], 3: b"", 4: b"garbage", 5: longer,
             6: bytes(broken), 7: whole + b"x"}
    for n, data in twins.items():
        with open(plain[n] + end, "wb") as f:
            f.write(data)
    c = collect(args=("--compress", compress))
    eventually(lambda: not there(plain[1]), what=c.stderr)
    eventually(lambda: c.stderr().count("are not the same") == 6)
    if compress == "none":
        extra = rotated.make(live, 8, DAY)
    send(c, "a", 10)
    c.wait_metric("written_messages_total", 10)
    c.signal(signal.SIGUSR1)
    if compress == "zstd":
        eventually(lambda: c.files()[-2].endswith(".zst"))
    said = c.stop()
    assert said.count("are not the same") == 6
    for n, data in twins.items():
        with open(plain[n] + end, "rb") as f:
            assert f.read() == data
        assert (n == 1) != os.path.exists(plain[n])
    assert compress == "zstd" or there(extra)


def test_names_with_fields(collect, tmp_path):
    c = configured.start(collect, tmp_path, """
listen:
  - url: tcp://127.0.0.1:0
output:
  - path: "{dir}/logs/%{hostname}/%{app_name}.log"
    rotate_size: 4K
    compress: zstd
""").c
    count = load(2000)
    senders.send_stream(c.address(), "tcp", b"".join(
        senders.octet(b"<13>1 - h%d a%d - - - %s" % (
            n % 3, n % 4, oracle.text("s", n))) for n in range(count)))
    c.wait_metric("written_messages_total", count)
    lines = []
    for host in range(3):
        for app in range(4):
            c.path = str(tmp_path / "logs" / ("h%d" % host) /
                         ("a%d.log" % app))
            wait_compressed(c, ".zst")
            lines += c.lines()
    tally = oracle.check(lines, {"s": count})
    assert not (tally.missing or tally.doubled or tally.mixed), tally


def test_a_reload_turns_it_on_and_off(collect, tmp_path):
    text = """
listen:
  - url: tcp://127.0.0.1:0
output:
  - path: {dir}/out.log
"""
    live = str(tmp_path / "out.log")
    run = configured.start(collect, tmp_path, text)
    first = rotated.make(live, 1, DAY)
    run.reload(text + "    compress: gzip\n")
    eventually(lambda: there(first + ".gz") and not there(first))
    run.reload(text + "    compress: none\n")
    second = rotated.make(live, 2, DAY)
    # all outputs are looked through, and have their turns: when two files of
    # another are done, one of this would be, too
    others = [rotated.make(str(tmp_path / "other.log"), n, DAY)
              for n in (1, 2)]
    run.reload(text + "  - path: {dir}/other.log\n    compress: gzip\n")
    eventually(lambda: not any(there(path) for path in others))
    assert there(second) and there(first + ".gz")


def test_a_stop_breaks_it_off(collect, tmp_path):
    """At once and without a trace; the next start takes it up."""
    live = str(tmp_path / "out.log")
    size = (32 if SLOW else 512) << 20
    path = rotated.make(live, 1, DAY)
    with open(path, "r+b") as f:
        noise = random.Random(3).randbytes(1 << 20)
        for _ in range(size >> 20):
            f.write(noise)
    c = collect(args=("--compress", "gzip"))
    temp = str(tmp_path / ("." + os.path.basename(path) + ".gz.tmp"))
    eventually(lambda: os.path.exists(temp))
    start = time.monotonic()
    c.stop()
    assert time.monotonic() - start < 5
    assert there(path, path + ".gz", temp) == [path]
    os.truncate(path, 1 << 20)
    collect(args=("--compress", "gzip"))
    eventually(lambda: there(path, path + ".gz", temp) == [path + ".gz"])


def test_a_file_that_somebody_holds_waits(collect, tmp_path):
    """Two collectors, or a tool that locks what it reads."""
    import fcntl
    live = str(tmp_path / "out.log")
    held = rotated.make(live, 1, DAY)
    with open(held, "rb") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        other = rotated.make(live, 2, DAY)
        collect(args=("--compress", "zstd"))
        eventually(lambda: not there(other))
        assert there(held)
    eventually(lambda: not there(held))
