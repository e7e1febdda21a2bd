# SPDX-License-Identifier: BSD-2-Clause
"""docker/compose.yaml, with docker-compose 1.29 and with `docker compose`."""

import contextlib
import os
import re
import shutil
import subprocess
import urllib.request
import uuid

import pytest

from engine import IMAGES, REPO, docker, eventually
from harness import parse_metrics
from senders import free_port

FILE = os.path.join(REPO, "docker", "compose.yaml")


def tools():
    found = []
    if shutil.which("docker-compose"):
        found.append(["docker-compose"])
    if shutil.which("docker") and subprocess.run(
            ["docker", "compose", "version"],
            capture_output=True).returncode == 0:
        found.append(["docker", "compose"])
    return found


class Project:
    def __init__(self, tool, ports):
        self.name = "synclinetest" + uuid.uuid4().hex[:8]
        self.tool = tool
        self.env = {
            **os.environ, "SYNCLINE_IMAGE": IMAGES["run"],
            "SYNCLINE_HEARTBEAT": IMAGES["heartbeat"],
            "SYNCLINE_APPLICATION": IMAGES["base"],
            **dict(zip(("SYNCLINE_PORT", "SYNCLINE_TLS_PORT",
                        "SYNCLINE_HTTP_PORT"), map(str, ports)))}

    def __call__(self, *args):
        done = subprocess.run(
            [*self.tool, "-p", self.name, "-f", FILE, *args], env=self.env,
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=200)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def id(self, service):
        return self("ps", "-q", service).strip()

    def state(self, service, what):
        return docker("inspect", "-f", "{{.State.%s}}" % what,
                      self.id(service)).strip()

    def lines(self):
        """How many lines there are of each application."""
        done = subprocess.run(
            ["docker", "cp", self.id("collector") +
             ":/var/log/syncline/all.log", "-"], capture_output=True)
        return (done.stdout.count(b" it works\n"),
                len(re.findall(rb" heartbeat \d+\n", done.stdout)))

    def tls_connections(self):
        with urllib.request.urlopen("http://127.0.0.1:%s/metrics" %
                                    self.env["SYNCLINE_HTTP_PORT"],
                                    timeout=10) as answer:
            text = answer.read().decode()
        return sum(value for (name, labels), value in
                   parse_metrics(text).items()
                   if name == "syncline_connections" and
                   dict(labels)["listener"].startswith("tls:"))

    def wait_for_both(self):
        """Each goes on to say something that is stored."""
        before = self.lines()
        eventually(lambda: all(now > then for now, then in zip(
            self.lines(), before)), 90, lambda: docker(
                "logs", self.id("collector")))

    def certificates(self):
        """Of each file in the volume: mode, user, group and sum."""
        return docker("run", "--rm", "-v", self.name + "_tls:/tls:ro",
                      IMAGES["base"], "sh", "-c",
                      "cd /tls && stat -c '%n %a %u %g' * && sha256sum *")


@pytest.fixture
def project(request):
    if request.param is None:
        pytest.skip("neither docker-compose nor docker compose")
    with contextlib.ExitStack() as stack:
        made = Project(request.param, [
            stack.enter_context(free_port()) for _ in range(3)])
        try:
            yield made
        finally:
            made("down", "-v", "-t", "6")


@pytest.mark.parametrize("project", tools() or [None], indirect=True,
                         ids=lambda t: "-".join(t or ["none"]))
def test_from_nothing_down_and_up_again(project):
    project("up", "-d", "--no-build")
    assert project.state("collector", "Health.Status") == "healthy"
    project.wait_for_both()
    for service in "application", "heartbeat":
        assert project.state(service, "Status") == "running"
    project("exec", "-T", "collector", "/usr/sbin/synclined", "--healthcheck")

    # one of them in TLS, and what its certificate sees
    assert project.tls_connections() == 1
    said = project("run", "--rm", "--no-deps", "-T", "--entrypoint",
                   "/usr/bin/syncline", "certificate", "check-tls",
                   "--bundle", "/etc/syncline/tls", "collector:6514")
    assert "a sender can use it" in said

    # keys are their owner's alone, and made once
    made = project.certificates()
    for name, mode in (("ca.key", 600), ("ca.pem", 644),
                       ("collector.key", 600), ("collector.pem", 644)):
        assert "%s %d 10514 10514\n" % (name, mode) in made

    docker("kill", "-s", "KILL", project.id("collector"))
    project("up", "-d", "--no-build")
    project.wait_for_both()

    project("down", "-t", "6")
    project("up", "-d", "--no-build")
    project.wait_for_both()
    assert project.certificates() == made
