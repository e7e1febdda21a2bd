# SPDX-License-Identifier: BSD-2-Clause
"""An odd message is stored whole, and nothing waits for it.

Faults F15 (times that cannot be) and F7 (many messages of the worst kind, one
behind the other); RFC-15 to RFC-17, RFC-117, RFC-121. Messages that are odd
in size alone are in test_sizes.py.
"""

import datetime
import json

import pytest

import senders
from harness import SLOW, load

pytestmark = [pytest.mark.fault, pytest.mark.plain]

STACK = () if SLOW else ("prlimit", "--stack=262144", "--")
RECEIVED = None  # the time of reception stands in for the one that was sent

# TIMESTAMP of RFC 5424: what is said of it
STRICT = {
    "0000-01-01T00:00:00Z": "0000-01-01T00:00:00Z",
    "0000-02-29T23:59:59.999999+23:59": "0000-02-29T23:59:59.999999+23:59",
    "9999-12-31T23:59:59.999999Z": "9999-12-31T23:59:59.999999Z",
    "9999-12-31T23:59:59-23:59": "9999-12-31T23:59:59-23:59",
    "2016-12-31T23:59:60Z": RECEIVED,
    "2026-11-22T10:15:00-24:00": RECEIVED,
    "2026-11-22T10:15:00.12345678901234567890Z":
        "2026-11-22T10:15:00.123456Z",
    "2026-13-22T10:15:00Z": RECEIVED,
    "2026-00-22T10:15:00Z": RECEIVED,
    "2026-02-29T10:15:00Z": RECEIVED,
    "2026-11-22T24:00:00Z": RECEIVED,
    "2026-11-22": RECEIVED,
    "2026-11-22T": RECEIVED,
    "2026-11-22T10:15:00": "2026-11-22T10:15:00+00:00",
}

# The same of RFC 3164, a year being nearest to reception
LOOSE = {
    "0000-01-01 00:00:00": "0000-01-01T00:00:00+00:00",
    "Dec 31 9999 23:59:59": RECEIVED,
    "9999-12-31T23:59:59-23:59": "9999-12-31T23:59:59-23:59",
    "Dec 31 2016 23:59:60": RECEIVED,
    "Nov 31 10:15:00": RECEIVED,
    "Nov 22 10:61:00": RECEIVED,
    "9999999999.99999999999999999999": "2286-11-20T17:46:39.999999Z",
    "99999999999999999999.9": RECEIVED,
    "2024-11-22T10:15:00.12345678901234567890+23:59":
        "2024-11-22T10:15:00.123456+23:59",
}


@pytest.fixture
def collector(shared):
    def start(form):
        return shared(prefix=STACK, env={"TZ": "UTC0"}, args=(
            "--workers", "1", "-f", form, "--max-message", "1M"))
    return start


def expect_time(collector, message, wanted):
    """Stored as it came, and with a time that can be."""
    assert senders.feed(collector("raw"), senders.octet(message)) == [message]
    line, after = senders.feed(
        collector("json"),
        senders.octet(message) + senders.octet(b"<13>next"))
    got = json.loads(line)
    assert got["timestamp"] == (wanted or got["received"])
    assert got["msg"].endswith("the text")
    assert json.loads(after)["msg"] == "next"
    line, = senders.feed(collector("rfc5424"), senders.octet(message))
    start, time, rest = line.split(b" ", 2)
    assert start == b"<13>1" and rest.endswith(b"the text")
    assert wanted is None or time == wanted.encode()


@pytest.mark.parametrize("time", STRICT)
def test_times_of_rfc_5424(collector, time):
    """F15: it is stored, has a time, and the next one comes."""
    expect_time(collector, b"<13>1 %s h app 7 id - the text" % time.encode(),
                STRICT[time])


@pytest.mark.parametrize("time", LOOSE)
def test_times_of_rfc_3164(collector, time):
    """F15, RFC-121: the same."""
    expect_time(collector, b"<13>%s h app[7]: the text" % time.encode(),
                LOOSE[time])


def test_every_day_of_a_year_that_is_not_said(collector):
    """RFC-62: a time without a year is at most half a year away, but for 29
    February, which may be four."""
    c = collector("json")
    days = [datetime.date(2024, 1, 1) + datetime.timedelta(n)
            for n in range(366)]
    lines = senders.feed(c, b"".join(
        senders.lf(b"<13>%s h app: %s" % (
            d.strftime("%b %e 12:00:00").encode(), d.isoformat().encode()))
        for d in days))
    assert len(lines) == len(days)
    for day, line in zip(days, lines):
        got = json.loads(line)
        sent = datetime.datetime.fromisoformat(got["timestamp"])
        received = datetime.datetime.fromisoformat(got["received"])
        assert (sent.month, sent.day) == (day.month, day.day)
        far = 4 * 366 if (day.month, day.day) == (2, 29) else 184
        assert abs(sent - received) <= datetime.timedelta(far), got


WORST = {
    "10 000 elements": b"<13>1 - h app 1 id " +
        b"".join(b'[e%d@1 a="%d"]' % (n, n) for n in range(10000)) + b" x",
    "10 000 elements, the last twice": b"<13>1 - h app 1 id " +
        b"".join(b"[e%d]" % n for n in range(10000)) + b"[e9999] x",
    "60 000 parameters of one name": b"<13>1 - h app 1 id [x" +
        b' a="b"' * 60000 + b"] x",
    "blanks behind a time": b"<13>Nov 22 10:15:00 " + b" " * 500000 + b"x",
    "tags without an end": b"<13>Nov 22 10:15:00 h " + b"a[" * 250000,
    "colons": b"<189>1: " + b"a: " * 200000,
    "numbers and colons": b"<189>" + b"1: " * 200000,
}


@pytest.mark.parametrize("name", WORST)
def test_the_worst_again_and_again(collector, name):
    """F7: time grows with the length only, and memory does not."""
    c = collector("json")
    message, count = WORST[name], load(100)
    senders.feed(c, senders.octet(message))
    before = c.memory()
    got = senders.feed(c, senders.octet(message) * count)
    assert len(got) == count
    assert len(set(line.partition(b'"pri"')[2].partition(b'"timestamp"')[0]
                   for line in got)) == 1
    assert c.memory() - before < 64 << 20
