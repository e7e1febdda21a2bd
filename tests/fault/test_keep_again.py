# SPDX-License-Identifier: BSD-2-Clause
"""What a full disk kept from being compressed is compressed later."""

import errno
import os

import pytest

import nth
import packed
import rotated
from harness import eventually
from rotated import DAY, there

pytestmark = pytest.mark.fault

TEXT = b"".join(b"line %d of a file\n" % n for n in range(20000))


@pytest.mark.long
def test_the_only_file_is_tried_again(collect, tmp_path):
    """Nothing else is rotated, nothing is written."""
    logs = tmp_path / "d"
    path = rotated.make(str(logs / "out.log"), 1, DAY, TEXT)
    fault = nth.Fault(tmp_path, logs)
    fault.arm(["write"], error=errno.ENOSPC, lasting=True)
    c = collect(output="d/out.log", args=("--compress", "zstd"),
                env=fault.env)
    eventually(lambda: "compress out.log: write" in c.stderr(), what=c.stderr)
    assert fault.cure() > 0
    eventually(lambda: there(path, path + ".zst") == [path + ".zst"],
               what=lambda: os.listdir(logs))
    assert packed.read(path + ".zst") == TEXT
