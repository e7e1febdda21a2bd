# SPDX-License-Identifier: BSD-2-Clause
"""docker/compose.yaml, with docker-compose 1.29 and with `docker compose`."""

import os
import re
import shutil
import socket
import subprocess
import uuid

import pytest

from engine import REPO, application_image, docker, eventually

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


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as s:
        return s.getsockname()[1]


@pytest.mark.parametrize("tool", tools() or [None],
                         ids=lambda t: "-".join(t or ["none"]))
def test_up(tool, image):
    if tool is None:
        pytest.skip("neither docker-compose nor docker compose")
    project = "synclinetest" + uuid.uuid4().hex[:8]
    env = {**os.environ, "SYNCLINE_IMAGE": image,
           "SYNCLINE_APPLICATION": application_image(),
           "SYNCLINE_PORT": str(free_port()),
           "SYNCLINE_HTTP_PORT": str(free_port())}

    def compose(*args):
        done = subprocess.run(
            [*tool, "-p", project, "-f", FILE, *args], env=env,
            capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    try:
        compose("up", "-d", "--no-build")
        collector = compose("ps", "-q", "collector").strip()

        def said():
            done = subprocess.run(
                ["docker", "cp", collector + ":/var/log/syncline/all.log",
                 "-"], capture_output=True)
            return b"it works" in done.stdout
        eventually(said, 60, lambda: docker("logs", collector))
        assert re.search(r"application", compose("ps"))
        compose("exec", "-T", "collector", "/usr/sbin/synclined",
                "--healthcheck")
    finally:
        compose("down", "-v", "-t", "6")
