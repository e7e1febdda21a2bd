# SPDX-License-Identifier: BSD-2-Clause
"""tables.py - what the runs say, in Markdown"""

import statistics

import figures
import goals
import scenarios
from scenarios import FLOOR, LIBRARY, SYNCLINE

KIB = 1 << 10
MIB = 1 << 20
NONE = "-"


def number(value, form="%.2f"):
    return NONE if value is None else form % value


def rate(value):
    """Messages a second, in thousands."""
    return NONE if value is None else format(round(value / 1000), ",") + "k"


def spread(values, show):
    """Of more than one: (least-most)."""
    if len(values) < 2:
        return ""
    return " (%s-%s)" % (show(min(values)), show(max(values)))


def with_spread(f, server, key, show):
    return show(f.median(server, key)) + spread(f.values(server, key), show)


def brief(result):
    """One run in a few words, for whoever watches."""
    if "error" in result:
        return "FAILED: " + result["error"].replace("\n", " ")[:300]
    if "calls" in result:
        return "; ".join("%s, %s: %d ns" % (c["call"], c["load"], c["p50"])
                         for c in result["calls"])
    if "connection" in result:
        return "%.1f KiB a connection, %d missing" % (
            result["connection"] / KIB, result["missing"])
    if "handshake_rate" in result:
        return "%.0f handshakes/s, CPU %.0f us each, %d failed" % (
            result["handshake_rate"], result["cpu_handshake"] * 1e6,
            result["failed"])
    if "share" in result:
        return "%s/s, %s/s beside it, %.2f of the CPU for messages" % (
            rate(result["calm_rate"]), rate(result["rate"]), result["share"])
    if "p99_us" in result:
        return "median %s us, 99 %% %s us, most %s us, %d not seen" % (
            result["median_us"], result["p99_us"], result["max_us"],
            result["missing"])
    return "%s/s, CPU %s s/M, %d MiB%s" % (
        rate(result["rate"]), number(result["cpu_per_million"], "%.3f"),
        result["memory"] / MIB,
        "".join(", %d %s" % (result[k], k) for k in figures.LOSSES
                if result[k]))


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |",
             "| " + " | ".join("---" for _ in head) + " |"]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def head_of(data):
    m = data["machine"]
    low, high = figures.rounds(data)
    versions = ", ".join("%s %s" % item
                         for item in m["versions"].items() if item[1])
    text = "# Benchmark\n\n"
    if data.get("quick"):
        text += ("**Made with few messages, to show that it runs: the figures "
                 "mean little.**\n\n")
    text += (
        "%s, %d cores, %d GiB, Linux %s; output on %s; %s; %s.\nRounds, in "
        "which each server has its turn: %s. Medians, in brackets least and "
        "most.\nRatios are medians of the ratios within a round. Generator "
        "and server share the cores.\nThe floor only receives, cuts frames "
        "and writes; nothing can do its work for less.\n\n" % (
            m["cpu"], m["cores"], round(m["memory"] / (1 << 30)),
            m["kernel"], m["output"], versions, m["date"],
            low if low == high else "%d to %d" % (low, high)))
    return text


def losses_of(data):
    """A line for each run that lost something or broke."""
    lines = []
    for run in data["runs"]:
        what = "%s, %s, round %d: " % (run["scenario"], run["server"],
                                       run["round"])
        if "error" in run:
            lines.append(what + "failed: " +
                         " ".join(run["error"].split())[:200])
        elif any(run.get(k) for k in figures.LOSSES):
            lines.append(what + ", ".join(
                "%s %s" % (format(run[k], ","), k) for k in figures.LOSSES
                if run.get(k)))
    text = "## Lost\n\nIn %d runs, each checked message by message: " % len(
        data["runs"])
    searched = any("tried" in run for run in data["runs"])
    if searched:
        text = text.replace("message by message: ", "message by message (what "
                            "was lost above the highest rate of UDP is in "
                            "bench.json, as `tried`): ")
    if not lines:
        return text + "nothing missing, doubled, disordered or damaged.\n"
    return text + "all is there but for this.\n\n" + "".join(
        "- %s\n" % line for line in lines)


