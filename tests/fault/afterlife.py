# SPDX-License-Identifier: BSD-2-Clause
"""afterlife.py - what must be true of a log folder after a crash

A folder is looked at when the process is dead (photo), and again when
another one has been started there and ended well (check).
"""

import os
import re

import oracle
import packed
from harness import ROTATED


def live_of(path):
    """The live name that a rotated file belongs to; or path itself."""
    return ROTATED.sub("", path)


def all_files(folder):
    """Every file below the folder, except what tests put there."""
    found = []
    for where, _, names in os.walk(folder):
        found += [os.path.join(where, n) for n in names]
    return sorted(found)


def read(path):
    return packed.read(path)


def texts(folder):
    """{live name: the text of its files in the order of their names}; what
    .torn files hold stands under their own names."""
    pieces = {}
    files = all_files(folder)
    for path in sorted(files, key=lambda p: (p == live_of(p), p)):
        pieces.setdefault(live_of(path), []).append(read(path))
    return {live: b"".join(texts) for live, texts in pieces.items()}


def lines(folder):
    """All whole lines in a folder, but for those in .torn files."""
    found = []
    for path, text in texts(folder).items():
        if not path.endswith(".torn"):
            found += text.split(b"\n")[:-1]
    return found


def check_names(folder):
    """Numbers without gaps, stamps that do not go back, nothing empty, and
    nothing else."""
    numbers, stamps = {}, {}
    for path in all_files(folder):
        live = live_of(path)
        if path == live:
            assert re.search(r"\.log(\.torn|\.moved\d*)?$", path), path
            continue
        assert os.path.getsize(path) > 0, "a left-over: " + path
        stamp, number = ROTATED.search(path).groups()
        numbers.setdefault(live, []).append(int(number))
        stamps.setdefault(live, []).append(stamp)
    for live, have in numbers.items():
        assert have == list(range(1, len(have) + 1)), (live, have)
        assert stamps[live] == sorted(stamps[live]), stamps


def check_kept(before, folder, mended=True):
    """What was whole in a file is still where it was, what was torn is in
    the .torn file, and nothing of that was lost."""
    after = texts(folder)
    for live, text in before.items():
        if live.endswith(".torn"):
            assert after.get(live, b"").startswith(text), live
            continue
        whole, lf, tail = text.rpartition(b"\n")
        assert live in after, live
        assert after[live].startswith(whole + lf), live
        if tail and mended:
            assert tail + b"\n" in after.get(live + ".torn", b""), live
    for live, text in after.items() if mended else ():
        assert text == b"" or text.endswith(b"\n"), live


def senders(folder):
    """Those of whom anything is there."""
    return oracle.check(lines(folder), {}).seen


def check_lines(folder, ended, complete):
    """ended: {sender: messages that are surely there} of those that a crash
    cut off; complete: {sender: all its messages}."""
    found = lines(folder)
    have = {src: len(set(numbers)) for src, numbers in
            oracle.check(found, {}).seen.items() if src in ended}
    tally = oracle.check(found, {**have, **complete}, ordered=False)
    for src, least in ended.items():
        numbers = sorted(tally.seen.get(src, []))
        assert numbers == list(range(len(numbers))), (src, numbers)
        assert len(numbers) >= least, (src, len(numbers), least)
    assert tally.perfect(), tally
