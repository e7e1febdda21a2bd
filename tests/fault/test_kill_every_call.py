# SPDX-License-Identifier: BSD-2-Clause
"""kill -9 before every single call that touches a file, and inside writes.

Fault A4. Whatever the process was just doing: after the next start every line
is whole and in exactly one file, what was in the files before is still there,
names have no gaps, and nothing is left lying about.
"""

import os
import shutil
import signal
import time

import pytest

import afterlife
import harness
import nth
import oracle
import senders
from rounds import LONG

pytestmark = pytest.mark.fault

PIECE = 50
HEADER = b"<14>1 2026-11-22T10:15:00.123456Z web1 app%d 42 - - "


class Died(Exception):
    """The collector was killed in the middle of it."""


class Life:
    """One life of a collector, and what is done to it until it dies."""

    def __init__(self, scene, fault=None):
        self.scene = scene
        self.sure = {}  # {sender: messages that are surely written}
        self.total = None  # lines that there will be
        self.c = harness.Collector(
            scene.folder, output="d/" + scene.name, ready=False,
            args=scene.args, http="none", env=fault.env if fault else None)

    def alive(self):
        return self.c.process.poll() is None

    def until(self, condition):
        end = time.monotonic() + harness.DEADLINE
        while not condition():
            if not self.alive():
                raise Died()
            assert time.monotonic() < end, self.c.stderr()
            time.sleep(0.001)

    def ready(self):
        self.until(lambda: "syncline: ready\n" in self.c.stderr())

    def written(self):
        """Lines in the files. Each counts once, also when its file changes
        its name while we look."""
        return len(set(afterlife.lines(self.scene.logs)))

    def send(self, src, count=500):
        """Piece by piece; each is in the files before the next is sent."""
        files = self.scene.files
        if self.total is None:
            self.total = self.written()
        try:
            with senders.connect(self.c.address()) as s:
                for first in range(0, count // files, PIECE // files):
                    numbers = range(first, first + PIECE // files)
                    s.sendall(b"".join(senders.octet(
                        HEADER % k + oracle.text("%s%d" % (src, k), n))
                        for n in numbers for k in range(files)))
                    self.total += len(numbers) * files
                    self.until(lambda: self.written() >= self.total)
                    for k in range(files):
                        self.sure["%s%d" % (src, k)] = numbers[-1] + 1
        except OSError:
            self.until(lambda: False)

    def signal(self, number, done):
        self.c.signal(number)
        self.until(done)

    def rotated(self):
        return sum(p != afterlife.live_of(p)
                   for p in afterlife.all_files(self.scene.logs))

    def rotate(self):
        have = self.rotated()
        self.signal(signal.SIGUSR1, lambda: self.rotated() > have)

    def stop(self):
        self.c.signal(signal.SIGTERM)
        status = self.c.wait_exit()
        if status == -signal.SIGKILL:
            raise Died()
        assert status == 0, self.c.stderr()


def by_size(life):
    """500 messages and some rotations."""
    life.ready()
    life.send("a")


def by_signal(life):
    """The same, rotated by hand."""
    life.ready()
    life.send("a", 150)
    for n in range(3):
        life.rotate()
        life.send("s%d-" % n, 100)


def moved(life):
    """As logrotate does it, twice, and a rotation of our own."""
    live = os.path.join(life.scene.logs, life.scene.name)
    life.ready()
    life.send("a", 100)
    for n in range(2):
        os.rename(live, live + ".moved%d" % n)
        life.signal(signal.SIGHUP, lambda: os.path.exists(live))
        life.send("m%d-" % n, 100)
        life.rotate()


class Scene:
    """A folder, the options of the collector there, and what happens."""

    def __init__(self, script, args=(), name="out.log", files=1, lacking=(),
                 found=None):
        self.script = script
        self.args = ("--workers", 1, *args)
        self.name, self.files, self.lacking = name, files, lacking
        self.found = found  # what the live file holds before all that
        self.folder = self.logs = None

    def prepare(self, folder):
        self.folder = str(folder)
        self.logs = os.path.join(self.folder, "d")
        os.makedirs(self.folder)
        if self.found is not None:
            os.makedirs(self.logs)
            with open(os.path.join(self.logs, self.name), "wb") as f:
                f.write(self.found)


WHOLE = b"".join(HEADER % 0 + oracle.text("old0", n) + b"\n"
                 for n in range(40))
SIZE = ("--rotate-size", "64K", "--sync", "5ms")
SCENES = {
    "size": Scene(by_size, SIZE),
    "always": Scene(by_size, ("--rotate-size", "64K", "--sync", "always")),
    "signal": Scene(by_signal, ("--sync", "5ms")),
    "steps": Scene(by_signal, ("--sync", "5ms"), lacking=("exchange",)),
    "moved": Scene(moved, ("--sync", "5ms")),
    "torn": Scene(by_signal, ("--sync", "5ms"),
                  found=WHOLE + b"<14>1 half of a li" * 2000),
    "fields": Scene(by_size, SIZE, name="%{app_name}/x.log", files=2),
    "walk": Scene(by_signal, ("--sync", "5ms"), name="%{app_name}/x.log",
                  files=2, lacking=("openat2",)),
}


def one_life(scene, folder, at, how):
    """A life that ends before the call number at; then the next one. Returns
    the trace of a life that did not end by itself."""
    scene.prepare(folder)
    before = afterlife.texts(scene.logs)
    fault = nth.Fault(scene.folder, scene.logs, scene.lacking)
    kinds = nth.FILES if how == nth.KILL else ("write",)
    fault.arm(kinds, at, how)
    life = Life(scene, fault)
    try:
        scene.script(life)
        life.stop()
        trace = fault.trace
    except Died:
        trace = None
        assert life.c.process.wait() == -signal.SIGKILL, life.c.stderr()
    photo = afterlife.texts(scene.logs)
    if trace is None:
        for live, text in before.items():
            assert live.endswith(".torn") or photo[live].startswith(
                text.rpartition(b"\n")[0])
    afterwards(scene, photo, life.sure)
    return trace


def afterwards(scene, photo, sure):
    """The next life finds all in order, and goes on."""
    life = Life(scene)
    life.ready()
    # of many files each is mended when the next message for it comes: what
    # else is in such a folder is not ours to change
    afterlife.check_kept(photo, scene.logs, mended=scene.files == 1)
    afterlife.check_names(scene.logs)
    life.send("b", 100)
    life.rotate()
    life.send("c", 100)
    life.stop()
    afterlife.check_kept(photo, scene.logs)
    afterlife.check_names(scene.logs)
    ended = {src: 0 for src in afterlife.senders(scene.logs)
             if src[0] not in "bco"}
    complete = {src: n for src, n in life.sure.items()}
    if scene.found:
        complete["old0"] = 40
    afterlife.check_lines(scene.logs, {**ended, **sure}, complete)


def chosen(trace, how):
    """The numbers of the calls to die at: all of them, and in the shortened
    form the first of each kind behind each other kind."""
    if how != nth.KILL:
        numbers = range(1, trace.count("write") + 1)
        return numbers if LONG else numbers[::4]
    if LONG:
        return range(1, len(trace) + 1)
    first = {}
    for n in range(len(trace)):
        first.setdefault(tuple(trace[max(0, n - 1):n + 1]), n + 1)
    return sorted(first.values())


@pytest.mark.parametrize("name", SCENES)
def test_killed_before_each_call(tmp_path, name):
    scene = SCENES[name]
    trace = one_life(scene, tmp_path / "whole", 0, nth.KILL)
    assert trace.count("write") >= 5, trace
    for how in nth.KILL, nth.PART:
        for at in chosen(trace, how):
            folder = tmp_path / ("%d-%d" % (how, at))
            try:
                one_life(scene, folder, at, how)
            except BaseException:
                print("call %d of %s: %s" % (
                    at, name, trace[max(0, at - 4):at]))
                raise
            shutil.rmtree(folder)