def reached(r, form="%.2f"):
    if r is None:
        return NONE
    text = form % r.value
    return text if r.is_good else "**%s**" % text


def wanted(value, words):
    return NONE if value is None else "%s %s" % (words, format(value, "g"))


def goals_of(data):
    main = {f.scenario.name: f for f in figures.measured(data, "main")}
    rows = []
    for goal in goals.GOALS:
        f = main.get(goal.scenario)
        if not f or SYNCLINE not in f.servers():
            continue
        cpu_floor, cpu_peer, rate_peer = goals.against(f, goal)
        rows.append([
            f.scenario.title, goal.floor,
            wanted(goal.cpu_floor, "<="), reached(cpu_floor),
            f.cheapest() or NONE, wanted(goal.cpu_peer, "<="),
            reached(cpu_peer),
            f.fastest() if goal.rate_peer and f.fastest() else NONE,
            wanted(goal.rate_peer, ">="), reached(rate_peer)])
    if not rows:
        return ""
    text = ("## Goals\n\nSyncline's ratios in the same round; what misses its "
            "goal is bold.\n\n")
    text += table(["scenario", "floor", "CPU to it, goal", "reached",
                   "cheapest peer", "CPU to it, goal", "reached",
                   "fastest peer", "rate to it, goal", "reached"], rows)
    most = goals.memory(main.values())
    if most:
        text += "\nMost memory of Syncline: %s MiB (%s), goal <= %d MiB.\n" % (
            reached(goals.Reached(most[0].value / MIB, most[0].goal / MIB),
                    "%.1f"), most[1], most[0].goal / MIB)
    return text


def scenario_table(f):
    peers = f.peers()
    head = ["server", "messages/s", "CPU s/M", "of it kernel", "peak MiB",
            "missing / doubled / disordered / damaged", "rate to floor",
            "CPU to floor"]
    head += ["%s to %s" % (what, peer) for peer in peers
             for what in ("rate", "CPU")]
    rows = []
    for server in f.servers():
        row = [server,
               with_spread(f, server, "rate", rate),
               with_spread(f, server, "cpu_per_million", number),
               number(f.median(server, "system_per_million")),
               number((f.median(server, "memory") or 0) / MIB, "%.0f"),
               " / ".join(format(n, ",") for n in f.losses(server))]
        if f.errors(server):
            row[1] += " (failed: %d)" % len(f.errors(server))
        for other in [FLOOR] + peers:
            row += [number(f.ratio(server, other, "rate")),
                    number(f.ratio(server, other, "cpu_per_million"))]
        rows.append(row)
    return "### %s: %s\n\n%s\n" % (f.scenario.name, f.scenario.title,
                                   table(head, rows))


def idle_table(f):
    rows = []
    for server in f.servers():
        value = f.median(server, "connection")
        shown = number(value and value / KIB, "%.1f")
        if server == SYNCLINE and value:
            shown = "%s (goal <= %g)" % (reached(goals.Reached(
                value / KIB, goals.IDLE_GOAL), "%.1f"), goals.IDLE_GOAL)
        rows.append([
            server, shown + spread(f.values(server, "connection"),
                                   lambda v: "%.1f" % (v / KIB)),
            number((f.median(server, "before") or 0) / MIB, "%.1f"),
            number((f.median(server, "memory") or 0) / MIB, "%.1f"),
            " / ".join(format(n, ",") for n in f.losses(server))])
    return "### %s: %s\n\n%s\n" % (f.scenario.name, f.scenario.title, table(
        ["server", "KiB each", "MiB before", "MiB with them",
         "missing / doubled / disordered / damaged"], rows))


