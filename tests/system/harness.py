# SPDX-License-Identifier: BSD-2-Clause
"""harness.py - runs the real collector for a test and looks at it from outside

Tests wait for conditions, never for time: eventually() polls with a deadline
that is generous enough for a sanitizer build on a busy machine.

Environment: SYNCLINED names the program (default: build/collector/synclined),
SYNCLINE_SLOW=1 shrinks the loads, SYNCLINE_LONG=1 makes those that say so as
large as the catalogue of faults has them (with SYNCLINE_DEADLINE=600, say),
SYNCLINE_DEADLINE is how many seconds tests wait, SYNCLINE_NO_PEERS=1 skips what
needs the programs that peers.sh fetches.
"""

import functools
import http.client
import os
import re
import signal
import subprocess
import time

import packed

REPO = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
SYNCLINED = os.path.abspath(os.environ.get(
    "SYNCLINED", os.path.join(REPO, "build", "collector", "synclined")))
SLOW = os.environ.get("SYNCLINE_SLOW", "") not in ("", "0")
LONG = os.environ.get("SYNCLINE_LONG", "") not in ("", "0")
DEADLINE = int(os.environ.get("SYNCLINE_DEADLINE", "60"))

SANITIZER = re.compile(
    r"(AddressSanitizer|ThreadSanitizer|LeakSanitizer|runtime error:)")
LISTENING = re.compile(r"^syncline: listening on ([a-z-]+)://(.*)$", re.M)
ROTATED = re.compile(r"-(\d{8}T\d{6}Z)-(\d{6,})(?:\.gz|\.zst)?$")
SAMPLE = re.compile(r'^([a-z_]+)(?:\{(.*)\})? (\S+)$')
LABEL = re.compile(r'([a-z_]+)="((?:[^"\\]|\\.)*)"(?:,|$)')


def load(n):
    """A number of messages or rounds, fewer of them in a slow build."""
    return max(2, n // 10) if SLOW else n


def eventually(condition, timeout=DEADLINE, what=None):
    """Waits until condition() is true and returns what it returned."""
    end = time.monotonic() + timeout
    pause = 0.002
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > end:
            raise AssertionError("not within %d s: %s" % (
                timeout, what() if callable(what) else what or condition))
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)


@functools.lru_cache
def namespace():
    """The command prefix that gives a private mount namespace, or None."""
    prefix = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-Urm"]
    try:
        tried = subprocess.run(prefix + ["mount", "-t", "tmpfs", "x", "/mnt"],
                               stdin=subprocess.DEVNULL, capture_output=True)
    except FileNotFoundError:
        return None
    return prefix if tried.returncode == 0 else None


def live_and_rotated(path):
    """The files of a live name, oldest first, the live one last. Of one that
    is just being compressed the plain form."""
    folder, name = os.path.split(path)
    old = {}
    for f in sorted(os.listdir(folder)):
        if f.startswith(name + "-") and ROTATED.fullmatch(f[len(name):]):
            old.setdefault(packed.plain(f), f)
    files = [os.path.join(folder, old[f]) for f in sorted(old)]
    return files + [path] if os.path.exists(path) else files


def parse_metrics(text):
    """Prometheus text as {(name, ((label, value), ...)): number}."""
    samples = {}
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        name, labels, value = SAMPLE.match(line).groups()
        key = name, tuple(sorted(LABEL.findall(labels or "")))
        assert key not in samples, "twice in /metrics: " + line
        samples[key] = float(value)
    return samples


