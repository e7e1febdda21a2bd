# SPDX-License-Identifier: BSD-2-Clause
"""engine.py - Docker, the image from our Dockerfile, and containers of it

There need be no registry: where the Dockerfile's base can neither be found nor
pulled, it is made from this machine's Debian packages (mmdebstrap) and kept as
BASE; it bears the Dockerfile's name only while the image is built.

Environment: SYNCLINE_IMAGE names an image to test instead of building one.
"""

import functools
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
IMAGE = "syncline-test/run"
LABEL = "syncline-test"


def docker(*args, check=True, timeout=60, env=None):
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


def base_name():
    with open(DOCKERFILE, encoding="utf-8") as f:
        return re.search(r"^FROM (\S+) AS build$", f.read(), re.M)[1]


def make_base():
    """Returns why it could not be made, or None."""
    if not shutil.which("mmdebstrap") or os.geteuid() != 0:
        return "no base image, and no mmdebstrap (as root) to make one"
    sources = [os.path.join("/etc/apt/sources.list.d", name)
               for name in os.listdir("/etc/apt/sources.list.d")
               if name.startswith("debian.")] or ["/etc/apt/sources.list"]
    with tempfile.TemporaryDirectory() as folder:
        tar = os.path.join(folder, "base.tar")
        done = subprocess.run(
            ["mmdebstrap", "--quiet", "--variant=minbase", "bookworm", tar,
             *sources], capture_output=True, text=True, timeout=400)
        if done.returncode != 0:
            return "mmdebstrap: " + done.stderr[-500:]
        docker("import", "-c", "LABEL %s=base" % LABEL, tar, BASE, timeout=200)
    return None


@functools.lru_cache
def image():
    """(name, None) of the image to test, or (None, why there is none)."""
    if os.environ.get("SYNCLINE_IMAGE"):
        return os.environ["SYNCLINE_IMAGE"], None
    name = base_name()
    ours = False
    if not has(name):
        if not has(BASE):
            try:
                docker("pull", "-q", name, timeout=60)
            except (AssertionError, subprocess.TimeoutExpired):
                why = make_base()
                if why:
                    return None, why
        if not has(name):
            docker("tag", BASE, name)
            ours = True
    try:
        docker("build", "-t", IMAGE, "--build-arg", "CHECK=", "-f",
               DOCKERFILE, REPO, timeout=500)
    finally:
        if ours:
            docker("rmi", name)  # the name only: BASE has it, too
    return IMAGE, None


def application_image():
    return BASE if has(BASE) else base_name()


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
        docker(*command, *options, image()[0], *args)
        if ready:
            self.wait_says("syncline: ready\n")

    def logs(self):
        return docker("logs", self.name)

    def wait_says(self, words):
        eventually(lambda: words in self.logs(), 30, self.logs)

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
        eventually(lambda: len(self.lines()) >= n, 30,
                   lambda: "%d lines: %s\n%s" % (
                       n, self.lines()[:20], self.logs()))
        return self.lines()

    def stop(self):
        """docker stop; (status, seconds)"""
        begin = time.monotonic()
        docker("stop", self.name)
        return int(self.inspect(".State.ExitCode")), time.monotonic() - begin

    def remove(self):
        docker("rm", "-f", "-v", self.name, check=False)
