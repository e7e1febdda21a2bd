# SPDX-License-Identifier: BSD-2-Clause
"""rsyslog_rules.py - what the selectors of an rsyslog.conf take

An oracle of its own: written from the manual of rsyslog.conf, not from our
conditions, so that both must agree.
"""

import re

FACILITIES = (
    "kern user mail daemon auth syslog lpr news uucp cron authpriv ftp ntp "
    "audit console cron2 local0 local1 local2 local3 local4 local5 local6 "
    "local7").split()
SEVERITIES = "emerg alert crit err warning notice info debug".split()
ALIASES = {"warn": "warning", "error": "err", "panic": "emerg"}
RULE = re.compile(r"^[# ]*([*a-z0-9,.;=!\\ ]*?\.[*a-z0-9,.;=!\\ ]*?)\s+"
                  r"-?(/\S+)$", re.M)


def rules_of(text):
    """[(selector, path)] of the lines that are rules; a backslash or a
    comment sign and blanks continue one."""
    text = re.sub(r"\\?\n(?: *#)? {4,}(?=\S)", " ", text)
    return [(re.sub(r"[\s\\]", "", selector), path)
            for selector, path in RULE.findall(text)]


def _apply(part, table):
    """One part of a selector: facilities, a dot and a priority."""
    facilities, _, priority = part.rpartition(".")
    names = FACILITIES if facilities == "*" else facilities.split(",")
    negated = priority.startswith("!")
    priority = priority.lstrip("!")
    exact = priority.startswith("=")
    priority = ALIASES.get(priority.lstrip("="), priority.lstrip("="))
    for name in names:
        if priority == "none":
            table[name] = set()
            continue
        if priority == "*":
            chosen = set(range(8))
        else:
            n = SEVERITIES.index(priority)
            chosen = {n} if exact else set(range(n + 1))
        if negated:
            table[name] -= chosen
        else:
            table[name] |= chosen


def takes(selector):
    """{(facility, severity)} as numbers."""
    table = {name: set() for name in FACILITIES}
    for part in selector.split(";"):
        _apply(part, table)
    return {(FACILITIES.index(name), severity)
            for name, severities in table.items() for severity in severities}
