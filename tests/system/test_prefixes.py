# SPDX-License-Identifier: BSD-2-Clause
"""A message cut off anywhere is stored as it came.

Fault F6: parsers that look one byte too far die of one of these. Needs a
sanitizer build to be sharp. SYNCLINE_CORPUS may name a file of recorded
clients (JSON lines with bytes_b64), which is then used as well.
"""

import base64
import json
import os
import re

import pytest

import senders
from escapes import unescape

pytestmark = pytest.mark.fault

PREFIXED = [
    b"<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su 99 ID47 "
    b'[exampleSDID@32473 iut="3" eventSource="App\\"l\\\\ic\\]ation"][b@1] '
    b"\xef\xbb\xbf'su root' failed for lonvick on /dev/pts/8",
    b"<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% x",
    b"<165>1 - - - - - -",
    b"<34>Oct 11 22:14:15 mymachine su[12]: 'su root' failed for lonvick",
    b"<13>Feb  5 17:32:18 10.0.0.99 Use the BFG!",
    b"<165>Aug 24 05:34:00 CST 1987 mymachine myproc[10]: %% It's time.",
    b"<0>1990 Oct 22 10:52:01 TZ-6 scapegoat.dmz.example.org 10.1.2.3 "
    b"sched[0]: That's All Folks!",
    b"<190>2026-11-22T10:15:00+01:00 host /usr/sbin/cron[77]: (root) CMD",
    b"<189>45: *Nov 22 10:15:00.123: %LINK-3-UPDOWN: Interface up",
    b"<14>Nov 22 10:15:00 2001:db8::1 app: text with t\xc3\xb6ne",
    b"<30>Nov 22 10:15:00 two words: of a tag[1]: text",
    b"<46>1448184000.123 meraki events type=association",
    b"61 <13>1 2026-11-22T10:15:00Z h a p m [x@1 y=\"z\"] counted text!!",
]


def recorded():
    name = os.environ.get("SYNCLINE_CORPUS")
    if not name:
        return []
    with open(name) as f:
        whole = [base64.b64decode(json.loads(line)["bytes_b64"]) for line in f]
    return [m[:300] for m in whole[::4]]


@pytest.mark.parametrize("format", ["raw", "rfc5424", "json"])
def test_every_prefix_is_stored(collect, tmp_path, format):
    """F6. Over a unix socket, which makes us wait instead of losing."""
    c = collect(listen=("unix://%s/in" % tmp_path,),
                args=("--workers", "1", "-f", format))
    prefixes = []
    for m in PREFIXED + recorded():
        prefixes += [m[:n] for n in range(1, len(m) + 1)
                     if m[:n].strip(b"\n\0")]
    got = senders.feed(c, *prefixes, scheme="unix")
    assert len(got) == len(prefixes)
    if format != "raw":
        return
    for line, sent in zip(got, prefixes):
        count, _, rest = sent.partition(b" ")
        if count == b"%d" % len(rest) and rest.startswith(b"<"):
            sent = rest  # a count that equals the rest is taken off
        sent = re.sub(rb"(\r?\n|\0)*\Z", b"", sent)
        assert unescape(line) == sent
