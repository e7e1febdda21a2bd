# SPDX-License-Identifier: BSD-2-Clause
"""rounds.py - how often a fault is injected

`./quickstart check` runs each test in a shortened form, `make check-long`
(SYNCLINE_LONG=1) in full.
"""

import os

LONG = os.environ.get("SYNCLINE_LONG", "") not in ("", "0")


def rounds(full, short=None):
    """So many rounds; in the shortened form a tenth, unless short says."""
    if LONG:
        return full
    return short if short is not None else -(-full // 10)
