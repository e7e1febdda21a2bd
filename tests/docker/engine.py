# SPDX-License-Identifier: BSD-2-Clause
"""engine.py - Docker, the image from our Dockerfile, and containers of it

There need be no registry: where the Dockerfile's base can neither be found nor
pulled, it is made from this machine's Debian packages (mmdebstrap) and kept as
BASE.

Tests run beside each other, in several processes: the first one builds, the
others wait for it (IMAGES). Each process has a label of its own.

Environment: SYNCLINE_IMAGE names an image to test instead of building one.
"""

import fcntl
import functools
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import uuid

sys.path.insert(0, os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "system"))

from harness import REPO, eventually, parse_metrics  # noqa: E402

DOCKERFILE = os.path.join(REPO, "docker", "Dockerfile")
BASE = "syncline-test/base:bookworm"
LABEL = "syncline-test=" + uuid.uuid4().hex
IMAGES = {}  # what was built: "run" and "heartbeat", or "why" not


def docker(*args, check=True, timeout=120, env=None):
    """Runs docker; returns what it printed, both streams together."""
    done = subprocess.run(
        ["docker", *map(str, args)], stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout,
        text=True, errors="surrogateescape",
        env={**os.environ, "DOCKER_BUILDKIT": os.environ.get(
            "DOCKER_BUILDKIT", "0"), **(env or {})})
    if check and done.returncode != 0:
        raise AssertionError("docker %s: status %d: %s" % (
            " ".join(map(str, args)), done.returncode, done.stdout[-3000:]))
    return done.stdout


@functools.lru_cache
def missing():
    """Why there is nothing to test with; None: there is."""
    if not shutil.which("docker"):
        return "no docker on this machine"
    try:
        said = docker("version", "-f", "{{.Server.Os}}", timeout=10)
    except (AssertionError, subprocess.TimeoutExpired):
        return "no Docker engine runs"
    return None if said.strip() == "linux" else "no engine for Linux"


def has(image):
    return docker("image", "inspect", "-f", "-", image,
                  check=False).startswith("-")


def of_dockerfile(pattern):
    with open(DOCKERFILE, encoding="utf-8") as f:
        return re.search(pattern, f.read(), re.M)[1]


def make_base():
    """Returns why it could not be made, or None."""
    if not shutil.which("mmdebstrap") or os.geteuid() != 0:
        return "no base image, and no mmdebstrap (as root) to make one"
    sources = [os.path.join("/etc/apt/sources.list.d", name)
               for name in os.listdir("/etc/apt/sources.list.d")
               if name.startswith("debian.")] or ["/etc/apt/sources.list"]
    with tempfile.TemporaryDirectory() as folder:
        tar = os.path.join(folder, "base.tar")
        # with what the Dockerfile would install: outside of Docker's storage
        # that is done in half the time
        done = subprocess.run(
            ["mmdebstrap", "--quiet", "--variant=minbase", "--include=" +
             ",".join(of_dockerfile(r"-recommends ((?:\\\n|[^&])*)&&")
                      .replace("\\", "").split()), "bookworm", tar,
             *sources], capture_output=True, text=True, timeout=400)
        if done.returncode != 0:
            return "mmdebstrap: " + done.stderr[-500:]
        docker("import", "-c", "LABEL syncline-test=base", tar, BASE,
               timeout=200)
    return None


def base():
    """(name, None) of the base, or (None, why there is none)."""
    name = of_dockerfile(r"^ARG BASE=(\S+)$")
    if has(name):
        return name, None
    if not has(BASE):
        try:
            docker("pull", "-q", name, timeout=60)
            return name, None
        except (AssertionError, subprocess.TimeoutExpired):
            why = make_base()
            if why:
                return None, why
    return BASE, None


def build(base_image, target):
    """The number of an image: a name could be given to another meanwhile."""
    with tempfile.TemporaryDirectory() as folder:
        written = os.path.join(folder, "id")
        docker("build", "-t", "syncline-test/" + target, "--iidfile", written,
               "--build-arg", "CHECK=", "--build-arg", "BASE=" + base_image,
               "--target", target, "-f", DOCKERFILE, REPO, timeout=500)
        with open(written, encoding="ascii") as f:
            return f.read().strip()


def build_all():
    name, why = base()
    if why:
        return {"why": why}
    made = {"base": name, "heartbeat": build(name, "heartbeat")}
    made["run"] = os.environ.get("SYNCLINE_IMAGE") or build(name, "run")
    return made


