# SPDX-License-Identifier: BSD-2-Clause
"""tlsclient.py - what tests of TLS send with, and the collector they send to"""

import contextlib
import socket
import ssl
import subprocess

import senders
from harness import DEADLINE

V12, V13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


def url(certs, host="127.0.0.1", **keys):
    """A listener in TLS, by its URL; a key that is None is left out."""
    keys = {"certificate": certs.server + ".pem", "key": certs.server + ".key",
            "ca": certs.ca, **keys}
    pairs = []
    for key, value in keys.items():
        values = value if isinstance(value, (list, tuple)) else [value]
        pairs += ["%s=%s" % (key, v) for v in values if v is not None]
    return "tls://%s:0?%s" % (host, "&".join(pairs))


def context(certs, cert=None, version=None, ca=None):
    """As a careful sender: it knows the authority and checks the name."""
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    c.load_verify_locations(ca or certs.ca)
    if cert:
        c.load_cert_chain(cert + ".pem", cert + ".key")
    if version:
        c.minimum_version = c.maximum_version = version
    return c


def wrap(s, certs, cert=None, version=None, **more):
    c = more.pop("context", None) or context(certs, cert, version)
    return c.wrap_socket(s, server_hostname="127.0.0.1", **more)


def connect(collector, certs, cert=None, version=None, **more):
    s = senders.connect(collector.address("tls"))
    try:
        return wrap(s, certs, cert, version, **more)
    except (OSError, ssl.SSLError):
        s.close()
        raise


def message(n=0, text="hello"):
    return senders.octet(b"<134>1 - web1 app %d - - %s" % (n, text.encode()))


def refused(collector, certs, cert=None, version=None, data=None, **more):
    """Tries to send; true when the collector ended it: with TLS 1.3 a client
    finds out behind its handshake."""
    try:
        with connect(collector, certs, cert, version, **more) as s:
            s.sendall(data or message(666, "forbidden"))
            return s.recv(1) == b""
    except (ssl.SSLError, ConnectionError):
        return True


def plain(collector):
    s = socket.create_connection(collector.address("tls"), DEADLINE)
    s.settimeout(DEADLINE)
    return s


def finish(s):
    """close_notify both ways (RFC-81, 82), then the end."""
    s.unwrap()
    s.close()


@contextlib.contextmanager
def s_client(collector, certs, *args):
    """openssl s_client, which shows its certificate."""
    host, port = collector.address("tls")
    p = subprocess.Popen(
        ["openssl", "s_client", "-connect", "%s:%d" % (host, port),
         "-cert", certs.right + ".pem", "-key", certs.right + ".key",
         "-CAfile", certs.ca, *args], stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        yield p
    finally:
        p.kill()
        p.communicate()
