# SPDX-License-Identifier: BSD-2-Clause
"""Sockets that were bound before we were started (contract.md section 2,
Signals; fault J4): by kind and address, else by name; one that fits no
listener is an error."""

import os
import socket
import subprocess

import pytest

import senders
from activated import ACTIVATE, needs_activate, passing
from configured import start
from harness import SYNCLINED, clean_environment, eventually


def bound(kind=socket.SOCK_STREAM, address="127.0.0.1", port=0,
          family=socket.AF_INET, v6only=False):
    s = socket.socket(family, kind)
    if family == socket.AF_INET6:
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, v6only)
    s.bind((address, port))
    if kind == socket.SOCK_STREAM:
        s.listen()
    return s


def port_of(s):
    return s.getsockname()[1]


def send(s, text=b"<13>x"):
    with senders.connect(s.getsockname()[:2], "tcp") as out:
        out.sendall(text + b"\n")


def test_each_kind_by_its_address(collect, tmp_path):
    """The kernel holds what comes before we are there."""
    tcp, udp = bound(), bound(socket.SOCK_DGRAM)
    path = str(tmp_path / "s")
    unix = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    unix.bind(path)
    for scheme, address in (("tcp", tcp.getsockname()),
                            ("udp", udp.getsockname()), ("unix", path)):
        with senders.connect(address, scheme) as s:
            s.sendall(b"<13>" + scheme.encode() + b"\n")
    c = collect(listen=("tcp://127.0.0.1:%d" % port_of(tcp),
                        "udp://127.0.0.1:%d" % port_of(udp),
                        "unix://%s" % path), args=("-f", "raw"),
                **passing([unix, tcp, udp]))
    assert sorted(c.wait_lines(3)) == [b"<13>tcp", b"<13>udp", b"<13>unix"]
    assert c.address() == tcp.getsockname()
    c.stop()
    # it is not ours to remove, and whoever holds it starts us again
    assert os.path.exists(path)
    send(tcp)


@pytest.mark.parametrize("host, address, family", [
    ("*", "0.0.0.0", socket.AF_INET), ("*", "::", socket.AF_INET6),
    ("localhost", "127.0.0.1", socket.AF_INET),
    ("[0:0:0:0:0:0:0:1]", "::1", socket.AF_INET6)])
def test_an_address_in_other_words(collect, host, address, family):
    s = bound(address=address, family=family)
    c = collect(listen=("tcp://%s:%d" % (host, port_of(s)),),
                **passing([s]))
    with senders.connect(("::1" if ":" in address else "127.0.0.1",
                          port_of(s))) as out:
        out.sendall(b"<13>x\n")
    c.wait_lines(1)


def test_two_families_are_two_sockets_of_one_listener(collect):
    six = bound(address="::", family=socket.AF_INET6, v6only=True)
    four = bound(address="0.0.0.0", port=port_of(six))
    c = collect(listen=("tcp://*:%d" % port_of(six),),
                **passing([four, six]))
    for host in "127.0.0.1", "::1":
        with senders.connect((host, port_of(six))) as out:
            out.sendall(b"<13>x\n")
    c.wait_lines(2)


def test_else_by_its_name(collect):
    """Also behind port 0, which is no address; kind before name."""
    a, b = bound(), bound(socket.SOCK_DGRAM)
    c = collect(listen=("tcp://127.0.0.1:0?name=apps",
                        "udp://192.0.2.1:514?name=net"),
                **passing([b, a], "net:apps"))
    assert c.address() == a.getsockname()
    send(a)
    with senders.connect(b.getsockname(), "udp") as s:
        s.send(b"<13>y")
    c.wait_lines(2)


def test_the_address_goes_before_the_name(collect):
    a, b = bound(), bound()
    c = collect(listen=("tcp://127.0.0.1:%d?name=b" % port_of(a),
                        "tcp://127.0.0.1:%d?name=a" % port_of(b)),
                args=("-f", "%{listener} %{msg}"),
                **passing([a, b], "a:b"))
    send(a)
    assert c.wait_lines(1) == [b"b x"]


