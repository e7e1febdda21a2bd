# SPDX-License-Identifier: BSD-2-Clause
"""No client that is named can be forgotten."""

import glob
import os

import pytest

import live

HERE = os.path.dirname(__file__)


@pytest.mark.parametrize("name", live.table())
def test_every_program_is_used(name):
    """One that is fetched, but not driven, would look like a tested one."""
    users = [path for path in glob.glob(os.path.join(HERE, "test_*.py"))
             if path != os.path.abspath(__file__)]
    texts = [open(path, encoding="utf-8").read() for path in users]
    assert any('"%s"' % name in text for text in texts)


@pytest.mark.peers
@pytest.mark.parametrize("name", live.table())
def test_every_program_is_there(name):
    """Where it has to be there, a missing one is no reason to skip."""
    assert os.access(live.program(name), os.X_OK)
