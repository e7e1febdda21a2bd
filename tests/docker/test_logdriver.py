# SPDX-License-Identifier: BSD-2-Clause
"""Docker's own `syslog` log driver: each transport, each format."""

import os
import socket
import tempfile
import uuid

import pytest

from engine import LABEL, Container, application_image, docker, eventually, tool
from senders import free_port

FORMATS = [None, "rfc3164", "rfc5424", "rfc5424micro"]
LINES = ["plain", "with <13> inside", "k\u00e4se \u2713", "x" * 8000]
SCRIPT = "printf '%s\\n' plain 'with <13> inside' 'k\u00e4se \u2713'; " \
    "head -c 8000 /dev/zero | tr '\\0' x; echo"


@pytest.fixture(scope="module")
def folder():
    """Of this machine, and open to the user in the container. None of
    pytest's: each pytest that begins closes those again."""
    with tempfile.TemporaryDirectory(
            prefix="syncline-open-", ignore_cleanup_errors=True) as path:
        os.chmod(path, 0o777)
        yield path


@pytest.fixture(scope="module")
def collector(folder, image):
    """Its unix socket and its certificate are in a folder of this machine."""
    listen = ["udp://*:5514", "tcp://*:5514", "unix-stream:///shared/log"]
    tool("cert", "init", "--dir", "/shared/tls",
         volumes=["%s:/shared" % folder])
    listen.append("tls://*:6514?client=none&certificate=/shared/tls/collector"
                  ".pem&key=/shared/tls/collector.key")
    c = Container("-v", "%s:/shared" % folder, env={
        # whose name Docker writes into messages on a unix socket
        "SYNCLINE_HOSTNAME": socket.gethostname(),
        "SYNCLINE_LISTEN": ",".join(listen),
        "SYNCLINE_FORMAT": "%{app_name}|%{facility}|%{severity}|%{msg}"})
    c.folder = folder
    yield c
    c.remove()


def address(c, scheme):
    if scheme == "unix":
        return "unix://%s/log" % c.folder
    port = c.port(6514) if scheme == "tcp+tls" else c.port(
        5514, "udp" if scheme == "udp" else "tcp")
    return "%s://%s:%d" % (scheme, *port)


def syslog(where, tag, form=None, *more):
    """The options with which a container logs there."""
    options = ["syslog-address=" + where, "tag=" + tag, *more]
    if form:
        options.append("syslog-format=" + form)
    return ["--log-driver", "syslog",
            *(word for option in options for word in ("--log-opt", option))]


def log(where, script, tag, form=None, *more):
    """Runs a container that says something, to its end."""
    docker("run", "--rm", "--label", LABEL,
           *syslog(where, tag, form, *more),
           application_image(), "sh", "-c", script)


def of_tag(c, tag):
    """(facility|severity, text) of each line with that tag."""
    prefix = tag.encode() + b"|"
    return [line[len(prefix):].decode() for line in c.lines()
            if line.startswith(prefix)]


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("scheme", ["udp", "tcp", "tcp+tls", "unix"])
def test_tag_and_lines_are_where_they_belong(collector, scheme, form):
    tag = "t" + uuid.uuid4().hex[:8]
    more = ["syslog-tls-ca-cert=%s/tls/ca.pem" % collector.folder] \
        if scheme == "tcp+tls" else []
    log(address(collector, scheme), SCRIPT, tag, form, *more)
    wanted = ["daemon|info|" + line for line in LINES]
    eventually(lambda: len(of_tag(collector, tag)) >= len(wanted), 60,
               lambda: (collector.lines()[-5:], collector.logs()))
    assert of_tag(collector, tag) == wanted


def test_a_tag_with_names_and_slashes(collector):
    """What the pages recommend, and what many have: image and name."""
    log(address(collector, "tcp"), "echo x", "web/{{.Name}}", "rfc5424micro")
    eventually(lambda: any(line.startswith(b"web/")
                           for line in collector.lines()), 60)


def test_standard_error_is_an_error(collector):
    tag = "t" + uuid.uuid4().hex[:8]
    log(address(collector, "tcp"), "echo bad >&2", tag, "rfc5424")
    eventually(lambda: of_tag(collector, tag) == ["daemon|err|bad"], 20)


def test_non_blocking_and_every_line_whole(collector):
    """It runs until all has come: at a container's end, engines before 23
    empty their buffer beside the thread that is still sending from it, and may
    send two lines the wrong way round."""
    tag = "t" + uuid.uuid4().hex[:8]
    name = "syncline-test-" + tag
    docker("run", "-d", "--name", name, "--label", LABEL,
           *syslog(address(collector, "tcp"), tag, "rfc5424micro",
                   "mode=non-blocking", "max-buffer-size=8m"),
           application_image(), "sh", "-c",
           "seq -f 'line %.0f of many' 1 5000; exec sleep 600")
    wanted = ["daemon|info|line %d of many" % i for i in range(1, 5001)]
    try:
        eventually(lambda: len(of_tag(collector, tag)) >= 5000, 60)
    finally:
        docker("rm", "-f", name)
    assert of_tag(collector, tag) == wanted


def test_over_tcp_no_container_starts_without_it():
    with free_port() as port, pytest.raises(
            AssertionError, match="failed to initialize logging"):
        log("tcp://127.0.0.1:%d" % port, "echo x", "late", None,
            "mode=non-blocking")


def talker(where):
    """Starts a container that goes on saying something; its name."""
    name = "syncline-test-" + uuid.uuid4().hex[:8]
    docker("run", "-d", "--name", name, "--label", LABEL,
           *syslog(where, "late", None, "mode=non-blocking"),
           application_image(), "sh", "-c",
           "i=0; while :; do i=$((i+1)); echo line $i; sleep 0.05; done")
    return name


def numbers(c):
    return [int(line.rpartition(b" ")[2]) for line in c.lines()]


@pytest.fixture
def port():
    with free_port() as number:
        yield number


@pytest.mark.parametrize("scheme", ["udp", "tcp"])
def test_a_collector_that_comes_late_and_goes(run, port, scheme):
    """Over UDP it may start after the container; over both it may be killed
    and start again: what comes then is whole and in order."""
    where = "%s://127.0.0.1:%d" % (scheme, port)
    early = talker(where) if scheme == "udp" else None
    c = run(syslog=port)
    name = early or talker(where)
    try:
        eventually(lambda: len(c.lines()) > 2, 60)
        docker("kill", "-s", "KILL", c.name)
        before = numbers(c)
        docker("start", c.name)
        eventually(lambda: len(c.lines()) > len(before) + 2, 60, c.logs)
        after = numbers(c)
        assert after[:len(before)] == before
        assert after == sorted(set(after))
    finally:
        docker("rm", "-f", name)
