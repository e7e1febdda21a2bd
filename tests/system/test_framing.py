# SPDX-License-Identifier: BSD-2-Clause
"""Streams are cut into the messages that the senders meant.

RFC 6587 section 3.4 (RFC-102 to RFC-104), RFC 5425 section 4.3 (RFC-79,
RFC-80), faults F1, F2, F4.
"""

import pytest

import senders
from harness import eventually, load
from senders import lf, nul, octet

pytestmark = [pytest.mark.fault, pytest.mark.plain]

MAX = 2048
ARGS = ("--workers", "1", "-f", "raw", "--max-message", MAX)


@pytest.fixture
def raw(shared):
    """A collector that stores messages as they came, cut at 2048 bytes."""
    return shared(listen=("tcp://127.0.0.1:0",), args=ARGS)


@pytest.fixture
def pinned(shared):
    """A collector whose listeners have a framing each."""
    def start(framing):
        return shared(listen=("tcp://127.0.0.1:0?framing=" + framing,),
                      args=ARGS)
    return start


STREAMS = {
    "LF": (b"<13>a\n<13>b\n", [b"<13>a", b"<13>b"]),
    "CR LF": (b"<13>a\r\n<13>b\r\n", [b"<13>a", b"<13>b"]),
    "CR alone ends nothing": (b"<13>a\rb\n", [b"<13>a#015b"]),
    "NUL": (b"<13>a\0<13>b\0", [b"<13>a", b"<13>b"]),
    "LF NUL": (b"<13>a\n\0<13>b\n\0", [b"<13>a", b"<13>b"]),
    "octet counts": (b"5 <13>a5 <13>b", [b"<13>a", b"<13>b"]),
    "octet counts and LF behind them": (
        b"5 <13>a\n5 <13>b\n", [b"<13>a", b"<13>b"]),
    "octet count that holds the LF": (b"6 <13>a\n6 <13>b\n",
                                      [b"<13>a", b"<13>b"]),
    "octet count with an LF inside": (b"7 <13>a\nb", [b"<13>a#012b"]),
    "octet and LF mixed frame by frame (RFC-104)": (
        b"5 <13>a<13>b\n5 <13>c<13>d\n<13>e\n",
        [b"<13>a", b"<13>b", b"<13>c", b"<13>d", b"<13>e"]),
    "LF in messages of a NUL stream": (
        b"<13>Traceback\n  File x\nError\0<13>next\0",
        [b"<13>Traceback#012  File x#012Error", b"<13>next"]),
    "NUL in a message of an LF stream": (
        b"<13>a\n<13>b\0c\n<13>d\n", [b"<13>a", b"<13>b#000c", b"<13>d"]),
    "separators between frames": (
        b"\n\r\n<13>a\n\n\n<13>b\n", [b"<13>a", b"<13>b"]),
    "no PRI": (b"hello\n<13>b\n", [b"hello", b"<13>b"]),
    "a number is no count without <": (
        b"12 monkeys\n2024-02-05 x\n<13>b\n",
        [b"12 monkeys", b"2024-02-05 x", b"<13>b"]),
    "rest without a delimiter at the end": (
        b"<13>a\n<13>rest", [b"<13>a", b"<13>rest"]),
    "text without a delimiter": (b"only", [b"only"]),
    "nothing but separators": (b"\n\n\r\n\0", []),
    "nothing at all": (b"", []),
    "TAB and blanks stay": (b"<13>  a\tb  \n", [b"<13>  a\tb  "]),
}


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_is_cut_into_its_messages(raw, name):
    """F4: every framing that real clients use, on auto."""
    stream, expected = STREAMS[name]
    assert senders.feed(raw, *filter(None, [stream])) == expected


