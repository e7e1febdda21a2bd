# SPDX-License-Identifier: BSD-2-Clause
"""scenarios.py - what is measured, as a table

Messages are RFC 5424 with 256 bytes unless it says otherwise. A scenario that
runs as fast as it can gives the slower servers fewer messages, so that each
run takes about as long.
"""

import dataclasses

FLOOR, NAP, SYNCLINE = "floor", "floor-nap", "syncline"
LIBRARY = "libsyncline"  # the same collector, loaded through libsyncline
DIRECT, QUEUE = "rsyslog-direct", "rsyslog"
NG, RAW = "syslog-ng", "syslog-ng-raw"
PEERS = (DIRECT, QUEUE, NG, RAW)
ALL = (FLOOR, SYNCLINE) + PEERS
PACED = (FLOOR, NAP, SYNCLINE) + PEERS
OURS = (FLOOR, SYNCLINE)
# syslog-ng has no rotation of its own, and without parsing no JSON and no
# APP-NAME; the floor has one file and plain lines, the least that there is.
ROTATING = (FLOOR, SYNCLINE, DIRECT, QUEUE)
PARSING = (FLOOR, SYNCLINE, DIRECT, QUEUE, NG)


@dataclasses.dataclass(frozen=True)
class Scenario:
    """One line of the table. kind: flow (all messages, as fast as they are
    taken or at a rate), ceiling (the highest rate without loss), latency,
    held (memory of idle connections), handshakes, flood (flow without and
    with a flood of handshakes beside it), calls (what a caller of libsyncline
    pays; no server)."""
    # pylint: disable=too-many-instance-attributes
    name: str
    title: str
    kind: str = "flow"
    group: str = "main"     # main, growth, latency, tls, caller, library
    servers: tuple = ALL
    transport: str = "tcp"
    framing: str = "octet"
    senders: int = 10
    generators: int = 1     # processes that the senders are in
    idle: int = 0           # connections that are open beside them
    size: int = 256
    count: int = 3_000_000  # messages
    slow_count: int = 1_000_000  # the same for the peers
    rate: int = 0           # messages a second in all; 0: no limit
    a_write: int = 0        # messages a write; 0: many
    window: int = 0         # UDP: bytes that may wait in the receiver's queue
    offload: bool = False   # UDP: the sender has the kernel cut up its packets
    rotate: int = 0         # bytes
    compress: str = "none"
    format: str = "rfc5424"
    rfc3164: bool = False
    names: int = 0          # APP-NAMEs, and a file for each
    open_files: int = 0     # that may be open at one time; 0: the default
    rules: int = 0          # outputs in front that take nothing
    x: float = 0            # where it stands on the axis of its curve

    @property
    def curve(self):
        """The points of a curve have a common name, and their x behind it."""
        return self.name.rpartition("-")[0]


def paced(name, title, **more):
    return Scenario(name, title, rate=50_000, count=150_000,
                    slow_count=150_000, servers=PACED, a_write=1, **more)


MAIN = [
    Scenario("udp-closed", "UDP, as fast as it is taken", transport="udp",
             window=1_000_000, offload=True, count=1_500_000,
             slow_count=700_000),
    Scenario("udp-max", "UDP, highest rate with at most 0.01 % lost",
             kind="ceiling", transport="udp", offload=True,
             count=1_000_000, slow_count=500_000),
    paced("udp-50k", "UDP, 50,000/s", transport="udp"),
    Scenario("tcp-octet-1", "TCP, octet counts, 1 connection", senders=1),
    Scenario("tcp-octet-10", "TCP, octet counts, 10 connections"),
    Scenario("tcp-octet-1000", "TCP, octet counts, 1,000 connections",
             senders=1000),
    Scenario("tcp-lf-10", "TCP, line feeds, 10 connections", framing="lf"),
    Scenario("tcp-rotate-10", "TCP, 10 connections, rotation every 64 MiB",
             rotate=64 << 20, servers=ROTATING),
    paced("tcp-50k", "TCP, 10 connections, 50,000/s, one a write"),
    Scenario("unix-10", "unix datagrams, 10 senders", transport="unix",
             count=600_000, slow_count=200_000),
    Scenario("tcp-64B", "TCP, 10 connections, messages of 64 bytes", size=64,
             count=6_000_000, slow_count=1_000_000),
    Scenario("tcp-1500B", "TCP, 10 connections, messages of 1,500 bytes",
             size=1500, count=1_000_000, slow_count=600_000),
    Scenario("json", "TCP, 10 connections, JSON output", format="json",
             count=2_000_000, slow_count=600_000,
             servers=PARSING),
    Scenario("by-name-100", "TCP, 10 connections, 100 files by APP-NAME",
             names=100, count=2_000_000, slow_count=600_000,
             servers=PARSING),
    Scenario("rfc3164", "TCP, line feeds, 10 connections, RFC 3164",
             framing="lf", rfc3164=True),
    Scenario("tls-1", "TLS, 1 connection, records of 16 KiB",
             transport="tls", senders=1),
    Scenario("tls-10", "TLS, 10 connections, records of 16 KiB",
             transport="tls"),
    # A record a message is dearer for who sends it than for who reads it: of
    # one generator alone, its own speed would be measured.
    Scenario("tls-10-rec", "TLS, 10 connections, one message a record",
             transport="tls", a_write=1, count=1_000_000, slow_count=400_000,
             generators=2),
]