def handshakes_table(f):
    best = f.best_peer("handshake_rate", max)
    rows = []
    for server in f.servers():
        row = [server,
               with_spread(f, server, "handshake_rate",
                           lambda v: number(v, "%.0f")),
               with_spread(f, server, "cpu_handshake",
                           lambda v: number(v and v * 1e6, "%.0f"))]
        for other, key in ((FLOOR, "cpu_handshake"),
                           (best, "cpu_handshake")):
            row.append(number(other and f.ratio(server, other, key)))
        ratio = best and f.ratio(server, best, "handshake_rate")
        shown = number(ratio)
        if server == SYNCLINE and ratio:
            shown = "%s (goal >= %g)" % (reached(goals.Reached(
                ratio, goals.HANDSHAKES_GOAL, False)), goals.HANDSHAKES_GOAL)
        rows.append(row + [shown, str(sum(f.values(server, "failed")))])
    best = best or "the best peer"
    return "### %s: %s\n\n%s\n" % (f.scenario.name, f.scenario.title, table(
        ["server", "handshakes/s", "CPU us each", "CPU to floor",
         "CPU to " + best, "rate to " + best, "failed"], rows))


def flood_table(f):
    rows = []
    for server in f.servers():
        share = f.median(server, "share")
        shown = number(share)
        if server == SYNCLINE and share:
            shown = "%s (goal >= %g)" % (reached(goals.Reached(
                share, goals.FLOOD_GOAL, False)), goals.FLOOD_GOAL)
        rows.append([
            server, with_spread(f, server, "calm_rate", rate),
            with_spread(f, server, "rate", rate),
            shown + spread(f.values(server, "share"), number),
            number((f.median(server, "memory") or 0) / MIB, "%.0f"),
            " / ".join(format(n, ",") for n in f.losses(server))])
    return "### %s: %s\n\n%s\n" % (f.scenario.name, f.scenario.title, table(
        ["server", "messages/s without", "messages/s with it",
         "of its CPU for messages", "peak MiB",
         "missing / doubled / disordered / damaged"], rows))


TLS_TABLES = {"held": idle_table, "handshakes": handshakes_table,
              "flood": flood_table}


def tls_of(data):
    parts = [TLS_TABLES[f.scenario.kind](f)
             for f in figures.measured(data, "tls")]
    return "## TLS connections\n\n" + "".join(parts) if parts else ""


def caller_of(data):
    """Medians over the rounds; to glibc: within a round."""
    runs = [{(c["call"], c["load"]): c for c in run["calls"]}
            for run in data["runs"] if "calls" in run]
    if not runs:
        return ""
    rows = []
    for call, load in runs[0]:
        mine = [run[call, load] for run in runs]
        glibc = [run["glibc syslog(3)", load] for run in runs]
        rows.append([call, load] + [
            "%.0f" % statistics.median(c[key] for c in mine)
            for key in ("mean", "p50", "p99", "p999", "max")] + [
                "%.2f" % statistics.median(
                    c["p50"] / g["p50"] for c, g in zip(mine, glibc)),
                format(sum(c["dropped"] for c in mine), ",")])
    return ("## The caller's cost\n\nWhat one log call takes, in ns, the "
            "reading of the clock (some 25) included: back to back, and 5,000 "
            "a second.\n\n" + table(
                ["call", "load", "mean", "median", "99 %", "99.9 %", "most",
                 "median to glibc's", "dropped"], rows) + "\n")


