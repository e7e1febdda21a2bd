# SPDX-License-Identifier: BSD-2-Clause
"""servers.py - how each server is started, found ready, and stopped

Each run has a folder of its own: configuration and what the server says in
there, its output in the folder "out". Names of rotated files sort, behind the
live name and a dash or dot, in the order written.
"""

import glob
import os
import re
import signal
import socket
import subprocess
import time

import scenarios

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
START_SECONDS = 15
STOP_SECONDS = 60
NAP_US = 1000


class ServerError(Exception):
    """It did not start, or did not end, as it should."""


def fill(name, values):
    """A configuration of conf/ with its {{names}} filled in."""
    with open(os.path.join(HERE, "conf", name), encoding="ascii") as f:
        return re.sub(r"\{\{(\w+)\}\}", lambda m: str(values[m[1]]), f.read())


def free_port():
    """One that neither TCP nor UDP uses at the moment."""
    for _ in range(100):
        with socket.socket() as tcp, \
                socket.socket(type=socket.SOCK_DGRAM) as udp:
            tcp.bind(("127.0.0.1", 0))
            port = tcp.getsockname()[1]
            try:
                udp.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise ServerError("no port is free")


class Server:
    """One server under one scenario. A subclass says what is run, and how."""

    def __init__(self, name, scenario, folder, options):
        self.name, self.scenario, self.folder = name, scenario, folder
        self.options = options
        self.out = os.path.join(folder, "out")
        os.makedirs(self.out)
        self.path = os.path.join(self.out, "log")
        self.port = free_port() if scenario.transport != "unix" else 0
        self.socket = os.path.join(folder, "in")
        self.process = None
        if scenario.transport == "tls":
            self.make_certificates()

    # What a subclass says

    def command(self):
        raise NotImplementedError

    def environment(self):
        """Without what would configure a collector."""
        env = {k: v for k, v in os.environ.items()
               if not k.startswith("SYNCLINE_")}
        return dict(env, LC_ALL="C.UTF-8", TZ="UTC")

    def is_ready(self):
        return is_bound(self.scenario.transport, self.port, self.socket)

    # What all have in common

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="ascii") as f:
            f.write(text)
        return path

    def tls(self, name):
        """The path of a file of `syncline cert init`."""
        return os.path.join(self.folder, "tls", name)

    def make_certificates(self):
        done = subprocess.run(
            [self.options.syncline, "cert", "init", "--dir", self.tls(""),
             "localhost"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, timeout=START_SECONDS,
            check=False)
        if done.returncode:
            raise ServerError("no certificates: " + done.stdout)

    def start(self):
        with open(os.path.join(self.folder, "said"), "wb") as said:
            self.process = subprocess.Popen(
                self.command(), cwd=self.folder, env=self.environment(),
                stdin=subprocess.DEVNULL, stdout=said, stderr=said)
        end = time.monotonic() + START_SECONDS
        while not self.is_ready():
            if self.process.poll() is not None:
                raise ServerError("%s ended with status %d: %s" % (
                    self.name, self.process.returncode, self.said()))
            if time.monotonic() > end:
                raise ServerError("%s is not ready after %d s: %s" % (
                    self.name, START_SECONDS, self.said()))
            time.sleep(0.005)
        return self

    def stop(self):
        """SIGTERM; it must end well."""
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise ServerError("%s does not end: %s" % (
                self.name, self.said())) from None
        if status:
            raise ServerError("%s: status %d: %s" % (
                self.name, status, self.said()))

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def said(self):
        with open(os.path.join(self.folder, "said"), encoding="utf-8",
                  errors="replace") as f:
            return f.read()[-2000:].strip()

    def files(self):
        """What it wrote, each live file behind its rotated ones."""
        return sorted((os.path.join(self.out, f) for f in os.listdir(self.out)
                       if not f.startswith(".")),
                      key=lambda path: (len(os.path.basename(path)) <
                                        len("log-"), path))


def is_bound(transport, port, path):
    """Whether a server has its socket."""
    if transport == "unix":
        return os.path.exists(path)
    wanted = ":%04X" % port
    transport = "udp" if transport == "udp" else "tcp"
    for family in ("", "6"):
        with open("/proc/net/%s%s" % (transport, family),
                  encoding="ascii") as f:
            for line in f.readlines()[1:]:
                fields = line.split()
                if fields[1].endswith(wanted) and (
                        transport == "udp" or fields[3] == "0A"):
                    return True
    return False


class Floor(Server):
    """The least that a collector can do; see floor.c."""

    def command(self):
        s = self.scenario
        kind = s.framing if s.transport == "tcp" else s.transport
        command = [os.path.join(self.options.tools, "floor"), kind,
                   self.socket if s.transport == "unix" else str(self.port),
                   self.path]
        if s.transport == "tls":
            command += [self.tls("collector.pem"), self.tls("collector.key")]
        if self.name == scenarios.NAP:
            command += ["-n", str(NAP_US)]
        if s.rotate:
            command += ["-r", str(s.rotate)]
        return command

    def is_ready(self):
        return "ready" in self.said()


class Syncline(Server):
    """Ours."""

    NOTHING = ("facility: ftp", 'severity: "=emerg"', 'app: "other-%d*"',
               'host: "other-%d.example.net"')

    def command(self):
        s = self.scenario
        url = ("unix://" + self.socket if s.transport == "unix" else
               "%s://127.0.0.1:%d" % (s.transport, self.port))
        # The default is 10000, and one scenario has one more than that.
        many = s.senders + s.idle > 10_000
        listener = "    max_connections: 10100" if many else ""
        if s.transport == "tls":
            listener = "    certificate: %s\n    key: %s\n    client: none" % (
                self.tls("collector.pem"), self.tls("collector.key"))
        rules = "".join("  - path: \"%s/rule-%d\"\n    %s\n" % (
            self.folder, n, self.condition(n)) for n in range(s.rules))
        config = self.write("synclined.yaml", fill("syncline.yaml", {
            "url": url, "listener": listener, "rules": rules,
            "format": s.format,
            "path": self.out + "/%{app_name}" if s.names else self.path,
            "rotate": s.rotate, "compress": s.compress,
            "open_files": s.open_files and
            "    max_open_files: %d" % s.open_files or ""}))
        return [self.options.synclined, "-c", config]

    def condition(self, n):
        """One that no message meets; of each kind in turn."""
        text = self.NOTHING[n % len(self.NOTHING)]
        return text % n if "%" in text else text

    def is_ready(self):
        return "syncline: ready" in self.said()


class Rsyslog(Server):
    """As it is installed by peers.sh, from its folder."""

    QUEUES = {
        scenarios.DIRECT: 'queue.type="Direct"',
        scenarios.QUEUE:
            'queue.type="FixedArray" queue.size="500000"\n'
            '           queue.dequeueBatchSize="4096" queue.workerThreads="1"'
            '\n           queue.workerThreadMinimumMessages="40000"\n'
            '           queue.timeoutEnqueue="60000" '
            'queue.discardMark="500000"',
    }
    MODULES = {
        "tcp": 'module(load="imptcp" threads="1" processOnPoller="on")',
        "udp": 'module(load="imudp" threads="1" batchSize="128" '
               'timeRequery="64")',
        "unix": 'module(load="imuxsock" SysSock.Use="off")',
        "tls": 'module(load="imtcp" maxSessions="1100" '
               'streamDriver.name="ossl"\n       streamDriver.mode="1" '
               'streamDriver.authMode="anon")',
    }

    def input(self):
        return {
            "tcp": 'input(type="imptcp" address="127.0.0.1" port="%d" '
                   'ruleset="bench"\n      supportOctetCountedFraming="on" '
                   'notifyOnConnectionClose="off"\n      '
                   'socketBacklog="1000")' % self.port,
            "udp": 'input(type="imudp" address="127.0.0.1" port="%d" '
                   'ruleset="bench" rcvbufSize="4m")' % self.port,
            "unix": 'input(type="imuxsock" Socket="%s" ruleset="bench"\n'
                    '      RateLimit.Interval="0" UseSysTimeStamp="off" '
                    'useSpecialParser="off"\n      parseHostname="on" '
                    'Annotate="off" UsePIDFromSystem="off")' % self.socket,
            "tls": 'input(type="imtcp" address="127.0.0.1" port="%d" '
                   'ruleset="bench")' % self.port,
        }[self.scenario.transport]

    def tls_files(self):
        if self.scenario.transport != "tls":
            return ""
        return ('\n       defaultNetstreamDriver="ossl"\n       '
                'defaultNetstreamDriverCAFile="%s"\n       '
                'defaultNetstreamDriverCertFile="%s"\n       '
                'defaultNetstreamDriverKeyFile="%s"' % tuple(map(
                    self.tls, ("ca.pem", "collector.pem", "collector.key"))))

    def command(self):
        s = self.scenario
        target = ('dynaFile="file" dynaFileCacheSize="%d"' % (s.names + 10)
                  if s.names else 'file="%s"' % self.path)
        rotate = s.rotate and (
            '\n\t       rotation.sizeLimit="%d" '
            'rotation.sizeLimitCommand="%s %s"' % (
                s.rotate, os.path.join(HERE, "conf", "rotate.sh"), self.path))
        text = fill("rsyslog.conf", {
            "queue": self.QUEUES[self.name], "folder": self.folder,
            "tls": self.tls_files(),
            "module": self.MODULES[s.transport], "input": self.input(),
            "parser": "rsyslog.rfc3164" if s.rfc3164 else "rsyslog.rfc5424",
            "target": target, "rotate": rotate or "",
            "template": "json" if s.format == "json" else "line"})
        if s.names:
            text = text.replace(self.folder + "/%app-name%.log",
                                self.out + "/%app-name%")
        config = self.write("rsyslog.conf", text)
        base = os.path.join(self.options.peers, "rsyslog")
        modules, = glob.glob(base + "/usr/lib/*/rsyslog")
        return [base + "/usr/sbin/rsyslogd", "-C", "-n", "-f", config,
                "-i", os.path.join(self.folder, "pid"), "-M", modules]


class SyslogNg(Server):
    """The same for syslog-ng; the one that is called raw parses nothing."""

    FULL = "<$PRI>1 $ISODATE $HOST $PROGRAM $PID $MSGID $SDATA $MSG\\n"
    JSON = ("$(format-json --scope none received=$R_ISODATE from=$SOURCEIP "
            "facility=$FACILITY severity=$LEVEL pri=int($PRI) "
            "timestamp=$ISODATE hostname=$HOST app_name=$PROGRAM procid=$PID "
            "msgid=$MSGID sd=$SDATA msg=$MSG)\\n")

    def source(self):
        s = self.scenario
        raw = self.name == scenarios.RAW
        flags = ("flags(no-parse)" if raw else
                 "" if s.rfc3164 else "flags(syslog-protocol)")
        if s.transport == "unix":
            return 'unix-dgram("%s" %s log-iw-size(100000) ' \
                   'log-fetch-limit(1000))' % (self.socket, flags)
        if s.transport == "udp":
            return ('network(transport(udp) ip(127.0.0.1) port(%d) %s '
                    'so-rcvbuf(4194304) log-fetch-limit(10000) '
                    'log-iw-size(1000000))' % (self.port, flags))
        window = min(10000 * s.senders, 1_000_000)
        common = ('ip(127.0.0.1) port(%d) max-connections(%d) '
                  'log-iw-size(%d) log-fetch-limit(1000)' % (
                      self.port, s.senders, window))
        if s.transport == "tls":
            common += (' tls(key-file("%s") cert-file("%s") '
                       'peer-verify(optional-untrusted))' % (
                           self.tls("collector.key"),
                           self.tls("collector.pem")))
        if s.framing == "octet":
            return "syslog(transport(%s) %s %s)" % (
                s.transport, common, "flags(no-parse)" if raw else "")
        return "network(transport(tcp) %s %s)" % (common, flags)

    def fifo(self):
        s = self.scenario
        return 2 * (1_000_000 if s.transport == "udp" else
                    100_000 if s.transport == "unix" else
                    min(10000 * s.senders, 1_000_000))

    def command(self):
        s = self.scenario
        config = self.write("syslog-ng.conf", fill("syslog-ng.conf", {
            "source": self.source(), "fifo": self.fifo(),
            "path": self.out + "/$PROGRAM" if s.names else self.path,
            "template": "$MESSAGE\\n" if self.name == scenarios.RAW else
                        self.JSON if s.format == "json" else self.FULL}))
        base = os.path.join(self.options.peers, "syslog-ng-core")
        modules, = glob.glob(base + "/usr/lib/syslog-ng/[0-9]*")
        return [base + "/usr/sbin/syslog-ng", "-F", "--no-caps",
                "--cfgfile", config, "--module-path", modules,
                "--persist-file", os.path.join(self.folder, "persist"),
                "--control", os.path.join(self.folder, "control"),
                "--pidfile", os.path.join(self.folder, "pid"),
                "--worker-threads", "4"]

    def environment(self):
        base = os.path.join(self.options.peers, "syslog-ng-core", "usr")
        return dict(super().environment(), SYSLOGNG_PREFIX=base,
                    LD_LIBRARY_PATH=base + "/lib/syslog-ng")


KINDS = {
    scenarios.FLOOR: Floor, scenarios.NAP: Floor,
    scenarios.SYNCLINE: Syncline, scenarios.LIBRARY: Syncline,
    scenarios.DIRECT: Rsyslog, scenarios.QUEUE: Rsyslog,
    scenarios.NG: SyslogNg, scenarios.RAW: SyslogNg,
}


def start(name, scenario, folder, options):
    server = KINDS[name](name, scenario, folder, options)
    try:
        return server.start()
    except BaseException:
        server.kill()
        raise
