# SPDX-License-Identifier: BSD-2-Clause
"""logger(1) of util-linux is understood in every one of its modes."""

import json
import subprocess

import pytest

import harness
import senders

TEXT = "disk /dev/sda1 is 91% full - \u00e4\u00f6\u00fc \u20ac"


def logger(*args, text=TEXT):
    subprocess.run(["logger", *args, "--", text], check=True,
                   stdin=subprocess.DEVNULL, timeout=harness.DEADLINE)


@pytest.fixture
def collector(shared, tmp_path_factory):
    folder = tmp_path_factory.getbasetemp()
    return shared(
        listen=("udp://127.0.0.1:0", "tcp://127.0.0.1:0",
                "unix://%s/logger" % folder,
                "unix-stream://%s/logger-stream" % folder),
        args=("--workers", "1", "-f", "json"))


def way(collector, scheme):
    """The options that make logger use a listener."""
    if scheme == "udp" or scheme == "tcp":
        host, port = collector.address(scheme)
        return ["--" + scheme, "-n", host, "-P", str(port)]
    kind = "--udp" if scheme == "unix" else "--tcp"
    return [kind, "-u", collector.address(scheme)]


FORMATS = {
    "default": [],
    "rfc3164": ["--rfc3164"],
    "rfc5424": ["--rfc5424"],
    "rfc5424 without time": ["--rfc5424=notime"],
    "rfc5424 without timeQuality": ["--rfc5424=notq"],
    "rfc5424 without host": ["--rfc5424=nohost"],
}


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("counted", [False, True])
@pytest.mark.parametrize("scheme", ["udp", "tcp", "unix", "unix-stream"])
def test_logger(collector, scheme, counted, format):
    """Text, tag, pid, facility and severity arrive, whatever the way."""
    options = way(collector, scheme) + FORMATS[format]
    logger(*options, *(["--octet-count"] if counted else []),
           "-p", "local0.err", "-t", "backup", "--id=4711")
    found = []

    def arrived():
        found[:] = senders.feed(collector, scheme="tcp")
        return found
    harness.eventually(arrived)
    assert len(found) == 1
    got = json.loads(found[0])
    assert got["msg"] == TEXT
    assert (got["app_name"], got["procid"]) == ("backup", "4711")
    assert (got["facility"], got["severity"]) == ("local0", "err")
    local = scheme.startswith("unix")
    bsd = format == "rfc3164" or (format == "default" and local)
    assert got["format"] == ("rfc3164" if bsd else "rfc5424")
    assert "truncated" not in got
    if format in ("default", "rfc5424") and not bsd:
        assert got["sd"]["timeQuality"]["tzKnown"] == "1"


@pytest.mark.parametrize("scheme", ["tcp", "unix-stream"])
def test_logger_structured_data(collector, scheme):
    """SD-ID, parameters and MSGID of its own."""
    logger(*way(collector, scheme), "--rfc5424", "--octet-count",
           "--sd-id", "zoo@32473", "--sd-param", 'tiger="hungry"',
           "--sd-param", 'zebra="running"', "--msgid", "CAGE", "-t", "zoo")
    found = []
    harness.eventually(
        lambda: found.extend(senders.feed(collector)) or found)
    got = json.loads(found[0])
    assert got["sd"]["zoo@32473"] == {"tiger": "hungry", "zebra": "running"}
    assert got["msgid"] == "CAGE"


def test_logger_sends_a_file(collect, tmp_path):
    """A thousand lines over one connection, in order."""
    c = collect(args=("-f", "json"))
    lines = ["line %d of a file" % n for n in range(1000)]
    (tmp_path / "text").write_text("\n".join(lines) + "\n")
    host, port = c.address()
    subprocess.run(["logger", "--tcp", "-n", host, "-P", str(port), "-f",
                    str(tmp_path / "text")], check=True)
    got = c.wait_lines(1000)
    assert [json.loads(line)["msg"] for line in got] == lines
