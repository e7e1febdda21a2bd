# SPDX-License-Identifier: BSD-2-Clause
"""conftest.py - what every test with an engine gets"""

import pytest

import engine


def pytest_collection_modifyitems(items):
    """Without an engine all of it is skipped, with the reason."""
    why = engine.missing()
    for item in items:
        if why and "docker" in str(item.path):
            item.add_marker(pytest.mark.skip(reason=why))


@pytest.fixture(scope="session", autouse=True)
def image():
    if engine.missing():
        pytest.skip(engine.missing())
    name, why = engine.image()
    if why:
        pytest.skip(why)
    yield name
    left = engine.docker("ps", "-aq", "--filter",
                         "label=" + engine.LABEL).split()
    if left:
        engine.docker("rm", "-f", "-v", *left)


@pytest.fixture
def run():
    """Starts containers; they are gone at the end."""
    started = []

    def start(*options, **more):
        started.append(engine.Container(*options, **more))
        return started[-1]

    yield start
    for container in started:
        container.remove()


@pytest.fixture(scope="module")
def shared():
    """One collector for all tests of a file."""
    started = []

    def start(*options, **more):
        if not started:
            started.append(engine.Container(*options, **more))
        return started[0]

    yield start
    for container in started:
        container.remove()
