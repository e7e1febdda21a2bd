# SPDX-License-Identifier: BSD-2-Clause
"""conftest.py - pytest takes the fixtures of this folder from here"""

# pylint: disable=unused-import
from fixtures import (  # noqa: F401
    certs, collect, open_folder, peers, private,
    pytest_collection_modifyitems, shared)