@pytest.mark.parametrize("name", ["", "other"])
def test_one_that_fits_none_is_an_error(collect, name):
    s = bound(socket.SOCK_DGRAM)
    c = collect(listen=("tcp://127.0.0.1:%d?name=x" % port_of(s),),
                **passing([s], name), ready=False)
    assert c.wait_exit() == 1
    assert ('LISTEN_FDS: socket 3 (datagrams, 127.0.0.1 port %d, name "%s") '
            "fits no listener; " % (port_of(s), name)) in c.stderr()


def test_a_name_of_another_kind_fits_not(collect):
    s = bound(socket.SOCK_DGRAM)
    c = collect(listen=("tcp://127.0.0.1:0?name=x",),
                **passing([s], "x"), ready=False)
    assert c.wait_exit() == 1
    assert "fits no listener" in c.stderr()


def test_a_connection_is_no_listener(collect):
    """What Accept=yes passes."""
    s = bound()
    with senders.connect(s.getsockname()), s.accept()[0] as accepted:
        c = collect(listen=("tcp://127.0.0.1:%d" % port_of(s),),
                    **passing([accepted]), ready=False)
        assert c.wait_exit() == 1
    assert "Accept=no" in c.stderr()


def test_what_is_for_another_process_is_left_alone(collect):
    s = bound()
    c = collect(**passing([s], other_pid=1))
    assert "LISTEN_FDS is for process" in c.stderr()
    assert c.address() != s.getsockname()


@pytest.mark.parametrize("fds, words", [
    ("x", "LISTEN_FDS: \"x\" is no number"), ("9999", "is no number"),
    ("-1", "is no number"), ("900", "LISTEN_FDS: socket ")])
def test_nonsense_in_the_environment_is_told(fds, words):
    done = subprocess.run(
        ["sh", "-c", 'LISTEN_PID=$$ exec "$@"', "sh", SYNCLINED, "-l",
         "tcp://127.0.0.1:0", "--http", "none"],
        env=clean_environment({"LISTEN_FDS": fds}), capture_output=True,
        text=True)
    assert done.returncode == 1
    assert words in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can raise it")
def test_a_large_buffer_stays_large(collect):
    """systemd may give a socket more than we could ask for."""
    force, mine = 33, 1 << 23  # SO_RCVBUFFORCE
    s = bound(socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, force, mine)
    options = passing([s])
    options["prefix"] = ["setpriv", "--bounding-set", "-net_admin",
                         "--inh-caps", "-net_admin"] + options["prefix"]
    collect(listen=("udp://127.0.0.1:%d" % port_of(s),), output="-", **options)
    assert s.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) == 2 * mine


TEXT = """
listen:
  - url: tcp://127.0.0.1:%d
output:
  - path: {dir}/all.log
"""


def test_a_reload_takes_it_away_and_brings_it_back(collect, tmp_path):
    """We keep it: who else could bind what systemd has bound?"""
    s = bound()
    text = TEXT % port_of(s)
    f = start(collect, tmp_path, text, **passing([s]))
    said = f.refuse(TEXT % 0)
    assert "fits no listener" in said
    f.reload(text.replace("127.0.0.1", "localhost"))
    send(s)
    f.wait_lines("all.log", 1)
    f.reload(text)
    send(s)
    f.wait_lines("all.log", 2)
    f.reload()
    assert f.c.descriptors() < 40


@needs_activate
@pytest.mark.parametrize("name", [None, "apps"])
def test_as_systemd_does_it(tmp_path, name):
    """The first connection starts us, and nobody was refused before."""
    with bound() as s:
        port = port_of(s)
    out = tmp_path / "out.log"
    url = "tcp://127.0.0.1:%d" % port if name is None else \
        "tcp://127.0.0.1:0?name=apps"
    with open(tmp_path / "said", "wb") as said:
        process = subprocess.Popen(
            [ACTIVATE, "-l", "127.0.0.1:%d" % port,
             *(["--fdname=" + name] if name else []),
             SYNCLINED, "-l", url, "-o", str(out), "--http", "none"],
            env=clean_environment(), stderr=said, stdin=subprocess.DEVNULL)
    try:
        eventually(lambda: b"Listening on" in
                   (tmp_path / "said").read_bytes())
        with senders.connect(("127.0.0.1", port)) as s:
            s.sendall(b"<13>x\n")
        eventually(lambda: out.exists() and
                   out.read_bytes().count(b"\n") == 1)
    finally:
        process.terminate()
        assert process.wait(60) == 0

