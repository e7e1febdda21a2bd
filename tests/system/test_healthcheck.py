# SPDX-License-Identifier: BSD-2-Clause
"""--healthcheck: asks the collector that runs, by the same words that started
it (contract.md section 2). Docker has no status but 0 and 1."""

import socket
import threading
import time

import pytest

import harness
import senders
from harness import run

pytestmark = pytest.mark.alone


def at(c):
    host, port = c.address("http")
    return "%s:%d" % (host, port)


def test_a_collector_that_works_is_well(shared):
    assert run("--healthcheck", "--http", at(shared())) == (0, "", "")


def test_the_environment_says_where_as_for_the_collector(shared):
    env = {"SYNCLINE_HTTP": at(shared()), "SYNCLINE_LISTEN": "udp://*:514",
           "SYNCLINE_OUTPUT": "-"}
    assert run("--healthcheck", env=env) == (0, "", "")


def test_the_file_says_where(shared, tmp_path):
    conf = tmp_path / "c.yaml"
    conf.write_text("http: %s\nlisten:\n  - url: tcp://127.0.0.1:0\n"
                    "output:\n  - path: x\n" % at(shared()))
    assert run("--healthcheck", "-c", conf) == (0, "", "")


def test_every_address_is_asked_at_one(collect):
    c = collect(http="*:0")
    port = c.address("http")[1]
    for address in "*:%d", "127.0.0.1:%d", "0.0.0.0:%d", "localhost:%d":
        assert run("--healthcheck", "--http", address % port)[0] == 0, address


def test_a_file_that_broke_since_is_said_and_no_reason_not_to_ask(
        shared, tmp_path):
    """Else a slip of the pen would have a collector killed that works."""
    conf = tmp_path / "c.yaml"
    conf.write_text("http: %s\nlisten:\n  - url: nonsense\n" % at(shared()))
    status, _, said = run("--healthcheck", "-c", conf)
    assert status == 0
    assert "listen[0].url" in said


def test_nobody_there_is_1_with_the_reason(free_port):
    status, out, said = run("--healthcheck", "--http",
                            "127.0.0.1:%d" % free_port)
    assert (status, out) == (1, "")
    assert said == ("syncline: healthcheck: 127.0.0.1 port %d: Connection "
                    "refused\n" % free_port)


@pytest.fixture
def free_port():
    with senders.free_port() as port:
        yield port


@pytest.mark.parametrize("args, words", [
    (("--http", "none"), "http is none"),
    (("--http", "127.0.0.1:0"), "port 0"),
    (("--http", "nonsense:x"), "--http"),
    (("--nonsense",), "unknown option"),
    (("-c", "/nonexistent", "--http", "none"), "/nonexistent"),
])
def test_wrong_words_are_1_too(args, words):
    status, _, said = run("--healthcheck", *args)
    assert status == 1
    assert words in said


def answering(text, hold=0.0):
    """The address of something that gives this answer to one who asks."""
    s = socket.create_server(("127.0.0.1", 0))

    def serve():
        with s, s.accept()[0] as peer:
            peer.settimeout(harness.DEADLINE)
            peer.recv(1000)
            peer.sendall(text)
            if hold:
                try:
                    peer.recv(1)  # until the other end gives up
                except OSError:
                    pass

    threading.Thread(target=serve, daemon=True).start()
    return "127.0.0.1:%d" % s.getsockname()[1]


@pytest.mark.parametrize("text", [
    b"HTTP/1.1 503 Service Unavailable\r\n\r\n", b"220 mail ESMTP\r\n", b"",
    b"HTTP/1.", b"HTTP/1.1 2000 no\r\n"])
def test_another_answer_is_1_and_told(text):
    status, _, said = run("--healthcheck", "--http", answering(text))
    assert status == 1
    assert text.split(b"\r\n")[0].decode() in said


def test_no_answer_ends_after_three_seconds():
    """Also when it drips: the first line never ends."""
    begin = time.monotonic()
    status, _, said = run("--healthcheck", "--http",
                          answering(b"HTTP/1.1", hold=True))
    assert status == 1
    assert said == "syncline: healthcheck: no answer within 3 s\n"
    assert time.monotonic() - begin >= 2.9
