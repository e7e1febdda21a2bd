# SPDX-License-Identifier: BSD-2-Clause
"""A Perl program logs to us with Sys::Syslog, in each of its mechanisms."""

import os

import pytest

import live

pytestmark = pytest.mark.peers

COUNT = 50
TEXTS = ["message %d" % n for n in range(COUNT)] + [
    "at " + severity for severity in live.SEVERITIES] + [
    "Gr\u00f6\u00dfe \u20ac", "[not] a tag: colon", 200 * "0123456789",
    "two\nlines", "end"]
LISTENERS = {
    "udp": "udp://127.0.0.1:0",
    "tcp": "tcp://127.0.0.1:0",
    "unix": "unix://%s/log",
    "unix stream": "unix-stream://%s/log",
    "native": "unix://%s/log",
    "native stream": "unix-stream://%s/log",
}


@pytest.mark.parametrize("format", live.FORMATS)
@pytest.mark.parametrize("mechanism", LISTENERS)
def test_perl(request, collect, tmp_path, mechanism, format):
    """It ends a message with LF and NUL, so one of two lines stays one, on
    streams, too; it never sends its host, and an empty datagram first."""
    url = LISTENERS[mechanism]
    c = collect(listen=(url % tmp_path if "%" in url else url,),
                args=("-f", format, "--hostname", "collector1"))
    address = c.address(url.partition(":")[0])
    prefix, where = [], [address]
    if mechanism.startswith("native"):
        prefix = live.with_dev_log(request.getfixturevalue("private"), address)
        where = []
    elif not isinstance(address, str):
        where = map(str, address)
    live.call([*prefix, live.installed("perl"),
               os.path.join(live.CLIENTS, "syslog.pl"),
               mechanism.partition(" ")[0], *where, str(COUNT)])
    if mechanism == "udp":
        c.wait_metric("empty_total", 1)
    got = live.stored(c, format, len(TEXTS))
    assert [m.msg for m in got] == TEXTS
    severities = ["notice"] * COUNT + live.SEVERITIES + ["info"] + [
        "notice"] * 4
    assert [m.severity for m in got] == severities
    assert [m.facility for m in got] == [
        "authpriv" if "\u20ac" in m.msg else "local2" for m in got]
    assert {m.app_name for m in got} == {"shop"}
    assert len({m.procid for m in got}) == 1
    assert got[0].procid.isdigit()
    assert {m.hostname for m in got} == {
        "127.0.0.1" if mechanism in ("udp", "tcp") else "collector1"}


@pytest.mark.parametrize("zone, offset", [
    ("NPT-5:45", "+05:45"), ("NST3:30", "-03:30")])
def test_perl_in_a_zone(collect, zone, offset):
    """A time without year and offset is that of our own zone."""
    c = collect(listen=("udp://127.0.0.1:0",), args=("-f", "json"),
                env={"TZ": zone})
    host, port = c.address("udp")
    live.call([live.installed("perl"), os.path.join(live.CLIENTS, "syslog.pl"),
               "udp", host, str(port), "1"], env={**os.environ, "TZ": zone})
    assert {m.timestamp[19:] for m in live.stored(c, "json")} == {offset}
