# SPDX-License-Identifier: BSD-2-Clause
"""TLS in the image: off without certificates, on with those that its own
syncline makes, and nobody sends without one (docker/README.md)."""

import re
import uuid

import pytest

from engine import LABEL, docker, tool

FOLDER = "/etc/syncline/tls"


@pytest.fixture
def volume():
    name = "syncline-test-" + uuid.uuid4().hex[:12]
    docker("volume", "create", "--label", LABEL, name)
    # containers have it until the end of the test: remove_ours() removes it
    return name


@pytest.fixture
def made(volume):
    """One with certificates of a collector and a sender."""
    mounts = ["%s:%s" % (volume, FOLDER)]
    tool("cert", "init", "--dir", FOLDER, "logs.example.net", volumes=mounts)
    tool("cert", "issue", "--dir", FOLDER, "web1.example.net", volumes=mounts)
    return volume


def check_tls(c, volume, *args, check=True):
    """As a sender beside it, in the collector's network."""
    return tool("check-tls", *args, "localhost:6514", check=check,
                network="container:" + c.name,
                volumes=["%s:%s:ro" % (volume, FOLDER)])


def test_without_certificates_there_is_no_tls(run):
    c = run()
    assert "not listening on tls://*:6514: %s/collector.pem is not there" % (
        FOLDER) in c.logs()
    assert re.findall(r": listening on (\w+)", c.logs()) == [
        "udp", "tcp", "http"]


def test_with_certificates_it_is_there_and_asks_for_one(run, made):
    c = run("-v", "%s:%s:ro" % (made, FOLDER))
    assert "listening on tls://*:6514\n" in c.logs()
    assert c.resident() <= 8 << 20
    said = check_tls(c, made, "--send", "--bundle",
                     FOLDER + "/clients/web1.example.net")
    assert "a sender can use it" in said
    assert b"syncline" in c.wait_lines(1)[0]
    refused = check_tls(c, made, "--ca", FOLDER + "/ca.pem", check=False)
    assert "a sender can use it" not in refused
    assert "certificate" in refused
    assert c.stop()[0] == 0


def test_they_may_come_while_it_runs(run, volume):
    mounts = ["%s:%s" % (volume, FOLDER)]
    c = run("-v", "%s:%s:ro" % (volume, FOLDER))
    assert "not listening on tls" in c.logs()
    tool("cert", "init", "--dir", FOLDER, volumes=mounts)
    docker("kill", "-s", "HUP", c.name)
    c.wait_says("configuration reloaded")
    assert "listening on tls://*:6514\n" in c.logs()


def test_a_key_that_it_cannot_read_is_an_error(run, tmp_path):
    """As root made them on this machine: it says so and does not go on
    without."""
    tmp_path.chmod(0o755)
    docker("run", "--rm", "--label", LABEL, "--user", "0:0", "-v",
           "%s:/made" % tmp_path, "--entrypoint", "/usr/bin/syncline",
           run(ready=False).inspect(".Image"), "cert", "init", "--dir",
           "/made/tls")
    c = run("-v", "%s/tls:%s:ro" % (tmp_path, FOLDER), ready=False)
    c.wait_says("Permission denied")
    assert FOLDER + "/collector.key" in c.logs()
    assert docker("wait", c.name) == "2\n"
