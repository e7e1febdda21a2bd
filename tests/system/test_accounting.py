# SPDX-License-Identifier: BSD-2-Clause
"""What is lost is counted, exactly: sent = in the files + counted drops.

Fault D1 and the accounting identity of the contract's section 3; RFC-57.
"""

import os
import signal
import threading

import pytest

import oracle
import senders
from harness import SLOW, eventually, load

pytestmark = [pytest.mark.fault, pytest.mark.plain, pytest.mark.threads]


def settled(c, sent):
    """True when everything that was sent over UDP is accounted for and
    written."""
    m = c.metric
    received = m("received_messages_total", listener="udp")
    return (received + m("dropped_messages_total", reason="kernel") == sent and
            m("written_messages_total") +
            m("dropped_messages_total", reason="memory") == received)


def shown(c):
    return lambda: sorted(
        (n, dict(l), v) for (n, l), v in c.metrics().items() if v)


def check_files(c, sent):
    """The files agree with the counters, and every line is one that was
    sent, or one of the collector's own about the loss."""
    def ours():
        return [line for line in c.lines() if oracle.is_own(line)]

    rest = [line for line in c.lines() if not oracle.is_own(line)]
    assert len(rest) == c.metric("written_messages_total")
    # the end of a loss is told up to two seconds later
    eventually(lambda: len(ours()) == c.metric("own_messages_total"))
    own = ours()
    tally = oracle.check(rest, sent, ordered=False)
    lost = (c.metric("dropped_messages_total", reason="kernel") +
            c.metric("dropped_messages_total", reason="memory"))
    assert tally.missing == lost, tally
    assert not (tally.doubled or tally.mixed or tally.torn or
                tally.foreign), tally
    return own


def test_a_udp_flood_is_accounted_for(collect):
    """D1: up to 200 000 datagrams into a small socket buffer from two
    processes, then silence."""
    c = collect(listen=("udp://127.0.0.1:0?name=udp&receive_buffer=64K",))
    each = 10000 if SLOW else 100000
    crowd = senders.Senders()
    sent = {"one": each, "two": each}
    for src in sent:
        crowd.start(flood, c.address("udp"), src, each)
    crowd.join()
    eventually(lambda: settled(c, 2 * each), what=shown(c))
    check_files(c, sent)


def flood(address, src, count):
    """A sender process. Short messages, so the collector has the least
    time for each."""
    with senders.connect(address, "udp") as s:
        for seq in range(count):
            s.send(oracle.message(src, seq))


def test_losses_before_a_silence_are_counted(collect):
    """D1: the kernel drops while the collector stands still, and then no
    datagram follows that could bring the news."""
    c = collect(listen=("udp://127.0.0.1:0?name=udp&receive_buffer=64K",))
    c.signal(signal.SIGSTOP)
    senders.send_datagrams(c.address("udp"), "udp",
                           oracle.messages("a", 5000))
    c.signal(signal.SIGCONT)
    eventually(lambda: settled(c, 5000), what=shown(c))
    assert c.metric("dropped_messages_total", reason="kernel") > 0
    check_files(c, {"a": 5000})


def test_losses_in_two_sockets_are_told_apart(collect):
    """Each listener counts its own."""
    c = collect(listen=("udp://127.0.0.1:0?name=a&receive_buffer=64K",
                        "udp://127.0.0.2:0?name=b&receive_buffer=4M"))
    c.signal(signal.SIGSTOP)
    small, large = c.addresses("udp")
    senders.send_datagrams(small, "udp", oracle.messages("a", 5000))
    senders.send_datagrams(large, "udp", oracle.messages("b", 100))
    c.signal(signal.SIGCONT)
    c.wait_metric("received_messages_total", 100, listener="b")
    eventually(lambda: c.metric("received_messages_total", listener="a") +
               c.metric("dropped_messages_total", listener="a") == 5000)
    assert c.metric("dropped_messages_total", listener="b") == 0


