# SPDX-License-Identifier: BSD-2-Clause
"""measure.py - one run: a server, a load, and what came of it

Messages a second: 99 % of the messages by the time from the first byte sent
until the files hold so many whole lines. Not all, because rsyslog keeps its
last buffer until it closes the file. The sizes of the files are looked at
every 2 ms while it runs; how many bytes 99 % are is known afterwards, from
what the lines have on average (they are of one length but for a few digits).
A server that keeps more than that back until it closes its files (rsyslog does
with many of them) and loses nothing is taken to be done when they grew last.

CPU: user and system time of the server from when it is ready until it has
written everything, by its own CPU clock (clock_getcpuclockid(3), in ns, with
the threads that have ended), and that of programs it called (in ticks).

Peak memory: VmHWM. What is missing, doubled, not in order or damaged is
counted from the files once the server has ended.
"""

import contextlib
import ctypes
import os
import re
import shutil
import subprocess
import tempfile
import time

import figures
import scenarios
import servers
import tools

POLL_SECONDS = 0.002
QUIET_SECONDS = 0.1     # without growth, when all should be there
LIMIT_SECONDS = 60
STILL_SECONDS = 1.5     # the same, when something is missing
PART = 0.99
LOSSLESS = 0.0001       # at most so much may be lost at the ceiling
STEPS = 6
FLOODERS = 4
TICK = os.sysconf("SC_CLK_TCK")
OWN = re.compile(rb"^<\d+>1 \S+ \S+ synclined ", re.M)
LIBC = ctypes.CDLL(None, use_errno=True)


class Clock:
    """What a process has used of the CPU, and the children it waited for."""

    def __init__(self, pid):
        self.pid = pid
        clock = ctypes.c_int()
        error = LIBC.clock_getcpuclockid(pid, ctypes.byref(clock))
        if error:
            raise OSError(error, "clock_getcpuclockid")
        self.clock = clock.value

    def read(self):
        """(seconds in all, part of it in the kernel by the ticks)."""
        with open("/proc/%d/stat" % self.pid, encoding="ascii") as f:
            stat = f.read().rpartition(")")[2].split()
        user, system, cuser, csystem = (int(n) / TICK for n in stat[11:15])
        own = time.clock_gettime_ns(self.clock) / 1e9
        return own + cuser + csystem, system + csystem, user + cuser


def peak_memory(pid):
    with open("/proc/%d/status" % pid, encoding="ascii") as f:
        return int(re.search(r"VmHWM:\s+(\d+) kB", f.read())[1]) * 1024


def total_size(folder):
    total = 0
    with os.scandir(folder) as entries:
        for entry in entries:
            with contextlib.suppress(FileNotFoundError):
                total += entry.stat().st_size
    return total


class Growth:
    """The size of a folder's files over time."""

    def __init__(self, folder):
        self.folder = folder
        self.samples = [(time.monotonic_ns(), total_size(folder))]

    def look(self):
        """Sleeps a little, more when looking takes long, and looks again."""
        begun = time.monotonic_ns()
        size = total_size(self.folder)
        now = time.monotonic_ns()
        if size != self.samples[-1][1]:
            self.samples.append((now, size))
        time.sleep(max(POLL_SECONDS, 20 * (now - begun) / 1e9))
        return size

    def settle(self, is_all):
        """Until nothing has come for a while."""
        end = time.monotonic() + LIMIT_SECONDS
        while time.monotonic() < end:
            size = self.look()
            pause = QUIET_SECONDS if is_all(size) else STILL_SECONDS
            if time.monotonic_ns() - self.samples[-1][0] > pause * 1e9:
                return
        raise servers.ServerError("still writes after %d s" % LIMIT_SECONDS)

    def reached(self, size):
        """When it had at least this size."""
        for when, have in self.samples:
            if have >= size:
                return when
        return None


def first_line_length(server):
    for path in server.files():
        with open(path, "rb") as f:
            line = f.readline(1 << 20)
        if line.endswith(b"\n"):
            return len(line)
    return 0


def own_messages(files):
    """What Syncline had to say about losses: lines that nobody sent."""
    total = 0
    for path in files:
        with open(path, "rb") as f:
            while chunk := f.readlines(1 << 24):
                total += len(OWN.findall(b"".join(chunk)))
    return total


def output_size(scenario, count):
    """Bytes, at most; JSON adds the names of the fields."""
    return int(count * (scenario.size + 40) * (
        1.6 if scenario.format == "json" else 1.1))