COUNTS = {
    "0": (b"0 <13>x\n", [b"0 <13>x"]),
    "00": (b"00 <13>x\n", [b"00 <13>x"]),
    "leading zeros": (b"007 <13>x\n", [b"007 <13>x"]),
    "08": (b"08 <13>x\n", [b"08 <13>x"]),
    "negative": (b"-1 <13>x\n", [b"-1 <13>x"]),
    "plus sign": (b"+5 <13>x\n", [b"+5 <13>x"]),
    "exponent": (b"1e9 <13>x\n", [b"1e9 <13>x"]),
    "ten digits": (b"1000000000 <13>x\n", [b"1000000000 <13>x"]),
    "2 to the 32": (b"4294967296 <13>x\n", [b"4294967296 <13>x"]),
    "2 to the 64 less one": (b"18446744073709551615 <13>x\n",
                             [b"18446744073709551615 <13>x"]),
    "2 to the 64": (b"18446744073709551616 <13>x\n",
                    [b"18446744073709551616 <13>x"]),
    "digits, then the end": (b"<13>a\n12345", [b"<13>a", b"12345"]),
    "count and space, then the end": (b"<13>a\n5 ", [b"<13>a", b"5 "]),
    "space before": (b" 5 <13>x\n", [b" 5 <13>x"]),
    "TAB behind": (b"5\t<13>x\n", [b"5\t<13>x"]),
    "count too small": (b"5 <13>hello\n<13>b\n",
                        [b"<13>h", b"ello", b"<13>b"]),
    "count too large takes what follows": (
        b"11 <13>a\n<13>b<13>c\n", [b"<13>a#012<13>b", b"<13>c"]),
    "nine digits, then the end": (b"999999999 <13>abc", [b"<13>abc"]),
}


@pytest.mark.parametrize("name", COUNTS)
def test_a_strange_count_costs_no_other_message(raw, name):
    """F1: what is no count is text; the next connection is fine."""
    stream, expected = COUNTS[name]
    assert senders.feed(raw, stream) == expected
    assert senders.feed(raw, b"5 <13>n<13>m\n") == [b"<13>n", b"<13>m"]


def test_a_million_digits_are_one_long_text(raw):
    """F1: cut at max_message, the rest skipped."""
    stream = b"7" * load(1000000) + b"\n<13>next\n"
    got = senders.feed(raw, stream)
    assert got == [b"7" * MAX, b"<13>next"]


def test_an_announced_length_is_not_allocated(raw):
    """F1: 64 connections announce 999999999 bytes each; memory stays."""
    senders.feed(raw, b"<13>warm up\n")
    before = raw.memory()
    many = [senders.connect(raw.address()) for _ in range(64)]
    for s in many:
        s.sendall(b"999999999 <13>abc")
    senders.wait_read(*many)
    eventually(lambda: raw.metric("connections") == 64)
    assert raw.memory() - before < 32 << 20
    for s in many:
        senders.finish(s)
    assert senders.feed(raw, b"") == [b"<13>abc"] * 64


def test_an_oversize_count_is_skipped_without_being_stored(raw):
    """F1, F2: the first max_message bytes, then the frame behind it."""
    size = load(8 << 20)
    before = raw.memory()
    body = b"<13>" + b"z" * (size - 4)
    got = senders.feed(raw, octet(body) + octet(b"<13>next"))
    assert got == [body[:MAX], b"<13>next"]
    assert raw.memory() - before < 32 << 20


@pytest.mark.parametrize("framing", [lf, nul, octet])
@pytest.mark.parametrize("size", [MAX - 1, MAX, MAX + 1, 3 * MAX, 50 * MAX])
def test_a_message_too_long_is_cut_once(raw, framing, size):
    """F2, RFC-8, RFC-9: the ones around it are intact, it is counted."""
    before = raw.metric("truncated_messages_total")
    long = b"<13>" + b"q" * (size - 4)
    stream = framing(b"<13>before") + framing(long) + framing(b"<13>after")
    assert senders.feed(raw, stream) == [
        b"<13>before", long[:MAX], b"<13>after"]
    marked = raw.metric("truncated_messages_total") - before
    if size != MAX:  # at the limit itself nothing is lost
        assert marked == (size > MAX)


