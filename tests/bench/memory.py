# SPDX-License-Identifier: BSD-2-Clause
"""memory.py - pages that a virtual machine has, and keeps

Where the host takes back what is free ("free page reporting" of
virtio_balloon), the next use of such a page waits for the host: writing a
file then costs two to four times as much as with a page of the machine's
own, in some runs and not in others, and most with the server that writes most.
So all the memory that the runs do not need is held meanwhile, and what is left
is touched before each: within seconds of a run the host has a part of it.
"""

import glob
import mmap
import subprocess
import sys

REPORTING = 5       # bit of virtio_balloon's features
SPARE = 2 << 30     # for the programs, and the kernel's own
SMALL = 1 << 30     # less is not worth it
MARGIN = 512 << 20  # is never touched: others run, too

# The first that the kernel ends when memory gets short.
HOLD = """
import mmap, sys
with open("/proc/self/oom_score_adj", "w") as f:
    f.write("1000")
size = [int(n) << 20 for n in sys.argv[1:]]
held, touched = (mmap.mmap(-1, n, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS |
                           mmap.MAP_POPULATE) for n in size)
touched.close()
print("held", flush=True)
sys.stdin.read()
"""


def is_given_back():
    """Does this machine give its free pages back to a host?"""
    for path in glob.glob(
            "/sys/bus/virtio/drivers/virtio_balloon/virtio*/features"):
        with open(path, encoding="ascii") as f:
            if f.read()[REPORTING:REPORTING + 1] == "1":
                return True
    return False


def available():
    with open("/proc/meminfo", encoding="ascii") as f:
        for line in f:
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) << 10
    return 0


class Held:
    """Holds what is free but for twice the largest output, while in use."""

    def __init__(self, output):
        self.left = SPARE + 2 * output
        self.holder = None

    def __enter__(self):
        size = available() - self.left
        if size < SMALL or not is_given_back():
            return self
        print("bench: holding %.1f GiB of memory, or the host would take it "
              "back between runs" % (size / (1 << 30)), flush=True)
        # pylint: disable-next=consider-using-with
        self.holder = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(size >> 20),
             str((self.left - SMALL) >> 20)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        if self.holder.stdout.readline() != b"held\n":
            print("bench: could not hold it", file=sys.stderr)
        return self

    def touch(self):
        """Has the host give back what is free, now and not while a server
        needs it. Not only as much as the server will: which pages those will
        be, nobody knows. False: nothing was to be done, or the rest is not
        held any more, and it would be all of the machine's."""
        held = self.holder and self.holder.poll() is None
        size = available() - MARGIN if held else 0
        if size <= 0:
            return False
        mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS |
                  mmap.MAP_POPULATE).close()
        return True

    def __exit__(self, *_):
        if not self.holder:
            return
        self.holder.stdin.close()
        self.holder.stdout.close()
        self.holder.wait()