def warm_up(folder, size):
    """Has the machine find the memory that the output will need: on a
    virtual one the first use of a page is dear, and would count as the
    server's, wherever memory.py can do nothing."""
    path = os.path.join(folder, "warm")
    block = b"\n" * (1 << 20)
    with open(path, "wb", buffering=0) as f:
        for _ in range(size // len(block) + 1):
            f.write(block)
    os.remove(path)


class Run:
    """A server that runs in a folder that goes with it."""

    def __init__(self, name, scenario, options):
        self.name, self.scenario, self.options = name, scenario, options
        self.count = options.count_of(scenario, name)
        self.folder = tempfile.mkdtemp(prefix="b-", dir=options.scratch)
        self.server = None

    def __enter__(self):
        try:
            self.server = servers.start(
                self.name, self.scenario, self.folder, self.options)
            held = self.options.held
            if not held or not held.touch():
                warm_up(self.folder, output_size(self.scenario, self.count))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.server:
            self.server.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def flow(self, rate, count):
        """Sends so many messages; what is in the files when it is over."""
        s, server = self.scenario, self.server
        pid = server.process.pid
        clock = Clock(pid)
        growth = Growth(server.out)
        with tools.idlers(self.options.tools, s, server):
            if s.idle:
                growth.settle(lambda size: size > 0)
            begun = growth.samples[-1][1]
            before = clock.read()
            with tools.Load(self.options.tools, s, server, rate,
                            count) as load:
                while load.is_running():
                    growth.look()
                sent = load.result()
            length = first_line_length(server)
            growth.settle(lambda size: length and
                          size >= begun + PART * count * length)
            after = clock.read()
        memory = peak_memory(pid)
        server.stop()
        result = self.counted(count)
        size = total_size(server.out) - begun
        end = result["lines"] and growth.reached(
            begun + PART * count * size / result["lines"])
        if not end and not result["missing"]:
            end = growth.samples[-1][0]
        cpu, system, user = (b - a for a, b in zip(before, after))
        split = system / (system + user) if system + user else 0
        return dict(
            result, sent=sent["sent"], seconds=sent["seconds"],
            rate=PART * count / ((end - sent["first_ns"]) / 1e9)
            if end else None,
            cpu=cpu, cpu_per_million=cpu / count * 1e6,
            load_per_million=sent["cpu"] / count * 1e6,
            system_per_million=split * cpu / count * 1e6, memory=memory)

    def counted(self, count):
        """What the files hold; an idle connection has sent one message, and
        Syncline may have had to say something itself."""
        s = self.scenario
        files = self.server.files()
        result = tools.count(self.options.tools, s.senders, count, files,
                             apart=s.names > 1)
        own = 0
        if result["damaged"] and self.name in (
                scenarios.SYNCLINE, scenarios.LIBRARY):
            own = own_messages(files)
        result["damaged"] += abs(result["unexpected"] - s.idle) - own
        result["lines"] -= own + s.idle
        return {k: result[k] for k in ("lines", *figures.LOSSES)}


def flow(name, scenario, options):
    with Run(name, scenario, options) as run:
        return run.flow(scenario.rate, run.count)


def ceiling(name, scenario, options):
    """By bisection around what it takes when the sender watches its queue."""
    with Run(name, scenario, options) as run:
        closed = scenarios.BY_NAME["udp-closed"]
        run.scenario = closed
        result = run.flow(0, run.count)
    probes = [result]
    start = result["rate"] or result["sent"] / result["seconds"]
    low, high = 0.2 * start, 1.5 * start
    best = None
    for _ in range(STEPS):
        rate = (low * high) ** 0.5
        with Run(name, scenario, options) as run:
            count = min(run.count, int(rate))
            result = run.flow(rate, count)
        result["rate"] = result["sent"] / result["seconds"]
        probes.append(dict(result))
        if result["missing"] <= LOSSLESS * count:
            low, best = rate, result
        else:
            high = rate
    if not best:
        raise servers.ServerError("loses at every rate above %d/s" % low)
    # Losing some is what it is about; but nothing else may happen, anywhere.
    wrong = {key: sum(probe[key] for probe in probes)
             for key in figures.LOSSES if key != "missing"}
    return dict(best, **wrong, tried=[
        (probe["rate"] and round(probe["rate"]), probe["missing"])
        for probe in probes])


def memory_now(pid):
    with open("/proc/%d/status" % pid, encoding="ascii") as f:
        return int(re.search(r"VmRSS:\s+(\d+) kB", f.read())[1]) * 1024


def settled_memory(pid):
    """What a process has once that changes no more."""
    end = time.monotonic() + LIMIT_SECONDS
    have, since = memory_now(pid), time.monotonic()
    while time.monotonic() < min(end, since + STILL_SECONDS):
        time.sleep(QUIET_SECONDS)
        now = memory_now(pid)
        if now != have:
            have, since = now, time.monotonic()
    return have


def held(name, scenario, options):
    """Connections that have sent a message each, and no more."""
    with Run(name, scenario, options) as run:
        pid = run.server.process.pid
        before = settled_memory(pid)
        with tools.holders(options.tools, scenario, run.server):
            after = settled_memory(pid)
        run.server.stop()
        return dict(run.counted(scenario.senders), memory=after,
                    before=before,
                    connection=(after - before) / scenario.senders)


def handshakes(name, scenario, options):
    with Run(name, scenario, options) as run:
        clock = Clock(run.server.process.pid)
        before = clock.read()[0]
        result = tools.handshakes(options.tools, scenario, run.server,
                                  run.count)
        cpu = clock.read()[0] - before
        memory = peak_memory(run.server.process.pid)
        run.server.stop()
        if not result["handshakes"]:
            raise servers.ServerError("no handshake at all: " +
                                      run.server.said())
        return {"handshakes": result["handshakes"],
                "failed": result["failed"],
                "handshake_rate": result["rate"], "memory": memory,
                "cpu": cpu, "cpu_handshake": cpu / result["handshakes"]}


def beside(name, scenario, options, processes):
    """A flow while so many processes make handshakes. What the server used is
    counted from when all senders are connected (their own handshakes are some
    among the others) until it has read everything: then the tool has ended."""
    with Run(name, scenario, options) as run:
        clock = Clock(run.server.process.pid)
        looks = []
        with tools.flood(options.tools, run.server, processes):
            with tools.Load(options.tools, scenario, run.server, 0,
                            run.count) as load:
                while not looks or load.is_running():
                    looks.append((time.monotonic_ns(), clock.read()[0]))
                    time.sleep(POLL_SECONDS)
                after = clock.read()[0]
                sent = load.result()
        cpu = after - used_at(looks, sent["first_ns"])
        memory = peak_memory(run.server.process.pid)
        run.server.stop()
        return dict(run.counted(run.count), sent=sent["sent"], memory=memory,
                    rate=sent["sent"] / sent["seconds"],
                    cpu_per_million=cpu / run.count * 1e6)


def used_at(looks, when):
    """From [(ns, seconds used by then)], of which the first is the least."""
    return max((used for ns, used in looks if ns <= when),
               default=looks[0][1])


def flood(name, scenario, options):
    """share: of what the server used of the CPUs meanwhile, the part that the
    messages cost without a flood. The flood needs CPUs of its own, and takes
    from the senders what it is given, so the rates say less."""
    calm = beside(name, scenario, options, 0)
    full = beside(name, scenario, options, FLOODERS)
    losses = {key: calm[key] + full[key] for key in figures.LOSSES}
    return {**full, **losses, "calm_rate": calm["rate"],
            "share": calm["cpu_per_million"] / full["cpu_per_million"]}


def calls(_name, _scenario, options):
    return {"calls": tools.calls(options.tools)}


def latency(name, scenario, options):
    with Run(name, scenario, options) as run:
        server = run.server
        clock = Clock(server.process.pid)
        before = clock.read()[0]
        result = tools.lag(options.tools, scenario, server, run.count)
        cpu = clock.read()[0] - before
        memory = peak_memory(server.process.pid)
        names = server.files()
        server.stop()
        return dict(result, cpu=cpu, cpu_per_million=cpu / run.count * 1e6,
                    memory=memory, rotations=len(names) - 1,
                    missing=result["sent"] - result["seen"])


KINDS = {"flow": flow, "ceiling": ceiling, "latency": latency, "held": held,
         "handshakes": handshakes, "flood": flood, "calls": calls}


def once(name, scenario, options):
    """The figures of one run; {"error": why} when it broke."""
    begun = time.monotonic()
    try:
        result = KINDS[scenario.kind](name, scenario, options)
    except (servers.ServerError, tools.ToolError, OSError,
            subprocess.SubprocessError) as error:
        result = {"error": str(error)}
    result["took"] = round(time.monotonic() - begun, 2)
    return result
