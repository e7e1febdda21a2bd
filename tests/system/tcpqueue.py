# SPDX-License-Identifier: BSD-2-Clause
"""tcpqueue.py - what the other side of a TCP connection has not read yet

Asked of the kernel for this one connection (sock_diag(7)). /proc/net/tcp
says the same, but lists all that there are, with those of other tests, which
takes a tenth of a second when they are many.
"""

import errno
import os
import socket
import struct

NETLINK_SOCK_DIAG = 4
SOCK_DIAG_BY_FAMILY = 20
NLM_F_REQUEST, NLMSG_ERROR = 1, 2
HEADER = struct.Struct("=IHHII")  # struct nlmsghdr
# struct inet_diag_req_v2 and inet_diag_msg, both with an inet_diag_sockid
REQUEST = struct.Struct("=BBBBI 2s2s16s16sIII")
ANSWER = struct.Struct("=4x 48x 4x I")  # idiag_rqueue
ANY = 0xffffffff


def _end(family, address):
    host, port = address[:2]
    return port.to_bytes(2, "big"), socket.inet_pton(family, host)


def _diag(s, netlink):
    # as the other side sees it: its own end first
    port, host = _end(s.family, s.getpeername())
    peer_port, peer_host = _end(s.family, s.getsockname())
    body = REQUEST.pack(s.family, socket.IPPROTO_TCP, 0, 0, ANY, port,
                        peer_port, host, peer_host, 0, ANY, ANY)
    netlink.send(HEADER.pack(HEADER.size + len(body), SOCK_DIAG_BY_FAMILY,
                             NLM_F_REQUEST, 0, 0) + body)
    answer = netlink.recv(4096)
    if HEADER.unpack_from(answer)[1] == NLMSG_ERROR:
        number = -struct.unpack_from("=i", answer, HEADER.size)[0]
        if number == errno.ENOENT:
            return 0  # it is gone
        raise OSError(number, os.strerror(number))
    return ANSWER.unpack_from(answer, HEADER.size)[0]


def _proc(sockets):
    wanted = {(":%04X" % s.getpeername()[1], ":%04X" % s.getsockname()[1])
              for s in sockets}
    name = "tcp6" if sockets[0].family == socket.AF_INET6 else "tcp"
    with open("/proc/net/" + name) as f:
        table = [line.split(None, 5)[1:5] for line in f]
    return sum(int(queues.partition(":")[2], 16)
               for here, there, _, queues in table[1:]
               if (here[-5:], there[-5:]) in wanted)


def unread(sockets):
    """Bytes, in all, that were sent on these and not read."""
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM,
                           NETLINK_SOCK_DIAG) as netlink:
            netlink.connect((0, 0))
            return sum(_diag(s, netlink) for s in sockets)
    except OSError as error:
        if error.errno == errno.ENOTCONN:
            raise
        return _proc(sockets)  # a kernel without that