# Of the first, count is of no use: a message a connection.
TLS = [
    Scenario("tls-idle-1000", "1,000 idle TLS connections", kind="held",
             group="tls", transport="tls", senders=1000),
    Scenario("tls-handshakes", "full TLS handshakes, 16 at one time",
             kind="handshakes", group="tls", transport="tls", senders=16,
             count=2000, slow_count=2000),
    Scenario("tls-flood", "10 connections beside a flood of handshakes",
             kind="flood", group="tls", transport="tls", count=2_000_000,
             slow_count=400_000),
]

CALLER = [Scenario("caller", "what a log call costs its caller", kind="calls",
                   group="caller", servers=(SYNCLINE,)),
          Scenario("library", "TCP, 1 connection, of load and of libsyncline",
                   group="library", senders=1, slow_count=3_000_000,
                   servers=(SYNCLINE, LIBRARY))]


# The curves whose names do not say it all.
CURVES = {"files-open": "files, with max_open_files: 1024"}


def growing(curve, title, x, **more):
    return Scenario("%s-%d" % (curve, x), title % format(x, ","),
                    group="growth", x=x, **more)


GROWTH = [
    *(growing("connections", "%s connections", n, senders=n, servers=OURS,
              count=3_000_000) for n in (1, 10, 100, 1000, 10000)),
    *(growing("idle", "1 connection beside %s idle ones", n, senders=1,
              idle=n, servers=OURS, count=3_000_000)
      for n in (1, 10, 100, 1000, 10000)),
    *(growing("files", "%s files", n, names=n, servers=(SYNCLINE,),
              count=2_000_000) for n in (1, 10, 100, 1000, 10000)),
    *(growing("files-open", "%s files, with max_open_files: 1024", n, names=n,
              servers=(SYNCLINE,), count=2_000_000, open_files=1024)
      for n in (1, 10, 100, 1000)),
    *(growing("rules", "%s outputs with conditions in front", n, rules=n,
              servers=(SYNCLINE,), count=2_000_000) for n in (1, 10, 100)),
    *(growing("size", "messages of %s bytes", n, size=n, servers=OURS,
              count=max(20_000, min(4_000_000, 1_200_000_000 // (n + 60))))
      for n in (64, 128, 256, 512, 1024, 4096, 16384, 65536)),
]


def delayed(rate, suffix="", title="", **more):
    return Scenario(
        "latency-%d%s" % (rate, suffix),
        "%s messages/s%s" % (format(rate, ","), title), kind="latency",
        group="latency", rate=rate, count=rate * 3, a_write=1, **more)


LATENCY = [
    *(delayed(n, servers=OURS) for n in (1000, 10000, 100000)),
    *(delayed(n, "-rotating", ", rotating", rotate=r, servers=OURS)
      for n, r in ((1000, 64 << 10), (10000, 1 << 20), (100000, 8 << 20))),
    *(delayed(n, "-compressing", ", rotating and compressing", rotate=r,
              compress="zstd", servers=(SYNCLINE,))
      for n, r in ((1000, 64 << 10), (10000, 1 << 20), (100000, 8 << 20))),
]

TABLE = MAIN + TLS + GROWTH + LATENCY + CALLER
BY_NAME = {scenario.name: scenario for scenario in TABLE}
