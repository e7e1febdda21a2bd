# SPDX-License-Identifier: BSD-2-Clause
"""fixtures.py - what every test of system and fault gets"""

import os
import pathlib
import shutil
import tempfile

import pytest

import harness


def pytest_collection_modifyitems(items):
    """What takes long is begun first, so that no processor waits for it at
    the end."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.fixture
def collect(tmp_path):
    """Starts collectors in the test's folder; whatever still runs at the end
    is stopped, and has to end well."""
    started = []

    def start(**options):
        started.append(harness.Collector(
            options.pop("folder", tmp_path), **options))
        return started[-1]

    yield start
    running = [c for c in started if c.process.poll() is None]
    try:
        for c in running:
            c.stop()
    finally:
        for c in running:
            if c.process.poll() is None:
                c.process.kill()
                c.process.wait()


@pytest.fixture
def open_folder():
    """A folder that every user may enter, for a collector that is not root:
    named before `collect`, so that it outlives it. tmp_path would not do: each
    pytest that begins closes the folders above it again."""
    folder = tempfile.mkdtemp(prefix="syncline-open-")
    os.chmod(folder, 0o755)
    yield pathlib.Path(folder)
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """As collect, but a collector lives as long as the tests of a file: the
    same options give the same collector."""
    started = {}

    def start(**options):
        key = repr(sorted(options.items()))
        if key not in started or started[key].process.poll() is not None:
            folder = tmp_path_factory.mktemp("shared")
            started[key] = harness.Collector(folder, **options)
        return started[key]

    yield start
    for c in started.values():
        if c.process.poll() is None:
            c.stop()


@pytest.fixture
def private():
    """The command prefix for a private mount namespace."""
    prefix = harness.namespace()
    if prefix is None:
        pytest.skip("no mount namespaces on this machine")
    return prefix


@pytest.fixture
def peers():
    """The folder with the unpacked relays of peers.sh."""
    if os.environ.get("SYNCLINE_NO_PEERS", "") not in ("", "0"):
        pytest.skip("SYNCLINE_NO_PEERS is set")
    folder = os.environ.get(
        "SYNCLINE_PEERS", os.path.join(harness.REPO, "build", "peers"))
    assert os.path.isdir(folder), "run tests/system/peers.sh first"
    return folder


@pytest.fixture(scope="session")
def certs(tmp_path_factory):
    """Authorities and certificates, see certs.py."""
    import certs as made  # only tests of TLS need the library
    return made.Certs(tmp_path_factory.mktemp("certs"))
