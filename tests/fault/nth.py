# SPDX-License-Identifier: BSD-2-Clause
"""nth.py - arms tests/fault/nth.c: the N-th call of a kind fails or kills

    fault = nth.Fault(tmp_path, under=folder)
    c = collect(env=fault.env)
    fault.arm(["write", "fsync"], at=3, error=errno.EIO, lasting=True)
    ...
    fault.cure()
"""

import ctypes
import functools
import mmap
import os
import tempfile

import shim

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "nth.c")

# As in nth.c.
KINDS = ("write", "fsync", "fdatasync", "syncfs", "rename", "exchange", "open",
         "openat2", "ftruncate", "unlink", "chown", "chmod", "mkdir", "flock",
         "fstat", "statat", "read", "close", "dup", "readdir", "alloc",
         "thread")
FAIL, KILL, PART, SHORT, ROOM = range(5)
# What touches a file; after anything else nothing has changed.
FILES = tuple(k for k in KINDS if k not in ("alloc", "thread"))


class Page(ctypes.Structure):
    _fields_ = [("armed", ctypes.c_uint64), ("at", ctypes.c_int64),
                ("how", ctypes.c_int32), ("error", ctypes.c_int32),
                ("lasting", ctypes.c_int32), ("lacking", ctypes.c_uint32),
                ("count", ctypes.c_int64), ("hits", ctypes.c_int64),
                ("room", ctypes.c_int64), ("under", ctypes.c_char * 1024),
                ("trace", ctypes.c_uint8 * 2048)]


@functools.lru_cache
def library():
    """The path of the library, built once a run."""
    folder = tempfile.mkdtemp(prefix="syncline-nth-")
    path = os.path.join(folder, "nth.so")
    shim.compile_c("-shared", "-fPIC", "-o", path, SOURCE, "-lpthread", "-ldl")
    return path


class Fault:
    """What happens to the calls of the program that is started with env."""

    def __init__(self, folder, under="", lacking=()):
        self.path = os.path.join(str(folder), "nth-control")
        with open(self.path, "wb") as f:
            f.write(bytes(mmap.PAGESIZE))
        with open(self.path, "r+b") as f:
            self.memory = mmap.mmap(f.fileno(), mmap.PAGESIZE)
        self.page = Page.from_buffer(self.memory)
        self.page.under = str(under).rstrip("/").encode() + b"/" \
            if under else b""
        self.page.lacking = sum(1 << KINDS.index(k) for k in lacking)
        self.env = {"LD_PRELOAD": library(), "NTH_CONTROL": self.path,
                    "ASAN_OPTIONS": os.environ.get(
                        "ASAN_OPTIONS", "exitcode=99") +
                    ":verify_asan_link_order=0:allocator_may_return_null=1"}

    def arm(self, kinds, at=1, how=FAIL, error=0, lasting=False, room=0):
        """Counts the calls of these kinds from now on; the one with the
        number at is hit, and with lasting those after it."""
        self.page.armed = 0
        self.page.at, self.page.how, self.page.error = at, how, error
        self.page.lasting, self.page.room = lasting, room
        self.page.count = self.page.hits = 0
        self.page.armed = sum(1 << KINDS.index(k) for k in kinds)

    def cure(self):
        """All is well again; how many calls were hit."""
        self.page.armed = 0
        return self.page.hits

    @property
    def hits(self):
        return self.page.hits

    @property
    def count(self):
        """Calls of the armed kinds so far."""
        return self.page.count

    @property
    def trace(self):
        """The kinds of the calls that were counted, in their order."""
        return [KINDS[k] for k in self.page.trace[:self.page.count]]
