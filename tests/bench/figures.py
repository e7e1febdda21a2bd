# SPDX-License-Identifier: BSD-2-Clause
"""figures.py - medians, spreads, and ratios within a round

The machine moves by some ten percent from minute to minute, all servers alike.
So a ratio is taken between two runs of one round, and of these the median.
"""

import statistics

import scenarios

LOSSES = ("missing", "doubled", "disordered", "damaged")


class Figures:
    """The runs of one scenario."""

    def __init__(self, data, name):
        self.scenario = scenarios.BY_NAME[name]
        self.runs = [r for r in data["runs"] if r["scenario"] == name]
        self.good = {(r["server"], r["round"]): r for r in self.runs
                     if "error" not in r}

    def servers(self):
        """Those that were run, in the order of the scenario."""
        have = {r["server"] for r in self.runs}
        return [name for name in self.scenario.servers if name in have]

    def peers(self):
        return [name for name in self.servers() if name in scenarios.PEERS]

    def values(self, server, key):
        return [r[key] for (name, _), r in sorted(self.good.items())
                if name == server and r.get(key) is not None]

    def median(self, server, key):
        values = self.values(server, key)
        return statistics.median(values) if values else None

    def ratios(self, server, other, key):
        """Of the two in each round in which both have a figure."""
        found = []
        for (name, turn), run in self.good.items():
            base = self.good.get((other, turn))
            if name == server and base and run.get(key) and base.get(key):
                found.append(run[key] / base[key])
        return found

    def ratio(self, server, other, key):
        found = self.ratios(server, other, key)
        return statistics.median(found) if found else None

    def best_peer(self, key, best):
        """The peer with the best median; best: min or max."""
        medians = {name: self.median(name, key) for name in self.peers()}
        medians = {k: v for k, v in medians.items() if v is not None}
        return best(medians, key=medians.get) if medians else None

    def cheapest(self):
        return self.best_peer("cpu_per_million", min)

    def fastest(self):
        return self.best_peer("rate", max)

    def losses(self, server):
        """The sums of all its runs, in the order of LOSSES."""
        return [sum(self.values(server, key)) for key in LOSSES]

    def errors(self, server):
        return [r["error"] for r in self.runs
                if r["server"] == server and "error" in r]


def measured(data, group):
    """The scenarios of a group that were run, in the order of the table."""
    have = {run["scenario"] for run in data["runs"]}
    return [Figures(data, s.name) for s in scenarios.TABLE
            if s.group == group and s.name in have]


def rounds(data):
    """How often each server had its turn, at least and at most."""
    count = {}
    for run in data["runs"]:
        key = run["scenario"], run["server"]
        count[key] = count.get(key, 0) + 1
    return min(count.values()), max(count.values())