def prepare(folder):
    """Fills IMAGES, once for all who share the folder."""
    with open(os.path.join(folder, "images"), "a+", encoding="utf-8") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        f.seek(0)
        said = f.read()
        if not said:
            try:
                said = json.dumps(build_all())
            except (AssertionError, subprocess.TimeoutExpired) as error:
                said = json.dumps({"failed": str(error)})
            f.write(said)
    IMAGES.update(json.loads(said))


def image():
    return IMAGES["run"]


def application_image():
    return IMAGES["base"]


def remove_ours():
    """What tests that failed have left."""
    of_us = ("--filter", "label=" + LABEL)
    containers = docker("ps", "-aq", *of_us).split()
    if containers:
        docker("rm", "-f", "-v", *containers)
    volumes = docker("volume", "ls", "-q", *of_us).split()
    if volumes:
        docker("volume", "rm", *volumes)


def tool(*args, volumes=(), check=True, network="none"):
    """Runs the image's syncline; returns what it printed."""
    options = [word for v in volumes for word in ("-v", v)]
    return docker("run", "--rm", "--label", LABEL, "--read-only", "--cap-drop",
                  "ALL", "--network", network, *options, "--entrypoint",
                  "/usr/bin/syncline", image(), *args, check=check)


class Container:
    """One collector in a container, as safe as the pages say. syslog: the
    port of this machine for 5514; without, one that the engine chooses anew at
    each start."""

    def __init__(self, *options, env=None, args=(), ready=True, syslog=""):
        self.name = "syncline-test-" + uuid.uuid4().hex[:12]
        command = ["run", "-d", "--name", self.name, "--label", LABEL,
                   "-p", "127.0.0.1:%s:5514/tcp" % syslog,
                   "-p", "127.0.0.1:%s:5514/udp" % syslog,
                   "-p", "127.0.0.1::6514/tcp", "-p", "127.0.0.1::8514/tcp",
                   "--read-only", "--cap-drop", "ALL",
                   "--security-opt", "no-new-privileges"]
        for key, value in (env or {}).items():
            command += ["-e", "%s=%s" % (key, value)]
        docker(*command, *options, image(), *args)
        if ready:
            self.wait_says("syncline: ready\n")

    def logs(self):
        return docker("logs", self.name)

    def wait_says(self, words):
        eventually(lambda: words in self.logs(), 60, self.logs)

    def inspect(self, what):
        return docker("inspect", "-f", "{{%s}}" % what, self.name).strip()

    def port(self, port, kind="tcp"):
        said = docker("port", self.name, "%d/%s" % (port, kind))
        return "127.0.0.1", int(said.splitlines()[0].rpartition(":")[2])

    def http(self, path):
        """(status, text)"""
        import http.client
        connection = http.client.HTTPConnection(*self.port(8514), timeout=20)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def metric(self, name):
        metrics = parse_metrics(self.http("/metrics")[1])
        return sum(v for (n, _), v in metrics.items()
                   if n == "syncline_" + name)

    def lines(self, path="/var/log/syncline/all.log"):
        """The lines of a file in it."""
        import io
        import tarfile
        done = subprocess.run(["docker", "cp", "%s:%s" % (self.name, path),
                               "-"], capture_output=True, timeout=60)
        if done.returncode != 0:
            return []
        with tarfile.open(fileobj=io.BytesIO(done.stdout)) as tar:
            text = tar.extractfile(tar.getmembers()[0]).read()
        return text.split(b"\n")[:-1]

    def wait_lines(self, n):
        eventually(lambda: len(self.lines()) >= n, 60,
                   lambda: "%d lines: %s\n%s" % (
                       n, self.lines()[:20], self.logs()))
        return self.lines()

    def resident(self):
        """Bytes of memory that it has."""
        with open("/proc/%s/status" % self.inspect(".State.Pid"),
                  encoding="ascii") as f:
            kib = int(re.search(r"VmRSS:\s+(\d+) kB", f.read())[1])
        print("%d KiB" % kib)
        return kib << 10

    def stop(self):
        """docker stop; (status, seconds)"""
        begin = time.monotonic()
        docker("stop", self.name)
        return int(self.inspect(".State.ExitCode")), time.monotonic() - begin

    def remove(self):
        docker("rm", "-f", "-v", self.name, check=False)
