# SPDX-License-Identifier: BSD-2-Clause
"""A PRI that is none costs nothing but itself.

Fault F5, RFC-11 to RFC-13, RFC-115, RFC-118: stored whole, as 13.
"""

import json

import pytest

import senders

pytestmark = pytest.mark.fault

BAD = [b"<>x", b"<1", b"<13", b"<999>x", b"<192>x", b"<-1>x", b"<+1>x",
       b"<00013>x", b"<013>x", b"<00>x", b"<4294967309>x", b"<0x10>x",
       b"<1 3>x", b"< 13>x", b"<13 >x", b"<a>x", b"13>x", b"x", b"<<13>x",
       b"<18446744073709551629>x", b"<13\xff>x", b"<", b">", b"<13>"[:3]]
GOOD = {b"<0>x": ("kern", "emerg", 0), b"<13>x": ("user", "notice", 13),
        b"<34>x": ("auth", "crit", 34), b"<165>x": ("local4", "notice", 165),
        b"<191>x": ("local7", "debug", 191)}


@pytest.fixture
def collector(shared, tmp_path_factory):
    def start(format):
        folder = tmp_path_factory.getbasetemp()
        return shared(listen=("unix://%s/pri-%s" % (folder, format),),
                      args=("--workers", "1", "-f", format))
    return start


def test_a_bad_pri_is_text(collector):
    """F5: facility user, severity notice, and the whole message as text."""
    got = senders.feed(collector("json"), *BAD, scheme="unix")
    assert len(got) == len(BAD)
    for line, sent in zip(got, BAD):
        fields = json.loads(line)
        assert fields["msg"] == sent.decode("utf-8", "replace")
        assert fields["format"] == "raw"
        assert (fields["facility"], fields["severity"], fields["pri"]) == (
            "user", "notice", 13)


def test_a_bad_pri_becomes_13_in_a_line(collector):
    """F5: and the line is a valid one, with all of what came behind it."""
    got = senders.feed(collector("rfc5424"), *BAD, scheme="unix")
    for line, sent in zip(got, BAD):
        assert line.startswith(b"<13>1 ")
        assert line.endswith(b" " + sent.replace(b"\xff", b"#377"))


def test_a_good_pri_is_understood(collector):
    """RFC-12, RFC-146: facility and severity by their names of RFC 5427."""
    got = senders.feed(collector("json"), *GOOD, scheme="unix")
    for line, expected in zip(got, GOOD.values()):
        fields = json.loads(line)
        assert (fields["facility"], fields["severity"],
                fields["pri"]) == expected
        assert fields["msg"] == "x"
