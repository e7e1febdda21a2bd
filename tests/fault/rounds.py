# SPDX-License-Identifier: BSD-2-Clause
"""rounds.py - how often a fault is injected

`./quickstart check` runs each test in a shortened form, `make check-long`
(SYNCLINE_LONG=1) in full. SYNCLINE_TINY=1 is for test_controls.py, where it is
enough that a test fails.
"""

import os

TINY = os.environ.get("SYNCLINE_TINY", "") not in ("", "0")
LONG = os.environ.get("SYNCLINE_LONG", "") not in ("", "0")


def rounds(full, short=None):
    """So many rounds; in the shortened form a tenth, unless short says."""
    if LONG:
        return full
    some = short if short is not None else -(-full // 10)
    return max(2, some // 10) if TINY else some
