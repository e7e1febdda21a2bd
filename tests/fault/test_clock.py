# SPDX-License-Identifier: BSD-2-Clause
"""J5: the clock on the wall is set while we work, back, forward, past 2038 and
over the days when daylight saving begins and ends. The clock that timers run
on is left alone, as it is in life."""

import glob
import os
import re
import signal
import time

import pytest

import oracle
import senders
from configured import start
from harness import ROTATED, eventually, live_and_rotated
from places import LISTEN, lines_in, shown
from rounds import rounds

LIBRARIES = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")

TEXT = LISTEN + """output:
  - name: fixed
    path: "{dir}/logs/all.log"
    sync: 20ms
EVERY  - name: many
    path: "{dir}/many/%{hostname}.log"
    sync: 20ms
EVERY"""
EVERY = "    rotate_every: 1h\n"


class Clock:
    """A collector whose wall clock is what we say."""

    def __init__(self, collect, tmp_path, text, zone, at):
        if not LIBRARIES:
            pytest.skip("libfaketime is not installed")
        self.file = tmp_path / "clock"
        self.offset = 0
        self.set_to(at)
        self.f = start(collect, tmp_path, text, env={
            "LD_PRELOAD": LIBRARIES[0], "TZ": zone, "NO_FAKE_STAT": "1",
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "exitcode=99") +
            ":verify_asan_link_order=0"})
        self.c = self.f.c
        self.count = 0

    def set_to(self, at):
        """Seconds since 1970 of the wall clock, from now on."""
        self.offset = at - time.time()
        new = str(self.file) + ".new"
        with open(new, "w") as f:
            f.write("%+d\n" % self.offset)
        os.rename(new, self.file)

    def now(self):
        return time.time() + self.offset

    def put(self, n=5):
        senders.send_stream(self.c.address(), "tcp", b"".join(
            senders.octet(oracle.message("s", k))
            for k in range(self.count, self.count + n)))
        self.count += n
        for output in "fixed", "many":
            eventually(lambda: self.c.metric(
                "written_messages_total", output=output) == self.count,
                what=shown(self.c))

    def lives(self):
        return (self.f.path("logs/all.log"), self.f.path("many/web1.log"))

    def rotations(self):
        return [len(live_and_rotated(path)) - 1 for path in self.lives()]

    def check(self):
        """Nothing is overwritten; by their names, files are in the order in
        which they were written, and numbered without gaps."""
        for path in self.lives():
            files = live_and_rotated(path)
            tally = oracle.check(lines_in(*files), {"s": self.count})
            assert tally.perfect(), tally
            numbers = [int(ROTATED.search(name)[2]) for name in files[:-1]]
            assert numbers == list(range(1, len(numbers) + 1))
            stamps = [ROTATED.search(name)[1] for name in files[:-1]]
            assert stamps == sorted(stamps)


def steps_told(said):
    return re.findall(r"the clock of this machine was set (forward|back) by "
                      r"(\d+) ms", said)


STEPS = [-3600, 86400, -86400, 3600, -7, 3, -86400 * 400, 86400 * 800,
         -86400 * 400, 60, -60, 86400 * 30]


