# SPDX-License-Identifier: BSD-2-Clause
"""A JSON line says everything that is known of a message.

The contract's "Formats"; RFC-5, RFC-22, RFC-33, RFC-36, RFC-62, RFC-97.
"""

import datetime
import json
import os

import pytest

import senders

pytestmark = pytest.mark.plain

KEYS = {"received", "from", "listener", "facility", "severity", "pri",
        "timestamp", "hostname", "app_name", "procid", "msgid", "sd", "msg",
        "format"}


@pytest.fixture
def collector(shared, tmp_path_factory):
    folder = tmp_path_factory.getbasetemp()
    return shared(
        listen=("udp://127.0.0.1:0?name=datagrams", "tcp://127.0.0.1:0",
                "unix://%s/json" % folder,
                "unix-stream://%s/json-stream" % folder),
        args=("--workers", "1", "-f", "json", "--hostname", "collector1"))


def one(collector, message, scheme="tcp"):
    line, = senders.feed(collector, message, scheme=scheme)
    return json.loads(line)


def test_a_valid_message_is_taken_apart(collector):
    got = one(collector, b"<165>1 2026-11-22T10:15:00.000003+01:00 web1 "
              b'shop 77 ORDER [a@32473 x="1" y="2" x="3"][b@32473 q="\\"\\\\'
              b'\\]\\n"] \xef\xbb\xbfpaid \xe2\x82\xac 5\n')
    assert KEYS <= set(got)
    assert got["pri"] == 165
    assert (got["facility"], got["severity"]) == ("local4", "notice")
    assert got["timestamp"] == "2026-11-22T10:15:00.000003+01:00"
    assert (got["hostname"], got["app_name"]) == ("web1", "shop")
    assert (got["procid"], got["msgid"]) == ("77", "ORDER")
    assert got["sd"] == {"a@32473": {"x": ["1", "3"], "y": "2"},
                         "b@32473": {"q": '"\\]\\n'}}
    assert got["msg"] == "paid \u20ac 5"
    assert got["format"] == "rfc5424"
    assert got["from"] == "127.0.0.1"
    assert "truncated" not in got and "pid" not in got


def test_nothing_is_null(collector):
    got = one(collector, b"<165>1 - - - - - -\n")
    for key in "timestamp", "hostname", "app_name", "procid", "msgid":
        assert got[key] is None, key
    assert got["sd"] == {} and got["msg"] == ""
    assert got["format"] == "rfc5424"


def test_a_bsd_message_is_completed(collector):
    """RFC-62: the year and the zone are ours."""
    now = datetime.datetime.now().astimezone()
    got = one(collector, b"<34>%s web1 su[12]: failed\n" % now.strftime(
        "%b %e %H:%M:%S").encode())
    assert (got["hostname"], got["app_name"], got["procid"]) == (
        "web1", "su", "12")
    assert got["msg"] == "failed" and got["format"] == "rfc3164"
    sent = datetime.datetime.fromisoformat(got["timestamp"].replace(
        "Z", "+00:00"))
    assert abs((sent - now).total_seconds()) < 2


def test_the_time_of_reception_is_utc(collector):
    got = one(collector, b"<34>hello\n")
    assert got["received"].endswith("Z")
    when = datetime.datetime.fromisoformat(
        got["received"].replace("Z", "+00:00"))
    now = datetime.datetime.now(datetime.timezone.utc)
    assert abs((now - when).total_seconds()) < 60
    assert len(got["received"]) == len("2026-11-22T10:15:00.123456Z")


def test_a_listener_goes_by_its_name(collector):
    """The name, else the URL as configured, without the query."""
    assert one(collector, b"<13>x", "udp")["listener"] == "datagrams"
    assert one(collector, b"<13>x\n")["listener"] == "tcp://127.0.0.1:0"


def test_an_ipv6_peer(collect):
    c = collect(listen=("udp://[::1]:0",),
                args=("--workers", "1", "-f", "json"))
    assert one(c, b"<13>six", "udp")["from"] == "::1"


def test_an_ipv6_peer_behind_one_of_ipv4(collect):
    """Both are received into one place, whose addresses differ in length."""
    c = collect(listen=("udp://127.0.0.1:0", "udp://[::1]:0"),
                args=("--workers", "1", "-f", "json"))
    hosts = ["127.0.0.1", "::1"] * 2
    for n, host in enumerate(hosts):
        address = dict(c.addresses("udp"))
        senders.send_datagrams((host, address[host]), "udp", [b"<13>x"])
        c.wait_lines(n + 1)
    assert [json.loads(line)["from"] for line in c.lines()] == hosts


@pytest.mark.parametrize("scheme", ["unix", "unix-stream"])
def test_the_kernels_word_on_a_local_sender(collector, scheme):
    """pid, uid and gid come from the kernel, whatever the message says."""
    got = one(collector, b"<13>Nov 22 10:15:00 app[99]: text\n", scheme)
    assert (got["pid"], got["uid"], got["gid"]) == (
        os.getpid(), os.geteuid(), os.getegid())
    assert (got["app_name"], got["procid"]) == ("app", "99")
    assert got["msg"] == "text"


def test_the_line_of_a_local_sender_has_our_host_name(collect, tmp_path):
    """The contract: a missing host is our own name on a unix socket, the
    peer's address elsewhere."""
    c = collect(listen=("unix://%s/in" % tmp_path, "tcp://127.0.0.1:0"),
                args=("--workers", "1", "--hostname", "collector1"))
    line, = senders.feed(c, b"<13>Nov 22 10:15:00 app[9]: text", scheme="unix")
    assert line.split(b" ")[2:5] == [b"collector1", b"app", b"9"]
    assert line.endswith(b" - - text")
    line, = senders.feed(c, b"<13>text alone\n")
    assert line.split(b" ")[2] == b"127.0.0.1"
    assert line.endswith(b" - text alone")


def test_a_valid_message_keeps_its_bytes(collect):
    """RFC-1: header, STRUCTURED-DATA and MSG byte for byte."""
    c = collect(args=("--workers", "1"))
    for message in (
            b"<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 "
            b"- - %% It's time",
            b"<0>1 - - - - - -", b"<0>1 - - - - - - ",
            b'<13>1 - h a p m [x@1 y="\\z\\\\"][z] \xef\xbb\xbfbom',
            b"<13>1 2026-11-22T10:15:00-00:00 h a p m -   blanks "):
        assert senders.feed(c, senders.octet(message)) == [message]
