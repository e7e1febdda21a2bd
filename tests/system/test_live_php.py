# SPDX-License-Identifier: BSD-2-Clause
"""A PHP program logs to us with syslog() and error_log()."""

import os

import pytest

import live

pytestmark = pytest.mark.peers

COUNT = 50
TEXTS = ["message %d" % n for n in range(COUNT)] + [
    "at " + severity for severity in live.SEVERITIES] + [
    "Gr\u00f6\u00dfe \u20ac 100%s", "[not] a tag: colon",
    1000 * "0123456789"]
SEVERITIES = ["notice"] * COUNT + live.SEVERITIES + ["info"] * 3
# How it treats texts of several lines is a setting.
FILTERS = {"all": ["two", "lines"], "raw": ["two\nlines"]}


@pytest.mark.parametrize("format", live.FORMATS)
@pytest.mark.parametrize("ident", ["phpapp", "php app"])
@pytest.mark.parametrize("filter", FILTERS)
@pytest.mark.parametrize("scheme", ["unix", "unix-stream"])
def test_php(collect, tmp_path, private, scheme, filter, ident, format):
    c = collect(listen=("%s://%s/log" % (scheme, tmp_path),),
                args=("-f", format, "--hostname", "web01"))
    live.call([*live.with_dev_log(private, c.address(scheme)),
               live.program("php"), "-n", "-d", "syslog.filter=" + filter,
               "-d", "error_log=syslog",
               os.path.join(live.CLIENTS, "syslog.php"), ident, str(COUNT)])
    texts = TEXTS + FILTERS[filter] + ["of error_log"]
    got = live.stored(c, format, len(texts))
    assert [m.msg for m in got] == texts
    assert [m.severity for m in got] == SEVERITIES + ["err"] * len(
        FILTERS[filter]) + ["notice"]
    assert {m.facility for m in got} == {"local6"}
    assert {m.app_name for m in got} == {live.field(ident, format)}
    assert {m.hostname for m in got} == {"web01"}
    assert len({m.procid for m in got}) == 1
    assert got[0].procid.isdigit()
