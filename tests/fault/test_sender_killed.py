# SPDX-License-Identifier: BSD-2-Clause
"""kill -9 of the collector, every second, while many processes send to it.

Faults A6, A7, K2. SYNCLINE_LONG=1: 20 processes, 10,000 messages of each.
"""

import pytest

import senders
import sending
import tlsclient
from harness import DEADLINE, eventually
from rounds import LONG
from sending import Drive, first_of_each, numbers

pytestmark = [pytest.mark.fault, pytest.mark.long]

PROCESSES, COUNT, KILLS = (20, 10000, 10) if LONG else (4, 2000, 2)
SECOND = 1000000 if LONG else 250000  # us from one to the next
PACE = SECOND * (KILLS + 2) // COUNT


@pytest.fixture(params=("tcp", "tls"))
def place(request):
    """A listener that may come back, and the URL of who sends to it."""
    with senders.free_port() as port:
        url = "tcp://127.0.0.1:%d" % port
        if request.param == "tcp":
            yield url, url
            return
        certs = request.getfixturevalue("certs")
        yield (tlsclient.url(certs).replace(":0?", ":%d?" % port),
               sending.tls_url(port, certs, certs.right))


def kill_again_and_again(collect, listener, crowd):
    """Each collector lives for a second's messages. Returns the last one,
    which goes on."""
    c = collect(listen=(listener,))
    for n in range(1, KILLS + 1):
        goal = n * COUNT * PROCESSES // (KILLS + 2)
        eventually(lambda: c.count_lines() >= goal or all(
            one.process.poll() is not None for one in crowd))
        c.kill()
        c = collect(listen=(listener,))
    return c


def check(got, many):
    """What came of the messages of one process: (lost, doubled,
    broken connections)."""
    once = first_of_each(many)
    lost, doubled = COUNT - len(once), len(many) - len(once)
    assert once == sorted(once)
    assert got["accepted"] == got["sent"] == COUNT and got["dropped"] == 0
    broken = got["said"].count("event: disconnected")
    assert lost <= got["uncertain"] and doubled <= got["resent"]
    # only where a connection broke
    gaps = sum(b - a > 1 for a, b in zip([-1] + once, once + [COUNT]))
    assert gaps <= broken < got["connects"]
    return lost, doubled, broken


def test_killed_every_second(collect, place):
    """What TCP cannot know is counted and said; everything else arrives, in
    order; what came twice was counted as sent again."""
    listener, url = place
    crowd = [Drive("flood", url, count=COUNT, pace=PACE, retry=100,
                   overflow=2, block=60000, timeout=DEADLINE * 1000)
             for _ in range(PROCESSES)]
    c = kill_again_and_again(collect, listener, crowd)
    results = [one.end() for one in crowd]
    c.stop()
    found = numbers(c.lines())
    assert len(found) == PROCESSES
    faults = [check(got, found[one.pid, 0])
              for one, got in zip(crowd, results)]
    lost, doubled, broken = map(sum, zip(*faults))
    assert broken >= KILLS
    print("lost %d, doubled %d, broken connections %d; %s" % (
        lost, doubled, broken, {key: sum(got[key] for got in results)
                                for key in ("sent", "uncertain", "resent")}))
