# SPDX-License-Identifier: BSD-2-Clause
"""A Go program logs to us with log/syslog, over the network and locally."""

import os
import socket

import pytest

import live

pytestmark = pytest.mark.peers

COUNT = 50
SEVERITIES = ["notice"] * COUNT + live.SEVERITIES
TEXTS = ["message %d" % n for n in range(COUNT)] + [
    "at " + severity for severity in live.SEVERITIES] + [
    "Gr\u00f6\u00dfe \u20ac \u65e5\u672c\u8a9e", "[not] a tag: colon",
    1000 * "0123456789", "", "with newline", "two\nlines",
    "prefix: of a logger"]
LISTENERS = {
    "udp": "udp://127.0.0.1:0",
    "tcp": "tcp://127.0.0.1:0",
    "unixgram": "unix://%s/log",
    "unix": "unix-stream://%s/log",
    "local": "unix://%s/log",
    "local stream": "unix-stream://%s/log",
}


def go(*args, folder):
    """The go command; what it makes on the way is kept for the next run."""
    program = live.program("go")
    kept = os.path.join(program.partition("/usr/lib/")[0], "cache")
    return live.call([program, *args], cwd=folder, env={
        **os.environ, "GOCACHE": kept, "GOPATH": os.path.join(kept, "path"),
        "GO111MODULE": "off", "GOFLAGS": "", "GOTOOLCHAIN": "local",
        "GOROOT": os.path.dirname(os.path.dirname(program))})


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    folder = tmp_path_factory.mktemp("go")
    source = os.path.join(live.CLIENTS, "logsyslog.go")
    go("vet", source, folder=folder)
    go("build", "-o", str(folder / "logsyslog"), source, folder=folder)
    return str(folder / "logsyslog")


@pytest.mark.parametrize("format", live.FORMATS)
@pytest.mark.parametrize("tag", ["shop", ""])
@pytest.mark.parametrize("network", LISTENERS)
def test_go(request, open_folder, collect, client, network, tag, format):
    """Every message with its severity; on streams, where it ends messages with
    newlines, a text of two lines is two messages. The folder of a socket has a
    short name, whatever that of pytest's is."""
    url = LISTENERS[network]
    c = collect(listen=(url % open_folder if "%" in url else url,),
                args=("-f", format, "--hostname", "collector1"))
    scheme = url.partition(":")[0]
    stream = scheme in ("tcp", "unix-stream")
    network = network.partition(" ")[0]
    address = c.address(scheme)
    prefix = []
    if network == "local":
        prefix = live.with_dev_log(request.getfixturevalue("private"), address)
    elif not isinstance(address, str):
        address = "%s:%d" % address
    live.call([*prefix, client, network, address, tag, str(COUNT)])

    texts = list(TEXTS)
    if stream:
        at = texts.index("two\nlines")
        texts[at:at + 1] = ["two", "lines"]
    got = live.stored(c, format, len(texts))
    assert [m.msg for m in got] == texts
    assert [m.severity for m in got[:len(SEVERITIES)]] == SEVERITIES
    tail = {"lines"} if stream else set()  # has no header
    got = [m for m in got if m.msg not in tail]
    assert {m.facility for m in got} == {"daemon"}
    # Without a tag it takes the path of the program, however long.
    name = tag or client
    assert {m.app_name for m in got} == {
        name[:48] if format == "rfc5424" else name}
    assert len({m.procid for m in got}) == 1
    assert got[0].procid.isdigit()
    # On a unix socket it leaves the host out.
    assert {m.hostname for m in got} == {
        "collector1" if scheme.startswith("unix") else socket.gethostname()}
