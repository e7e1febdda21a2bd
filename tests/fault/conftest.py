# SPDX-License-Identifier: BSD-2-Clause
"""conftest.py - the fixtures and tools of tests/system, here too"""

import os
import sys

sys.path.insert(0, os.path.join(
    os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "system"))

# pylint: disable=unused-import, wrong-import-position
from fixtures import collect, peers, private, shared  # noqa: E402, F401
