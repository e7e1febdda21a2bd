# SPDX-License-Identifier: BSD-2-Clause
"""B7: a file system that becomes read-only while we write."""

import os
import subprocess
import time

import pytest

import oracle
import senders
from configured import start
from harness import eventually, live_and_rotated
from places import (LISTEN, files_below, inside, lines_in, loop_ext4, message,
                    note, send, shown, since, stored, tmpfs)

GENEROUS_MS = 5000

TEXT = LISTEN + """output:
  - name: bad
    path: "{dir}/mnt/PATH"
    rotate_size: 64K
    sync: 50ms
  - name: good
    path: "{dir}/good.log"
"""


def remount(c, path, how):
    """Within the collector's mount namespace."""
    subprocess.run(["nsenter", "-t", str(c.pid), "-m", "mount", "-o",
                    "remount,bind," + how, path], check=True)


def test_a_read_only_mount(collect, private, tmp_path, record_property):
    """Files that are not open cannot be opened: the output stalls, says so,
    and goes on when the mount may be written to again. The other one does not
    notice."""
    (tmp_path / "mnt").mkdir()
    mnt = str(tmp_path / "mnt")
    f = start(collect, tmp_path, TEXT.replace("PATH", "%{hostname}.log")
              .replace("rotate_size: 64K", "max_open_files: 1"),
              prefix=tmpfs(private, mnt, options="size=32m") + [
                  "sh", "-c", 'mount --bind "$1" "$1" && shift && exec "$@"',
                  "sh", mnt])
    count = 0

    def put(n=20):
        nonlocal count
        send(f.c, [message("h%d" % k, "a", "s", count + k) for k in range(n)])
        count += n

    put()
    for turn in range(3):
        for output in "good", "bad":
            eventually(lambda: f.c.metric("written_messages_total",
                                          output=output) == count,
                       what=shown(f.c))
        # the one that is open can still be written to: it has to go
        for path in files_below(inside(f.c, mnt)):
            os.unlink(path)
        eventually(lambda: f.c.metric("open_files", output="bad") == 0)
        first = count
        remount(f.c, mnt, "ro")
        begin = time.monotonic()
        put()
        eventually(lambda: f.c.metric("stalled", output="bad") == 1)
        stalled = since(begin)
        f.c.wait_metric("written_messages_total", count, output="good")
        assert f.c.metric("failed_writes_total", output="bad",
                          reason="EROFS") > 0
        assert files_below(inside(f.c, mnt)) == []
        remount(f.c, mnt, "rw")
        begin = time.monotonic()
        eventually(lambda: f.c.metric("stalled", output="bad") == 0)
        note(record_property, "stalled, resumed after ms", "%d %d" % (
            stalled, since(begin)))
        f.c.wait_metric("written_messages_total", count, output="bad")
        lines = stored(inside(f.c, mnt))
        assert len(lines) == count - first
        assert "_other" not in os.listdir(inside(f.c, mnt))
    assert "Read-only file system" in f.c.stderr()


needs_root = pytest.mark.skipif(os.geteuid() != 0,
                                reason="only root mounts loop devices")


def break_it(device):
    name = "/sys/fs/ext4/%s/trigger_fs_error" % os.path.basename(device)
    if not os.path.exists(name):
        pytest.skip("no way to break this ext4")
    with open(name, "w") as f:
        f.write("1")


@needs_root
@pytest.mark.parametrize("sync", ["50ms", "always"])
@pytest.mark.parametrize("path", ["all.log", "%{hostname}.log"])
def test_a_file_system_with_an_error(collect, tmp_path, path, sync,
                                     record_property):
    """ext4 stops taking writes after an error, also into files that are
    open. The output stalls and says so; nothing holds the broken file system
    any more, so that it can be unmounted, checked and mounted again; then it
    goes on by itself. Nothing is written below the mount point meanwhile. With
    sync: always what was not safe by then comes twice rather than not."""
    with loop_ext4(tmp_path) as (mnt, device, _):
        f = start(collect, tmp_path, TEXT.replace("PATH", path)
                  .replace("sync: 50ms", "sync: " + sync))
        s = senders.connect(f.c.address())
        count = 0

        def put(n=500):
            nonlocal count
            s.sendall(b"".join(senders.octet(message("h", "a", "s", k))
                               for k in range(count, count + n)))
            count += n

        put()
        for output in "good", "bad":
            f.c.wait_metric("written_messages_total", count, output=output)
        os.sync()
        break_it(device)
        begin = time.monotonic()
        put()
        eventually(lambda: f.c.metric("stalled", output="bad") == 1,
                   what=shown(f.c))
        note(record_property, "stalled after ms", round(since(begin)))
        f.c.wait_metric("written_messages_total", count, output="good")
        assert f.c.metric("failed_writes_total", output="bad",
                          reason="EROFS") > 0
        put(10)
        f.c.wait_metric("written_messages_total", count, output="good")

        def unmounted():
            return subprocess.run(["umount", mnt],
                                  capture_output=True).returncode == 0

        eventually(unmounted, what="nothing holds it")
        tries = f.c.metric("failed_writes_total", output="bad")
        eventually(lambda: f.c.metric("failed_writes_total", output="bad") >
                   tries + 2, what=shown(f.c))
        assert os.listdir(mnt) == []  # the folder below it
        assert subprocess.run(["fsck.ext4", "-fy", device],
                              capture_output=True).returncode in (0, 1)
        subprocess.run(["mount", device, mnt], check=True)
        begin = time.monotonic()
        eventually(lambda: f.c.metric("stalled", output="bad") == 0,
                   what=shown(f.c))
        resumed = since(begin)
        note(record_property, "resumed after ms", round(resumed))
        put()
        for output in "good", "bad":
            f.c.wait_metric("written_messages_total", count, output=output)
        assert resumed < GENEROUS_MS
        s.close()
        f.c.stop()
        name = path.replace("%{hostname}", "h")
        lines = lines_in(*live_and_rotated(mnt + "/" + name))
        tally = oracle.check(lines, {"s": count}, ordered=sync != "always")
        if sync == "always":
            tally.doubled = 0
        assert tally.perfect(), tally
        assert oracle.check(f.lines("good.log"), {"s": count}).perfect()