def test_steps(collect, tmp_path):
    """Back and forth: each is told once, costs one rotation at the most, and
    timers go on as ever."""
    clock = Clock(collect, tmp_path, TEXT.replace("EVERY", EVERY),
                  "UTC", 1790000000 + 1800)
    clock.put()
    told = 0
    for n in range(max(8, rounds(60, 8))):
        step = STEPS[n % len(STEPS)]
        before = clock.rotations()
        clock.set_to(clock.now() + step)
        if n % 2 == 0:
            clock.put()
        told += 1
        eventually(lambda: len(steps_told(clock.c.stderr())) == told,
                   what=clock.c.stderr)
        way, by = steps_told(clock.c.stderr())[-1]
        assert way == ("forward" if step > 0 else "back")
        assert abs(int(by) - abs(step) * 1000) < 1500
        clock.put()
        # timers: what is due within 20 ms comes, though the clock went back
        eventually(lambda: clock.c.metric("sync_seconds_count") > 0)
        after = clock.rotations()
        for a, b in zip(before, after):
            # and one that the time itself brings, seldom, at a full hour
            assert b - a <= 1 + (clock.now() % 3600 < 60), (n, step)
        if n % 5 == 4:
            clock.c.signal(signal.SIGUSR1)
            eventually(lambda: all(b > a for a, b in zip(
                after, clock.rotations())))
    clock.check()
    assert clock.c.metric("stalled") == 0
    assert clock.c.metric("failed_writes_total") == 0
    clock.f.reload()
    clock.c.stop()
    assert len(steps_told(clock.c.stderr())) == told  # each once


def test_no_step_is_told_of_a_quiet_clock(collect, tmp_path):
    """A clock that is slewed is off by less than 2 s at each look."""
    clock = Clock(collect, tmp_path, TEXT.replace("EVERY", ""), "UTC",
                  1790000000)
    for n in range(10):
        clock.set_to(clock.now() + (1 if n % 2 else -1))
        clock.put()
    # a look each second: two more of them for sure
    clock.set_to(clock.now() + 100)
    eventually(lambda: steps_told(clock.c.stderr()))
    assert [way for way, _ in steps_told(clock.c.stderr())] == ["forward"]


def test_2038(collect, tmp_path):
    """Over 2038-01-19 03:14:08, where 32 bits end."""
    clock = Clock(collect, tmp_path, TEXT.replace("EVERY", EVERY), "UTC",
                  2**31 - 600)
    clock.put()
    clock.set_to(2**31 + 60)
    clock.put()
    assert clock.rotations() == [0, 0]  # the same hour
    clock.set_to(2**31 + 3600)
    clock.put()
    eventually(lambda: clock.rotations() == [1, 1])
    clock.put()
    clock.c.signal(signal.SIGUSR1)
    eventually(lambda: clock.rotations() == [2, 2])
    clock.check()
    names = [os.path.basename(p) for p in live_and_rotated(clock.lives()[0])]
    assert names[0].startswith("all.log-20380119T04")
    lines = lines_in(*live_and_rotated(clock.lives()[0]))
    assert len(lines) == clock.count


# Europe/Berlin: 2026-03-29 01:00 and 2026-10-25 01:00 UTC
SPRING, AUTUMN = 1774746000, 1792890000


@pytest.mark.parametrize("change", [SPRING, AUTUMN])
@pytest.mark.parametrize("every", ["1h", "1d"])
def test_daylight_saving(collect, tmp_path, change, every):
    """Through the day of the change in steps of a quarter of an hour: a
    rotation an hour, or one at midnight, neither more nor fewer; what is
    over is rotated by itself."""
    clock = Clock(collect, tmp_path, TEXT.replace(
        "EVERY", EVERY.replace("1h", every)), "Europe/Berlin",
        change - 2 * 3600 - 1000)
    os.environ["TZ"] = "Europe/Berlin"
    time.tzset()
    try:
        def period(at):
            # an hour that the wall shows twice is one period
            return time.localtime(at)[:3 if every == "1d" else 4]

        clock.put()
        wanted, last = 0, period(clock.now())
        ahead = range(0, 5 * 4) if every == "1h" else (
            0, 4, 8, 12, 85, 86, 87, 88, 89, 90, 91, 92, 96, 97)
        for quarter in ahead:
            clock.set_to(change - 2 * 3600 + 450 + quarter * 900)
            now = period(clock.now())
            wanted += now != last
            last = now
            eventually(lambda: clock.rotations() == [wanted, wanted],
                       what=lambda: "%r for %d" % (clock.rotations(), wanted))
            clock.put()
            assert clock.rotations() == [wanted, wanted]
        clock.check()
    finally:
        del os.environ["TZ"]
        time.tzset()
