# SPDX-License-Identifier: BSD-2-Clause
"""A Node program logs to us without a library, in each framing."""

import os
import socket

import pytest

import live

pytestmark = pytest.mark.peers

COUNT = 50
TEXTS = ["message %d" % n for n in range(COUNT)] + [
    "Gr\u00f6\u00dfe \u20ac \u65e5\u672c\u8a9e \U0001f600",
    "[not] structured data", 1000 * "0123456789", "two\nlines", "end"]


@pytest.mark.parametrize("format", live.FORMATS)
@pytest.mark.parametrize("way", ["udp", "tcp", "counted", "nul"])
def test_node(collect, way, format):
    """All of RFC 5424 is kept, structured data, too."""
    scheme = "udp" if way == "udp" else "tcp"
    c = collect(listen=(scheme + "://127.0.0.1:0",), args=("-f", format))
    live.call([live.installed("node"), os.path.join(live.CLIENTS, "syslog.js"),
               way, str(c.address(scheme)[1]), str(COUNT)])
    texts = list(TEXTS)
    if way == "tcp":  # where newlines end messages
        texts[-2:-1] = ["two", "lines"]
    got = live.stored(c, format, len(texts))
    assert [m.msg for m in got] == texts
    if way == "tcp":
        del got[-2]  # "lines", which has no header
    for m in got:
        assert (m.facility, m.severity, m.hostname, m.app_name, m.msgid) == (
            "local0", "notice", socket.gethostname(), "shop", "ORDER")
        assert m.sd == {"order@32473": {"id": '4"2', "state": "new"}}
        assert m.procid == got[0].procid and m.procid.isdigit()
