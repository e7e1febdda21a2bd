# SPDX-License-Identifier: BSD-2-Clause
"""No size of anything makes it fall over or stand still.

Fault F7; CVE-2018-16864/-16865 (a stack sized by the client). Threads run on
a stack of 256 KiB here, where no sanitizer needs more.
"""

import json

import pytest

import senders
from escapes import unescape
from harness import SLOW, load

pytestmark = [pytest.mark.fault, pytest.mark.plain]

STACK = () if SLOW else ("prlimit", "--stack=262144", "--")
START = b"<13>1 2026-11-22T10:15:00Z host app 1 id "


def elements(count):
    return b"".join(b'[e%d@1 a="%d"]' % (n, n) for n in range(count))


MESSAGES = {
    "10 000 elements": START + elements(10000) + b" text",
    "one element twice, far apart":
        START + elements(5000) + b'[e0@1 a="x"] text',
    "10 000 parameters":
        START + b"[x@1" + b' a="b"' * 10000 + b"] text",
    "a value of nearly 1 MiB":
        START + b'[x@1 y="' + b"v" * (1040000) + b'"] text',
    "a value of escapes":
        START + b'[x@1 y="' + b"\\\"" * 500000 + b'"] text',
    "a value without an end": START + b'[x@1 y="' + b"v" * 1000000,
    "brackets only": START + b"[" * 1000000,
    "60 KiB of APP-NAME":
        b"<13>1 2026-11-22T10:15:00Z host " + b"a" * 61440 + b" 1 id - text",
    "60 KiB of HOSTNAME":
        b"<13>1 2026-11-22T10:15:00Z " + b"h" * 61440 + b" app 1 id - text",
    "60 KiB of tag": b"<13>Nov 22 10:15:00 host " + b"t" * 61440 + b": text",
    "blanks only": b"<13>" + b" " * 1000000,
    "digits only": b"<13>" + b"1" * 1000000,
    "bytes that are all escaped": b"<13>" + b"\x01" * 1000000,
    "bytes that are no UTF-8": b"<13>" + b"\xf0\x9f\x98" * 300000,
    "1 MiB of text": START + b"- " + b"m" * 1000000,
}


@pytest.fixture
def collector(shared):
    def start(format):
        return shared(prefix=STACK, args=(
            "--workers", "1", "-f", format, "--max-message", "1M"))
    return start


@pytest.mark.parametrize("format", ["rfc5424", "json", "raw"])
@pytest.mark.parametrize("name", MESSAGES)
def test_a_huge_message_is_one_line(collector, format, name):
    """F7: bounded; and the message behind it is stored, too."""
    sent = MESSAGES[name][:1 << 20]
    got = senders.feed(collector(format),
                       senders.octet(sent) + senders.octet(b"<13>next"))
    assert len(got) == 2
    assert b"next" in got[1]
    if format == "raw":
        assert len(got[0]) >= len(sent)
    elif format == "json":
        assert json.loads(got[0])["pri"] == 13
    else:
        assert got[0].startswith(b"<13>1 ")
        assert unescape(got[0])[-5:] == sent[-5:]


def test_eight_mebibytes_without_an_end(collector):
    """F7: no delimiter ever; cut at 1 MiB, bounded, others go on."""
    c = collector("raw")
    senders.feed(c, senders.lf(MESSAGES["1 MiB of text"]))
    before = c.memory()
    data = b"<13>" + b"n" * load(8 << 20)
    assert senders.feed(c, data) == [data[:1 << 20]]
    assert c.memory() - before < 32 << 20
