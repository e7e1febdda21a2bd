# SPDX-License-Identifier: BSD-2-Clause
"""senders.py - sockets and framings that tests send with"""

import contextlib
import errno
import fcntl
import multiprocessing
import random
import socket
import struct
import termios
import threading

import tcpqueue
from harness import DEADLINE, eventually

KINDS = {
    "udp": socket.SOCK_DGRAM,
    "tcp": socket.SOCK_STREAM,
    "unix": socket.SOCK_DGRAM,
    "unix-stream": socket.SOCK_STREAM,
}


def connect(address, scheme="tcp", source=None):
    """A socket connected to a listener's address; blocking, with a deadline.
    source: the address it comes from, 127.0.0.2 and the like."""
    if scheme.startswith("unix"):
        family = socket.AF_UNIX
    else:
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    s = socket.socket(family, KINDS[scheme])
    s.settimeout(DEADLINE)
    if source:
        s.bind((source, 0))
    s.connect(address)
    if scheme == "tcp":
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return s


@contextlib.contextmanager
def free_port():
    """A port for a collector that nobody else is given meanwhile: we are
    bound to it without listening, and the collector may be, too. Below those
    that the kernel gives to whoever asks for any, so it holds for UDP, too."""
    with open("/proc/sys/net/ipv4/ip_local_port_range") as f:
        end = int(f.read().split()[0])
    with socket.socket() as s:
        for port in random.sample(range(1024, end), 100):
            try:
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as d:
                    d.bind(("127.0.0.1", port))
                s.bind(("127.0.0.1", port))
                break
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
        else:
            raise AssertionError("no port is free")
        # only now, or two of us could have the same
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        yield port


def lf(message):
    return message + b"\n"


def nul(message):
    return message + b"\0"


def octet(message):
    return b"%d %s" % (len(message), message)


def unread(*sockets):
    """Bytes sent on these stream sockets, all of one kind, that the other
    process has not read."""
    if sockets[0].family == socket.AF_UNIX:
        return sum(struct.unpack("i", fcntl.ioctl(
            s, termios.TIOCOUTQ, b"\0\0\0\0"))[0] for s in sockets)
    return tcpqueue.unread(sockets)


def is_closed(s):
    """Waits until the collector has closed the stream; it never sends."""
    try:
        return s.recv(1) == b""
    except ConnectionResetError:
        return True


def wait_read(*sockets):
    """Until the collector has read all that was sent."""
    eventually(lambda: unread(*sockets) == 0, what="all bytes read")


def finish(s):
    """Half-closes a stream and waits until the collector has closed it."""
    s.shutdown(socket.SHUT_WR)
    assert s.recv(1) == b"", "a collector sends nothing"
    s.close()


def send_pieces(s, pieces):
    """Each piece alone: the collector has read it before the next goes."""
    for piece in pieces:
        s.sendall(piece)
        wait_read(s)


def feed(collector, *pieces, scheme="tcp", end=True):
    """Sends the pieces (a stream, or one datagram each) and returns the lines
    that came of them. Needs one worker and no rotation: the collector keeps
    the order, so a message sent afterwards tells when they are complete."""
    collector.marks += 1
    mark = b"end-of-feed-%d" % collector.marks
    address = collector.address(scheme)
    s = connect(address, scheme)
    try:
        if KINDS[scheme] == socket.SOCK_DGRAM:
            for piece in pieces:
                s.send(piece)
            s.send(b"<13>" + mark)
        else:
            send_pieces(s, pieces)
            if end:
                finish(s)
            with connect(address, scheme) as last:
                last.sendall(octet(b"<13>" + mark))
    finally:
        s.close()
    return news(collector, mark)


def news(collector, mark):
    """The lines that came since the last call, up to the one with mark."""
    found = []

    def complete():
        with open(collector.path, "rb") as f:
            f.seek(collector.offset)
            text = f.read()
        at = text.find(mark)
        end = text.find(b"\n", at) + 1
        if at == -1 or end == 0:
            return False
        collector.offset += end
        found[:] = text[:end].split(b"\n")[:-2]
        return True

    eventually(complete, what=lambda: "%r in %s; it said: %s" % (
        mark, collector.path, collector.stderr()))
    return found


class Senders:
    """Processes that each send a stream of bytes to an address, at once."""

    def __init__(self):
        self.context = multiprocessing.get_context("fork")
        self.processes = []

    def start(self, target, *args):
        p = self.context.Process(target=target, args=args, daemon=True)
        p.start()
        self.processes.append(p)
        return p

    def join(self, check=True):
        for p in self.processes:
            p.join(2 * DEADLINE)
            assert not p.is_alive(), "a sender hangs"
            assert not check or p.exitcode == 0, "a sender failed"


@contextlib.contextmanager
def talking(s, data, gap=0.002):
    """Sends the same again and again meanwhile."""
    stop = threading.Event()

    def talk():
        while not stop.wait(gap):
            s.sendall(data)

    thread = threading.Thread(target=talk)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def send_stream(address, scheme, data):
    """Body of a sender process: all of data on one connection, then EOF."""
    s = connect(address, scheme)
    s.sendall(data)
    finish(s)


def send_datagrams(address, scheme, messages):
    """Body of a sender process: one datagram a message."""
    with connect(address, scheme) as s:
        for m in messages:
            s.send(m)
