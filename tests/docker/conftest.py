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
def image(tmp_path_factory, worker_id):
    if engine.missing():
        pytest.skip(engine.missing())
    # the folders of all who run beside each other are in one
    folder = tmp_path_factory.getbasetemp()
    engine.prepare(folder if worker_id == "master" else folder.parent)
    if "why" in engine.IMAGES:
        pytest.skip(engine.IMAGES["why"])
    assert "failed" not in engine.IMAGES, engine.IMAGES["failed"]
    yield engine.image()
    engine.remove_ours()


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
