# SPDX-License-Identifier: BSD-2-Clause
"""tlsserver.py - a TLS server that takes what it gets, and proxies before it,
for tests of who sends in TLS"""

import os
import socket
import ssl
import struct
import threading

import harness
from harness import eventually


class Listener:
    """Calls self.take() with one connection after another, in a thread, until
    the end of its `with`. room: of the buffer that it receives into."""

    def __init__(self, room=None):
        self.listener = socket.socket()
        if room:
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen()
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # shutdown(2) wakes accept(2), which close(2) does not
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def _serve(self):
        while True:
            try:
                s, _ = self.listener.accept()
            except OSError:
                return
            self.take(s)


class Server(Listener):
    """Takes one connection after another; what each brought is in .taken, as
    (clear text, how it ended, version)."""

    def __init__(self, cert, version=None, ca=None, chain=None, say=None):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(chain or cert + ".pem", cert + ".key")
        if version:
            self.context.minimum_version = version
            self.context.maximum_version = version
        if ca:
            self.context.load_verify_locations(ca)
            self.context.verify_mode = ssl.CERT_REQUIRED
        self.names = []  # that were asked for, by SNI
        self.context.sni_callback = lambda s, name, c: self.names.append(name)
        self.taken = []
        self.say = say  # what it does with a connection that has brought some
        super().__init__()

    def take(self, s):
        data, end, version = b"", "closed", None
        s.settimeout(harness.DEADLINE)
        try:
            with s, self.context.wrap_socket(
                    s, server_side=True, suppress_ragged_eofs=False) as tls:
                version = tls.version()
                while True:
                    part = tls.recv(65536)
                    if not part:
                        break
                    data += part
                    if self.say and self.say(tls, data):
                        break
        except OSError as error:
            end = str(error)
        self.taken.append((data, end, version))

    def wait(self, n=1):
        """The first n connections."""
        eventually(lambda: len(self.taken) >= n, what=lambda: self.taken)
        return self.taken[:n]


class Proxy(Listener):
    """Hands bytes on between who connects and a port, as pass_on wants:
    pass_on(from, to, up) for each direction; up: to the server. room: of the
    buffer that it receives into."""

    def __init__(self, port, pass_on, room=None):
        self.to, self.pass_on = port, pass_on
        self.connections = 0
        super().__init__(room)

    def take(self, s):
        try:
            server = socket.create_connection(("127.0.0.1", self.to))
        except OSError:
            s.close()
            return
        self.connections += 1
        for end in (s, server):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for pair in ((s, server, True), (server, s, False)):
            threading.Thread(target=self._run, args=pair, daemon=True).start()

    def _run(self, source, to, up):
        try:
            self.pass_on(source, to, up)
            to.shutdown(socket.SHUT_WR)
        except OSError:
            reset(source)
            reset(to)


def reset(s):
    """Ends it with RST, for a thread that waits for it, too."""
    try:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                     struct.pack("ii", 1, 0))
        s.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    s.close()


def copy(source, to, _up=True):
    while True:
        part = source.recv(65536)
        if not part:
            return
        to.sendall(part)


def byte_by_byte(source, to, _up=True):
    """C7: each byte in a segment of its own."""
    while True:
        part = source.recv(65536)
        if not part:
            return
        for n in range(len(part)):
            to.sendall(part[n:n + 1])


class Records:
    """Counts the records that go up, and hands them on; to be called."""

    def __init__(self):
        self.lengths = []  # of those with application data

    def __call__(self, source, to, up):
        data = b""
        while True:
            part = source.recv(65536)
            if not part:
                return
            to.sendall(part)
            if not up:
                continue
            data += part
            while len(data) >= 5 and \
                    len(data) >= 5 + int.from_bytes(data[3:5], "big"):
                n = int.from_bytes(data[3:5], "big")
                if data[0] == 23:
                    self.lengths.append(n)
                data = data[5 + n:]


def limited(folder, version):
    """The environment in which OpenSSL speaks this version alone."""
    path = os.path.join(str(folder), "openssl-%s.cnf" % version)
    with open(path, "w", encoding="ascii") as f:
        f.write("openssl_conf = a\n[a]\nssl_conf = b\n[b]\n"
                "system_default = c\n[c]\nMinProtocol = %s\n"
                "MaxProtocol = %s\n" % (version, version))
    return {"OPENSSL_CONF": path}