def test_a_frame_cut_short_by_the_end_is_marked(collect):
    """Counted: stored as far as it came and marked; delimited: whole."""
    c = collect(args=("--workers", "1", "-f", "json"))
    counted, = senders.feed(c, b"20 <13>short")
    assert b'"msg":"short"' in counted and b'"truncated":true' in counted
    plain, = senders.feed(c, b"<13>short")
    assert b'"msg":"short"' in plain and b"truncated" not in plain
    assert c.metric("truncated_messages_total") == 1


def test_an_undecided_delimiter_waits_a_moment(raw):
    """An LF and then some other byte: held until something decides, 100 ms
    at most; then it is LF for the rest of the connection."""
    with senders.connect(raw.address()) as s:
        s.sendall(b"<13>one\ntw")
        got = senders.news(raw, b"<13>one")
        s.sendall(b"o\nthree\n")
        got += senders.news(raw, b"three")
        senders.finish(s)
    assert got == [b"two"]
    assert senders.feed(raw, b"") == []


def test_a_decided_delimiter_does_not_wait(raw):
    """LF is decided here: a message is stored while the connection lives."""
    with senders.connect(raw.address()) as s:
        for n in range(20):
            s.sendall(b"<13>line %d\n" % n)
            assert senders.news(raw, b"line %d" % n) == []
        senders.finish(s)


def test_undecided_text_is_bounded(raw):
    """Text with LFs that decide nothing is LF text from max_message on."""
    rows = [b"row %04d of a long text" % n for n in range(1000)]
    assert senders.feed(raw, b"\n".join(rows) + b"\n") == rows


PINNED = [
    ("lf", b"a\nb\0c\n<13>d\n", [b"a", b"b#000c", b"<13>d"]),
    ("lf", b"first\nsecond\n", [b"first", b"second"]),
    ("nul", b"a\nb\0<13>c\n\0d", [b"a#012b", b"<13>c", b"d"]),
    ("octet", b"5 hello7 <13>abc3 a\nb", [b"hello", b"<13>abc", b"a#012b"]),
    ("octet", b"5 <13>a\n5 <13>b\n", [b"<13>a", b"<13>b"]),
    ("auto", b"5 <13>a<13>b\n", [b"<13>a", b"<13>b"]),
]


@pytest.mark.parametrize("framing,stream,expected", PINNED)
def test_a_listener_can_insist_on_a_framing(pinned, framing, stream, expected):
    """framing=lf, nul, octet, auto."""
    assert senders.feed(pinned(framing), stream) == expected


@pytest.mark.parametrize("bad", [
    b"hello\n", b"0 <13>x", b"007 <13>x", b"-1 x", b"+5 x", b"<13>x\n",
    b"1234567890 x", b" 5 x", b"5\tx", b"9" * 5000])
def test_a_malformed_count_closes_the_connection(pinned, bad):
    """F1: with framing octet it is counted, and only what stood before is
    stored; others go on."""
    c = pinned("octet")
    before = c.metric("malformed_messages_total")
    with senders.connect(c.address()) as s:
        s.sendall(b"7 <13>one" + bad)
        try:
            assert s.recv(1) == b"", "closed by the collector"
        except ConnectionResetError:
            pass  # closed with bytes of ours unread
    c.wait_metric("malformed_messages_total", before + 1)
    assert senders.feed(c, b"3 two", end=True) == [b"<13>one", b"two"]


def test_a_bad_frame_makes_progress(raw):
    """F4: `1 <23>4` twice made another collector spin for ever. The
    connection stays open; nobody uses CPU for it."""
    with senders.connect(raw.address()) as s:
        s.sendall(b"1 <23>41 <23>4")
        senders.wait_read(s)
        assert raw.cpu_share() < 0.05
        senders.finish(s)
    got = senders.feed(raw, b"")
    assert b"".join(got).count(b"23>4") == 2
    assert senders.feed(raw, b"1 <23>4\n1 <23>4\n" * 100) != []
    assert raw.cpu_share() < 0.05
