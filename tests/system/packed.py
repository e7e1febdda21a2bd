# SPDX-License-Identifier: BSD-2-Clause
"""packed.py - reads and makes compressed log files

Python has gzip; zstd is taken from the library that the collector uses.
"""

import ctypes
import functools
import gzip

UNKNOWN = 2 ** 64 - 2  # and the one above is an error


@functools.lru_cache
def _zstd():
    library = ctypes.CDLL("libzstd.so.1")
    for name in ("ZSTD_decompress", "ZSTD_compress", "ZSTD_compressBound"):
        getattr(library, name).restype = ctypes.c_size_t
    library.ZSTD_getFrameContentSize.restype = ctypes.c_ulonglong
    library.ZSTD_isError.argtypes = [ctypes.c_size_t]
    return library


def _n(data):
    return ctypes.c_size_t(len(data))


def unzstd(data):
    """What one whole frame holds; ValueError when it is broken."""
    size = _zstd().ZSTD_getFrameContentSize(data, _n(data))
    if size >= UNKNOWN:
        raise ValueError("no zstd frame, or one that tells no size")
    out = ctypes.create_string_buffer(max(size, 1))
    done = _zstd().ZSTD_decompress(
        out, ctypes.c_size_t(size), data, _n(data))
    if _zstd().ZSTD_isError(done) or done != size:
        raise ValueError("broken zstd")
    return out.raw[:size]


def zstd(data):
    room = _zstd().ZSTD_compressBound(_n(data))
    out = ctypes.create_string_buffer(room)
    done = _zstd().ZSTD_compress(
        out, ctypes.c_size_t(room), data, _n(data), ctypes.c_int(3))
    assert not _zstd().ZSTD_isError(done)
    return out.raw[:done]


def read(path):
    """The text of a log file, compressed or not."""
    with open(path, "rb") as f:
        data = f.read()
    path = str(path)
    if path.endswith(".gz"):
        return gzip.decompress(data)
    return unzstd(data) if path.endswith(".zst") else data


def plain(name):
    """The name without what says how it is compressed."""
    for end in ".gz", ".zst":
        if name.endswith(end):
            return name[:-len(end)]
    return name
