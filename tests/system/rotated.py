# SPDX-License-Identifier: BSD-2-Clause
"""rotated.py - makes rotated files as an earlier life would have left them"""

import os
import time

import packed

DAY = 86400


def stamp(age):
    """What names hold of a file that was rotated so many seconds ago."""
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(time.time() - age))


def make(live, number, age=0, data=b"old\n", end=""):
    """A rotated file of that live file; returns its path."""
    path = "%s-%s-%06d%s" % (live, stamp(age), number, end)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if end == ".zst":
        data = packed.zstd(data)
    elif end == ".gz":
        data = packed.gzip.compress(data)
    with open(path, "wb") as f:
        f.write(data)
    then = time.time() - age
    os.utime(path, (then, then))
    return path


def there(*paths):
    """Those that are there."""
    return [p for p in paths if os.path.lexists(p)]