def library_of(data):
    """One thread that logs, and a generator, into the same collector."""
    text = ""
    for f in figures.measured(data, "library"):
        rows = []
        for server in f.servers():
            ratio = number(f.ratio(server, SYNCLINE, "rate"))
            if server == LIBRARY and ratio != NONE:
                ratio = "%s (goal >= %g)" % (reached(goals.Reached(
                    f.ratio(server, SYNCLINE, "rate"), goals.LIBRARY_GOAL,
                    False)), goals.LIBRARY_GOAL)
            rows.append([
                "load" if server == SYNCLINE else server,
                with_spread(f, server, "rate", rate), ratio,
                number(f.median(server, "load_per_million")),
                number(f.median(server, "cpu_per_million")),
                " / ".join(format(n, ",") for n in f.losses(server))])
        text += "## Through libsyncline\n\n%s\n\n%s\n" % (
            f.scenario.title + ".", table(
                ["by", "messages/s", "to load's", "its CPU s/M",
                 "the collector's CPU s/M",
                 "missing / doubled / disordered / damaged"], rows))
    return text


def growth_table(all_figures, curve):
    mine = [f for f in all_figures if f.scenario.curve == curve]
    rows = []
    for f in mine:
        row = [format(f.scenario.x, ",")]
        for server in (SYNCLINE, FLOOR):
            have = server in f.servers()
            row += [with_spread(f, server, key, show) if have else NONE
                    for key, show in (("rate", rate),
                                      ("cpu_per_million", number))]
        memory = f.median(SYNCLINE, "memory")
        rows.append(row + [
            number(memory and memory / MIB, "%.0f"),
            " / ".join(format(n, ",") for n in f.losses(SYNCLINE))])
    words = scenarios.CURVES.get(curve, curve)
    return "### %s\n\n%s\n" % (words.capitalize(), table(
        [words.partition(",")[0], "messages/s", "CPU s/M", "floor: messages/s",
         "floor: CPU s/M", "peak MiB", "missing / doubled / disordered / "
         "damaged"], rows))


def growth_of(data):
    all_figures = figures.measured(data, "growth")
    if not all_figures:
        return ""
    text = "## Growth\n\n"
    for curve, limit, most in goals.GROWTH_GOALS:
        value = goals.growth(all_figures, curve, limit)
        if value:
            text += "From 1 to %s %s a message costs at most %s times the " \
                "best, goal <= %g.\n\n" % (
                    format(limit, ","), scenarios.CURVES.get(curve, curve),
                    reached(goals.Reached(value, most)), most)
    for curve in dict.fromkeys(f.scenario.curve for f in all_figures):
        text += growth_table(all_figures, curve)
    return text


def latency_of(data):
    all_figures = figures.measured(data, "latency")
    if not all_figures:
        return ""
    limits = dict(goals.LATENCY_GOALS)
    rows = []
    for f in all_figures:
        for server in f.servers():
            p99 = f.median(server, "p99_us")
            limit = limits.get(f.scenario.name) if server == SYNCLINE else None
            shown = number(p99, "%.0f")
            if limit and p99 is not None:
                shown = reached(goals.Reached(p99, limit), "%.0f")
                shown += " (goal <= %d)" % limit
            rows.append([
                f.scenario.title, server,
                number(f.median(server, "median_us"), "%.0f"), shown,
                number(f.median(server, "p999_us"), "%.0f"),
                with_spread(f, server, "max_us", lambda v: "%.0f" % v),
                number(f.median(server, "own_p99_us"), "%.0f"),
                number(f.median(server, "cpu_per_million")),
                number(f.median(server, "rotations"), "%.0f"),
                str(sum(f.values(server, "missing")))])
    return ("## Latency\n\nFrom the call that sends to where a reader of the "
            "file sees it, in us. Late: by how much the sender itself was, at "
            "99 %.\n\n" + table(
                ["load", "server", "median", "99 %", "99.9 %", "most", "late",
                 "CPU s/M", "rotations", "not seen"], rows))


def report(data):
    text = head_of(data) + goals_of(data) + "\n" + losses_of(data) + "\n"
    main = figures.measured(data, "main")
    if main:
        text += "## Scenarios\n\n" + "".join(map(scenario_table, main))
    return (text + tls_of(data) + growth_of(data) + latency_of(data) +
            caller_of(data) + library_of(data))
