# SPDX-License-Identifier: BSD-2-Clause
"""goals.py - how near to the floor, and how far ahead of the others, we mean
to be

Nothing fails when a goal is missed: a benchmark is no test.
"""

import dataclasses

from scenarios import FLOOR, NAP, SYNCLINE

MEMORY_GOAL = 24 << 20


@dataclasses.dataclass(frozen=True)
class Goal:
    """cpu_floor, cpu_peer: at most so much of the floor's CPU a message, and
    of the cheapest peer's; rate_peer: at least so many times the messages a
    second of the fastest."""
    scenario: str
    cpu_floor: float
    cpu_peer: float
    rate_peer: float = None
    floor: str = FLOOR


GOALS = [
    Goal("tcp-octet-10", 1.5, 0.24, 3),
    Goal("tcp-octet-1000", 1.6, 0.20, 3.5),
    Goal("tcp-octet-1", 1.6, 0.28, 3.5),
    Goal("tcp-lf-10", 1.7, 0.16, 3.5),
    Goal("tcp-rotate-10", 1.6, 0.24, 3),
    Goal("udp-closed", 1.2, 0.50, 1.8),
    Goal("udp-max", 1.2, 0.50, 1.8),
    Goal("tcp-50k", 1.2, 0.22, floor=NAP),
    Goal("udp-50k", 1.2, 0.22, floor=NAP),
    Goal("unix-10", 1.1, 0.45, 2),
    Goal("json", 1.9, 0.3, 3),
    Goal("rfc3164", 1.7, 0.25, 3),
    Goal("tls-1", 1.2, 0.22, 3),
    Goal("tls-10", 1.2, 0.22, 3),
    Goal("tls-10-rec", 0.8, 0.45, 1.4),
]

# Scenario, and how many us the 99th percentile may have.
LATENCY_GOALS = [("latency-10000", 3000),
                 ("latency-10000-compressing", 20000)]

# KiB of an idle TLS connection; handshakes a second to those of the best peer;
# what is left of the collector beside a flood of them.
IDLE_GOAL = 18
HANDSHAKES_GOAL = 1
FLOOD_GOAL = 0.5

# Messages a second of one thread through libsyncline, to those of load.
LIBRARY_GOAL = 0.5

# From 1 to this many, nothing may cost more than so many times the best.
GROWTH_GOALS = [("connections", 1000, 1.5), ("files", 1000, 1.5),
                ("files-open", 1000, 1.5)]


@dataclasses.dataclass(frozen=True)
class Reached:
    """One figure beside its goal. at_most: else at least."""
    value: float
    goal: float
    at_most: bool = True

    @property
    def is_good(self):
        return (self.value <= self.goal if self.at_most else
                self.value >= self.goal)


def against(figures, goal):
    """(CPU to the floor, CPU to the cheapest peer, rate to the fastest): each
    a Reached, or None where there is no goal or no figure."""
    def reached(other, key, wanted, at_most=True):
        value = other and figures.ratio(SYNCLINE, other, key)
        return Reached(value, wanted, at_most) if value and wanted else None
    return (reached(goal.floor, "cpu_per_million", goal.cpu_floor),
            reached(figures.cheapest(), "cpu_per_million", goal.cpu_peer),
            reached(figures.fastest(), "rate", goal.rate_peer, False))


def memory(all_figures):
    """(the most that Syncline had in any run, the scenario) or None."""
    most = [(max(values), f.scenario.name) for f in all_figures
            if (values := f.values(SYNCLINE, "memory"))]
    if not most:
        return None
    value, name = max(most)
    return Reached(value, MEMORY_GOAL), name


def growth(all_figures, curve, limit):
    """The dearest by the cheapest point of a curve of ours, up to a limit."""
    costs = [cost for f in all_figures
             if f.scenario.curve == curve and f.scenario.x <= limit and
             (cost := f.median(SYNCLINE, "cpu_per_million"))]
    return max(costs) / min(costs) if len(costs) > 1 else None


