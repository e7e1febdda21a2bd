# SPDX-License-Identifier: BSD-2-Clause
"""How the network cuts a stream makes no difference to the messages.

Fault F3: a stream in two segments, cut at every byte; a frame in three
segments, cut everywhere.
"""

import itertools

import pytest

import senders
from harness import load

pytestmark = [pytest.mark.fault, pytest.mark.plain]

BATCH = 64  # connections open at once

STREAMS = {
    "mixed": (b"<13>a%(id)s\n9 <13>b%(id)s<13>c%(id)s\r\n"
              b"11 <13>d\n%(id)s\n<13>e%(id)s",
              [b"<13>a%(id)s", b"<13>b%(id)s", b"<13>c%(id)s",
               b"<13>d#012%(id)s", b"<13>e%(id)s"]),
    "NUL": (b"<13>a%(id)s\0<13>b\n<x%(id)s\0\n<13>c%(id)s\n\0",
            [b"<13>a%(id)s", b"<13>b#012<x%(id)s", b"<13>c%(id)s"]),
}


@pytest.fixture(params=["tcp", "unix-stream"])
def scheme(request):
    return request.param


@pytest.fixture
def collector(collect, tmp_path, scheme):
    """Stores messages as they came; listens on one kind of stream."""
    url = {"tcp": "tcp://127.0.0.1:0",
           "unix-stream": "unix-stream://%s/in" % tmp_path}[scheme]
    return collect(listen=(url,), args=("--workers", "1", "-f", "raw"))


def send_all(collector, scheme, cut_streams):
    """Each element is the pieces of one connection."""
    for first in range(0, len(cut_streams), BATCH):
        batch = [(senders.connect(collector.address(scheme), scheme), pieces)
                 for pieces in cut_streams[first:first + BATCH]]
        for turn in range(max(len(pieces) for _, pieces in batch)):
            for s, pieces in batch:
                if turn < len(pieces):
                    s.sendall(pieces[turn])
            senders.wait_read(*(s for s, _ in batch))
        for s, _ in batch:
            senders.finish(s)


def compare(collector, scheme, expected):
    """What is stored, connection by connection (the id tells which)."""
    got = senders.feed(collector, b"", scheme=scheme)
    assert sorted(got) == sorted(itertools.chain.from_iterable(expected))


@pytest.mark.parametrize("kind", STREAMS)
def test_two_segments(collector, scheme, kind):
    """F3: cut at every byte offset."""
    stream, messages = STREAMS[kind]
    length = len(stream % {b"id": b"0000"})
    streams, expected = [], []
    for cut in range(1, length):
        id = {b"id": b"%04d" % cut}
        whole = stream % id
        streams.append([whole[:cut], whole[cut:]])
        expected.append([m % id for m in messages])
    send_all(collector, scheme, streams)
    compare(collector, scheme, expected)


@pytest.mark.parametrize("framing", [senders.octet, senders.lf])
def test_three_segments(collector, scheme, framing):
    """F3: all pairs of cuts of a frame of some 40 bytes."""
    length = len(framing(b"<13>0000 " + b"x" * 26))
    pairs = list(itertools.combinations(range(1, length), 2))
    pairs = pairs[::len(pairs) // load(len(pairs))]
    streams, expected = [], []
    for n, (one, two) in enumerate(pairs):
        message = b"<13>%04d " % n + b"x" * 26
        whole = framing(message)
        streams.append([whole[:one], whole[one:two], whole[two:]])
        expected.append([message])
    send_all(collector, scheme, streams)
    compare(collector, scheme, expected)


def test_one_byte_segments(collector, scheme):
    """F3: every byte alone."""
    stream, messages = STREAMS["mixed"]
    id = {b"id": b"0000"}
    whole = stream % id
    pieces = [whole[n:n + 1] for n in range(len(whole))]
    send_all(collector, scheme, [pieces])
    compare(collector, scheme, [[m % id for m in messages]])
