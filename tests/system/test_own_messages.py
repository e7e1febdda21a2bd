# SPDX-License-Identifier: BSD-2-Clause
"""When messages begin to be lost, the log itself says so.

The contract's section 3; RFC-57.
"""

import signal

import pytest

import oracle
import senders
from harness import eventually

pytestmark = pytest.mark.fault


def test_a_loss_is_said_in_the_file(collect):
    """<44>1 ... synclined PID ..., routed like any other message, counted in
    syncline_own_messages_total and nowhere else."""
    c = collect(listen=("udp://127.0.0.1:0?receive_buffer=64K",))
    c.signal(signal.SIGSTOP)
    senders.send_datagrams(c.address("udp"), "udp",
                           oracle.messages("a", 5000))
    c.signal(signal.SIGCONT)
    eventually(lambda: any(map(oracle.is_own, c.lines())),
               what="a message about the loss")
    eventually(lambda: c.metric("own_messages_total") == sum(
        map(oracle.is_own, c.lines())))
    for line in filter(oracle.is_own, c.lines()):
        assert b" synclined %d " % c.pid in line
    assert c.metric("written_messages_total") == c.metric(
        "received_messages_total")
