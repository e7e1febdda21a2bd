# SPDX-License-Identifier: BSD-2-Clause
"""conftest.py - the fixtures and tools of tests/system, here too"""

import os
import sys

import pytest

sys.path.insert(0, os.path.join(
    os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "system"))

# pylint: disable=unused-import, wrong-import-position
import harness  # noqa: E402
from fixtures import (  # noqa: E402, F401
    certs, collect, open_folder, peers, private,
    pytest_collection_modifyitems, shared)


@pytest.fixture(autouse=True)
def _none_outlives_its_test(monkeypatch):
    """Whatever a failed test left running is killed."""
    started = []
    start = harness.Collector.__init__

    def record(self, *args, **options):
        started.append(self)
        start(self, *args, **options)

    monkeypatch.setattr(harness.Collector, "__init__", record)
    yield
    for c in started:
        process = getattr(c, "process", None)
        if process is not None and process.poll() is None:
            process.kill()
            process.wait()