def test_many_outputs_share_little_memory(collect, tmp_path):
    """A line for each of 60 files, in one burst: their blocks together are
    far from 1 MiB, so that nothing is dropped."""
    conf = tmp_path / "many.yaml"
    conf.write_text("memory: 1M\nlisten:\n  - url: udp://127.0.0.1:0\n"
                    "output:\n" + "".join(
                        "  - path: %s/%d.log\n    app: a%d\n"
                        % (tmp_path, n, n) for n in range(60)))
    c = collect(listen=(), output=None, args=["-c", conf])
    c.signal(signal.SIGSTOP)
    senders.send_datagrams(c.address("udp"), "udp", [
        b"<15>1 - h a%d - - - x" % n for n in range(60)])
    c.signal(signal.SIGCONT)
    eventually(lambda: c.metric("written_messages_total") == 60,
               what=shown(c))
    assert c.metric("dropped_messages_total") == 0


def test_streams_are_accounted_for(collect, tmp_path):
    """received = written at every quiet moment, bytes too."""
    c = collect(listen=("tcp://127.0.0.1:0?name=t",
                        "unix-stream://%s/s?name=u" % tmp_path))
    count = load(5000)
    for scheme in "tcp", "unix-stream":
        senders.send_stream(c.address(scheme), scheme, oracle.stream(
            scheme, count, senders.octet))
    c.wait_lines(2 * count)
    for name in "t", "u":
        assert c.metric("received_messages_total", listener=name) == count
    assert c.metric("written_messages_total") == 2 * count
    assert c.metric("written_bytes_total") == os.path.getsize(c.path)
    messages = sum(len(oracle.message(s, n)) for n in range(count)
                   for s in ("tcp", "unix-stream"))
    assert c.metric("received_bytes_total") == messages
    assert c.metric("dropped_messages_total") == 0
    eventually(lambda: c.metric("queue_bytes") == 0)


class Tap:
    """A pipe as standard output that is read only when we say so."""

    def __init__(self):
        self.end, self.start = os.pipe()
        self.text = b""
        self.thread = None

    def open(self):
        os.close(self.start)
        self.thread = threading.Thread(target=self._read)
        self.thread.start()

    def _read(self):
        while True:
            piece = os.read(self.end, 1 << 16)
            if not piece:
                break
            self.text += piece
        os.close(self.end)

    def lines(self):
        return self.text.split(b"\n")[:-1]


def leave_threads():
    """Where ending without waiting for a thread is the point, it is no leak."""
    return {"TSAN_OPTIONS": os.environ.get("TSAN_OPTIONS", "exitcode=99") +
            ":report_thread_leaks=0"}


def severity(n):
    """A message of that severity, some 1000 bytes."""
    return b"<%d>1 - h a - - - severity " % (8 + n) + b"%d " % n + b"x" * 960


def test_memory_full_drops_by_severity_and_counts(collect, tmp_path):
    """Section 4: an output that stands still fills the memory. Datagram and
    unix-socket inputs drop: debug and info from 70 %, notice and warning
    from 85 %, all at 100 %. What was read and not dropped is written when
    the output goes on; the sums agree."""
    tap = Tap()
    c = collect(listen=("unix://%s/d" % tmp_path,), output="-",
                stdout=tap.start, args=("--memory", "4M"))
    stored = {}
    with senders.connect(c.address("unix"), "unix") as s:
        for level in 7, 5, 3:
            before = c.metric("dropped_messages_total", reason="memory")
            sent = 0
            while c.metric("dropped_messages_total",
                           reason="memory") < before + 50:
                for _ in range(50):
                    s.send(severity(level))
                sent += 50
                assert sent < 10000, "nothing is ever dropped"
                c.wait_metric("received_messages_total",
                              sum(v[0] for v in stored.values()) + sent)
            stored[level] = (sent, c.metric(
                "dropped_messages_total", reason="memory") - before)
    received = c.metric("received_messages_total")
    kept = {k: sent - lost for k, (sent, lost) in stored.items()}
    assert kept[7] > kept[5] > 0 and kept[3] > 0, kept
    tap.open()
    eventually(lambda: c.metric("written_messages_total") + c.metric(
        "dropped_messages_total", reason="memory") == received)
    c.stop()
    tap.thread.join()
    lines = [line for line in tap.lines() if not oracle.is_own(line)]
    for level, count in kept.items():
        assert sum(b"severity %d " % level in line
                   for line in lines) == count
    assert len(lines) == sum(kept.values())


