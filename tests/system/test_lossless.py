# SPDX-License-Identifier: BSD-2-Clause
"""Many senders in, one rotated file out: nothing lost, doubled or mixed.

The mission's experiment, with every lossless way in at once, and each message
checked byte for byte.
"""

import time

import pytest

import oracle
import senders
from harness import ROTATED, SLOW, load

pytestmark = [pytest.mark.plain, pytest.mark.threads]

ROTATE = 64 << 10


def start_senders(c, ways, each):
    """One process each; returns what they will have sent."""
    sent = {}
    crowd = senders.Senders()
    for n, (scheme, framing) in enumerate(ways):
        src = "p%d" % n
        sent[src] = each
        address = c.address(scheme)
        if framing:
            crowd.start(senders.send_stream, address, scheme,
                        oracle.stream(src, each, framing))
        else:
            crowd.start(senders.send_datagrams, address, scheme,
                        oracle.messages(src, each))
    return crowd, sent


WAYS = [("tcp", senders.octet), ("tcp", senders.lf), ("tcp", senders.nul),
        ("unix-stream", senders.octet), ("unix-stream", senders.nul),
        ("unix", None), ("tcp", senders.lf), ("unix", None)]


@pytest.mark.parametrize("workers", [1, 3])
def test_eight_processes_into_one_rotated_file(collect, tmp_path, workers):
    """Sizes of 40 B to 5 KB, a new file every 64 KiB, the bound kept."""
    c = collect(listen=("tcp://127.0.0.1:0", "unix://%s/d" % tmp_path,
                        "unix-stream://%s/s" % tmp_path),
                args=("--workers", workers, "--rotate-size", ROTATE))
    crowd, sent = start_senders(c, WAYS, load(3000))
    crowd.join()
    lines = c.wait_lines(sum(sent.values()))
    tally = oracle.check(lines, sent)
    assert tally.perfect(), tally
    assert c.metric("received_messages_total") == tally.stored
    assert c.metric("written_messages_total") == tally.stored
    assert c.metric("rotations_total") == len(c.files()) - 1
    for name in c.files():
        with open(name, "rb") as f:
            text = f.read()
        assert len(text) <= ROTATE and (not text or text.endswith(b"\n"))
    numbers = [int(ROTATED.search(f)[2]) for f in c.files()[:-1]]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert len(numbers) >= 3


def test_many_connections_a_message_each(collect):
    """Clients that connect for every message."""
    c = collect(args=("--workers", 2, "--rotate-size", ROTATE))
    count = load(2000)
    for seq in range(count):
        with senders.connect(c.address()) as s:
            s.sendall(senders.octet(oracle.message("once", seq)))
    tally = oracle.check(c.wait_lines(count), {"once": count}, ordered=False)
    assert tally.perfect(), tally
    c.wait_metric("connections", 0)
    assert c.metric("connections_total") == count


def test_a_message_is_there_without_another_behind_it(collect, tmp_path):
    """A message alone is in the file at once: 10 ms, says the contract, and
    here is the best of many tries, so a busy machine does not matter."""
    c = collect(listen=("tcp://127.0.0.1:0", "unix://%s/d" % tmp_path,
                        "udp://127.0.0.1:0"), args=("-f", "raw"))
    for scheme in "tcp", "unix", "udp":
        best = 1e9
        with senders.connect(c.address(scheme), scheme) as s:
            for n in range(30):
                mark = b"%s alone %d" % (scheme.encode(), n)
                start = time.monotonic()
                s.sendall(b"<13>%s\n" % mark)
                senders.news(c, mark)
                best = min(best, time.monotonic() - start)
        assert best < (0.2 if SLOW else 0.02)


def test_several_outputs_get_the_same(collect, tmp_path):
    """Every output has every message."""
    other = tmp_path / "other.log"
    c = collect(args=("-o", other, "--rotate-size", ROTATE))
    count = load(3000)
    senders.send_stream(c.address(), "tcp",
                        oracle.stream("a", count, senders.lf))
    first = c.wait_lines(count)
    c.path = str(other)
    second = c.wait_lines(count)
    assert first == second
    assert oracle.check(first, {"a": count}).perfect()
    for path in "out.log", "other.log":
        assert c.metric("written_messages_total",
                        output=str(tmp_path / path)) == count


def test_several_listeners_feed_one_file(collect, tmp_path):
    """IPv4, IPv6 and every address, several of a kind."""
    c = collect(listen=("tcp://127.0.0.1:0", "tcp://[::1]:0", "tcp://*:0",
                        "unix-stream://%s/one" % tmp_path,
                        "unix-stream://%s/two" % tmp_path),
                args=("--rotate-size", ROTATE))
    targets = [("tcp", c.addresses("tcp")[0]), ("tcp", c.addresses("tcp")[1])]
    every = c.addresses("tcp")[2][1]
    targets += [("tcp", ("127.0.0.1", every)), ("tcp", ("::1", every))]
    targets += [("unix-stream", a) for a in c.addresses("unix-stream")]
    crowd = senders.Senders()
    sent = {}
    for n, (scheme, address) in enumerate(targets):
        sent["l%d" % n] = load(1000)
        crowd.start(senders.send_stream, address, scheme, oracle.stream(
            "l%d" % n, load(1000), senders.lf))
    crowd.join()
    tally = oracle.check(c.wait_lines(sum(sent.values())), sent)
    assert tally.perfect(), tally


def test_udp_on_every_address(collect):
    """udp://* takes IPv4 and IPv6 on one port."""
    c = collect(listen=("udp://*:0",), args=("-f", "raw"))
    port = c.address("udp")[1]
    for n, host in enumerate(("127.0.0.1", "::1", "127.0.0.2")):
        senders.send_datagrams((host, port), "udp", [b"<13>from %d" % n])
        c.wait_lines(n + 1)
    assert c.lines() == [b"<13>from 0", b"<13>from 1", b"<13>from 2"]
