# SPDX-License-Identifier: BSD-2-Clause
"""conftest.py - pytest takes the fixtures of this folder from here"""

# pylint: disable=unused-import
from fixtures import collect, peers, private, shared  # noqa: F401