def test_memory_full_makes_tcp_wait(collect):
    """Section 4: TCP connections wait, so nothing is lost; memory is
    bounded; when the output goes on, they go on."""
    tap = Tap()
    c = collect(output="-", stdout=tap.start,
                args=("--memory", "4M", "--workers", 2))
    count = load(20000) if not SLOW else 8000
    sent = {"s%d" % n: count // 4 for n in range(4)}
    crowd = senders.Senders()
    for src, n in sent.items():
        crowd.start(senders.send_stream, c.address(), "tcp",
                    oracle.stream(src, n, senders.lf))
    seen = []

    def stands():
        seen.append(c.metric("received_messages_total"))
        return len(seen) > 5 and seen[-1] > 0 and len(set(seen[-5:])) == 1

    eventually(stands)
    assert seen[-1] < count and any(p.is_alive() for p in crowd.processes)
    assert c.metric("dropped_messages_total") == 0
    tap.open()
    crowd.join()
    c.wait_metric("written_messages_total", count)
    c.stop()
    tap.thread.join()
    tally = oracle.check(tap.lines(), sent)
    assert tally.perfect(), tally


def test_memory_is_a_bound_however_much_a_message_grows(collect):
    """Tiny messages become long JSON lines: what one read brings may be many
    times memory when it is rendered, so the rest of it waits unrendered."""
    tap = Tap()
    c = collect(output="-", stdout=tap.start,
                args=("-f", "json", "--memory", "1M", "--workers", 1))
    count = 20000
    crowd = senders.Senders()
    crowd.start(senders.send_stream, c.address(), "tcp", b"<13>\x01\n" * count)
    seen = []

    def stands():
        seen.append(c.metric("received_messages_total"))
        return len(seen) > 5 and seen[-1] > 0 and len(set(seen[-5:])) == 1

    eventually(stands)
    assert seen[-1] < count
    assert c.metric("queue_bytes") <= 1 << 20
    tap.open()
    crowd.join()
    c.wait_metric("written_messages_total", count)
    c.stop()
    tap.thread.join()
    assert len(tap.lines()) == count


def test_what_a_stalled_output_loses_at_the_stop_is_said(collect):
    """When an output still stalls after stop_timeout: status 1, and how many
    messages that costs."""
    tap = Tap()
    c = collect(output="-", stdout=tap.start, env=leave_threads())
    os.close(tap.start)
    count = 5000
    senders.send_stream(c.address(), "tcp",
                        oracle.stream("a", count, senders.lf))
    c.wait_metric("received_messages_total", count)
    c.signal(signal.SIGTERM)
    assert c.wait_exit() == 1
    tap._read()
    tally = oracle.check(tap.lines(), {"a": count})
    assert tally.missing and oracle.prefix_of(tally, "a")
    assert str(tally.missing) in c.stderr().replace(",", "")


def test_a_second_signal_ends_it_at_once(collect):
    """While the first one still waits for a stalled output: status 1."""
    tap = Tap()
    c = collect(output="-", stdout=tap.start, env=leave_threads())
    os.close(tap.start)
    senders.send_stream(c.address(), "tcp",
                        oracle.stream("a", 5000, senders.lf))
    c.wait_metric("received_messages_total", 5000)
    c.signal(signal.SIGTERM)
    address = c.address()
    eventually(lambda: refused(address))
    c.signal(signal.SIGTERM)
    assert c.wait_exit(5) == 1
    os.close(tap.end)


def refused(address):
    try:
        senders.connect(address).close()
        return False
    except OSError:
        return True