class Collector:
    """One synclined, started in a folder, and what can be seen of it.

    listen: listener URLs. output: path below the folder ("-": standard
    output, None: no -o). args: more options. prefix: a command that execs
    what follows it (prlimit, unshare). ready=False: do not wait for it.
    pass_fds: descriptors that it gets from us.
    """

    def __init__(self, folder, listen=("tcp://127.0.0.1:0",), output="out.log",
                 args=(), env=None, prefix=(), ready=True, http="127.0.0.1:0",
                 stdout=None, pass_fds=()):
        self.folder = str(folder)
        self.path = output and os.path.join(self.folder, output)
        self.offset = 0  # how far news() has read the live file
        self.marks = 0   # used by senders.feed()
        command = list(prefix) + [SYNCLINED]
        for url in listen:
            command += ["-l", url]
        if output == "-":
            command += ["-o", "-"]
        elif output:
            command += ["-o", self.path]
        if http:
            command += ["--http", http]
        command += [str(a) for a in args]
        self.stderr_path = self._fresh("stderr")
        with open(self.stderr_path, "wb") as err:
            self.process = subprocess.Popen(
                command, cwd=self.folder, env=clean_environment(env),
                stdin=subprocess.DEVNULL, stderr=err, pass_fds=pass_fds,
                stdout=stdout or subprocess.DEVNULL)
        self.pid = self.process.pid
        if ready:
            self.wait_ready()

    def _fresh(self, name):
        number = sum(f.startswith(name) for f in os.listdir(self.folder))
        return os.path.join(self.folder, "%s.%d" % (name, number))

    # What it says

    def stderr(self):
        with open(self.stderr_path, "rb") as f:
            return f.read().decode("utf-8", "surrogateescape")

    def wait_ready(self):
        def up():
            assert self.process.poll() is None, \
                "synclined ended with status %d: %s" % (
                    self.process.returncode, self.stderr())
            return "syncline: ready\n" in self.stderr()
        eventually(up, what=lambda: "ready; it said: " + self.stderr())

    def wait_says(self, words):
        eventually(lambda: words in self.stderr(),
                   what=lambda: "%r in: %s" % (words, self.stderr()))

    def addresses(self, scheme):
        """(host, port) or path of each listener of that kind, in order."""
        found = [rest for s, rest in LISTENING.findall(self.stderr())
                 if s == scheme]
        if scheme.startswith("unix"):
            return found
        split = [rest.rpartition(":") for rest in found]
        return [(host.strip("[]"), int(port)) for host, _, port in split]

    def address(self, scheme="tcp"):
        return self.addresses(scheme)[0]

    # Its files

    def files(self):
        return live_and_rotated(self.path)

    def lines(self):
        """All lines of all files in the order written, without their LF."""
        text = b"".join(self.pieces())
        assert text == b"" or text.endswith(b"\n"), "the last line is torn"
        return text.split(b"\n")[:-1]

    def pieces(self):
        """The text of each file, compressed or not."""
        for _ in range(1000):
            try:
                return [packed.read(name) for name in self.files()]
            except FileNotFoundError:
                pass  # rotated, compressed or deleted since it was listed
        raise AssertionError("files come and go all the time")

    def count_lines(self):
        total = 0
        for name in self.files():
            try:
                total += packed.read(name).count(b"\n")
            except FileNotFoundError:
                pass  # renamed since it was listed; counted next time
        return total

    def wait_lines(self, n, timeout=DEADLINE):
        eventually(lambda: self.count_lines() >= n, timeout,
                   what=lambda: "%d lines; there are %d; it said: %s" % (
                       n, self.count_lines(), self.stderr()))
        return self.lines()

    # Its counters

    def http(self, method="GET", path="/metrics", headers=None):
        """(status, headers, body) of a request to the status server."""
        host, port = self.address("http")
        connection = http.client.HTTPConnection(host, port, timeout=DEADLINE)
        try:
            connection.request(method, path, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def metrics(self):
        status, _, body = self.http()
        assert status == 200
        return parse_metrics(body.decode())

    def metric(self, name, **labels):
        """The sum of the samples with that name (after syncline_) that carry
        these labels; 0 when there is none."""
        wanted = set(labels.items())
        return sum(value for (n, have), value in self.metrics().items()
                   if n == "syncline_" + name and wanted <= set(have))

    def wait_metric(self, name, value, **labels):
        eventually(lambda: self.metric(name, **labels) == value,
                   what=lambda: "%s %s = %d; it is %d" % (
                       name, labels, value, self.metric(name, **labels)))

    # What it costs

    def ticks(self):
        """CPU used, in clock ticks."""
        with open("/proc/%d/stat" % self.pid) as f:
            fields = f.read().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])

    def cpu_share(self, seconds=1.0):
        """The part of one CPU it uses over a window from now on."""
        before, start = self.ticks(), time.monotonic()
        time.sleep(seconds)
        used = (self.ticks() - before) / os.sysconf("SC_CLK_TCK")
        return used / (time.monotonic() - start)

    def memory(self):
        """Resident bytes."""
        with open("/proc/%d/status" % self.pid) as f:
            return int(re.search(r"VmRSS:\s+(\d+) kB", f.read())[1]) * 1024

    def descriptors(self):
        return len(os.listdir("/proc/%d/fd" % self.pid))

    # Its end

    def signal(self, number):
        self.process.send_signal(number)

    def wait_exit(self, timeout=DEADLINE):
        status = self.process.wait(timeout)
        said = self.stderr()
        assert not SANITIZER.search(said), said
        return status

    def stop(self):
        """SIGTERM; it must end well. Returns what it said."""
        self.signal(signal.SIGTERM)
        status = self.wait_exit()
        assert status == 0, "status %d: %s" % (status, self.stderr())
        return self.stderr()

    def kill(self):
        self.process.kill()
        self.process.wait()
        said = self.stderr()
        assert not SANITIZER.search(said), said


def clean_environment(more=None):
    """Ours without what would configure the collector, and with more."""
    env = {k: v for k, v in os.environ.items()
           if not k.startswith("SYNCLINE_")}
    env.setdefault("ASAN_OPTIONS",
                   "exitcode=99:detect_stack_use_after_return=1")
    env.setdefault("UBSAN_OPTIONS", "print_stacktrace=1")
    env.setdefault("TSAN_OPTIONS", "exitcode=99")
    env.update(more or {})
    return env


def run(*args, env=None):
    """Runs synclined to its end: (status, standard output, standard error)."""
    done = subprocess.run([SYNCLINED, *map(str, args)], capture_output=True,
                          stdin=subprocess.DEVNULL, text=True,
                          env=clean_environment(env), timeout=DEADLINE)
    assert not SANITIZER.search(done.stderr), done.stderr
    return done.returncode, done.stdout, done.stderr
