# SPDX-License-Identifier: BSD-2-Clause
"""escapes.py - the escapes of text files, and back"""

import re
import unicodedata

UNSAFE = frozenset(
    [chr(n) for n in range(0x20) if n != 9] + ["\x7f"] +
    [chr(n) for n in range(0x80, 0xa0)] +
    ["\u061c", "\u200e", "\u200f", "\u2028", "\u2029"] +
    [chr(n) for n in range(0x202a, 0x202f)] +
    [chr(n) for n in range(0x2066, 0x206a)])
# Characters that show as something else, each in some class of Unicode.
assert all(unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp") for c in UNSAFE)


def unescape(line):
    """What a line of a text format says, byte for byte."""
    return re.sub(rb"#([0-7]{3})", lambda m: bytes([int(m[1], 8)]), line)


def escape(text):
    """What a text format makes of these bytes."""
    text = re.sub(rb"#(?=[0-7]{3})", b"#043", text)
    out = []
    at = 0
    while at < len(text):
        size = character(text, at)
        piece = text[at:at + max(size, 1)]
        if size == 0 or piece.decode() in UNSAFE:
            piece = b"".join(b"#%03o" % byte for byte in piece)
        out.append(piece)
        at += max(size, 1)
    return b"".join(out)


def as_json(text):
    """What a JSON reader is to get for these bytes."""
    out = []
    at = 0
    while at < len(text):
        size = character(text, at)
        out.append(text[at:at + size].decode() if size else "\ufffd")
        at += max(size, 1)
    return "".join(out)


def character(text, at):
    """The length of the UTF-8 character that begins at `at`; 0: none does."""
    first = text[at]
    size = (1 if first < 0x80 else 2 if first < 0xe0 else
            3 if first < 0xf0 else 4)
    try:
        text[at:at + size].decode()
        return size if len(text) >= at + size else 0
    except UnicodeDecodeError:
        return 0


def assert_harmless(line):
    """No byte of a line can move a cursor or forge another line."""
    shown = line.decode()  # valid UTF-8, else an error
    assert not UNSAFE & set(shown), line
