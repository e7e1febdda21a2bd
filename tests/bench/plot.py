# SPDX-License-Identifier: BSD-2-Clause
"""plot.py - the same as a picture (SVG), with matplotlib"""

import figures
from scenarios import CURVES, FLOOR, SYNCLINE

INK = {"floor": "#9a9a9a", "floor-nap": "#c4c4c4", "syncline": "#0b6e4f",
       "libsyncline": "#6aa893",
       "rsyslog-direct": "#c8553d", "rsyslog": "#e39a86",
       "syslog-ng": "#3d5a98", "syslog-ng-raw": "#93a8d6"}


def bars(axes, all_figures):
    """CPU a message, a group of bars for each scenario."""
    servers = [s for s in INK if any(s in f.servers() for f in all_figures)]
    wide = 0.8 / len(servers)
    for place, server in enumerate(servers):
        at, values = [], []
        for group, f in enumerate(all_figures):
            value = f.median(server, "cpu_per_million")
            if value:
                at.append(group + (place - (len(servers) - 1) / 2) * wide)
                values.append(value)
        axes.barh(at, values, wide * 0.9, color=INK[server], label=server)
    axes.set_yticks(range(len(all_figures)),
                    [f.scenario.name for f in all_figures])
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(lambda value, _: format(value, "g"))
    axes.set_xlabel("CPU seconds for a million messages (less is better)")
    axes.grid(axis="x", which="major", color="#dddddd")
    axes.set_axisbelow(True)
    axes.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))


def curve(axes, all_figures, name):
    mine = [f for f in all_figures if f.scenario.curve == name]
    for server in (SYNCLINE, FLOOR):
        points = [(f.scenario.x, value) for f in mine
                  if (value := f.median(server, "cpu_per_million"))]
        if points:
            axes.plot(*zip(*points), "o-", color=INK[server], label=server)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(lambda value, _: format(value, ",g"))
    if name == "size":
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(lambda value, _: format(value, "g"))
    else:
        axes.set_ylim(bottom=0)
    axes.set_xlabel({"size": "bytes a message", "idle": "idle connections",
                     "rules": "outputs with conditions",
                     **CURVES}.get(name, name))
    axes.set_ylabel("CPU s/M")
    axes.grid(color="#dddddd")
    axes.legend(fontsize=8)


def draw(data, path):
    """None, or why there is no picture."""
    try:
        import matplotlib
    except ImportError:
        return "python3-matplotlib is not installed"
    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "bench"  # the same for the same runs
    from matplotlib import pyplot
    main = figures.measured(data, "main")
    growth = figures.measured(data, "growth")
    names = list(dict.fromkeys(f.scenario.curve for f in growth))
    main = [f for f in main
            if any(f.values(s, "cpu_per_million") for s in f.servers())]
    if not main and not names:
        return "there is nothing to draw"
    down = (len(names) + 1) // 2
    figure = pyplot.figure(
        figsize=(9, (0.9 * len(main) + 1) * bool(main) + 3 * down),
        layout="constrained")
    grid = figure.add_gridspec(
        bool(main) + down, 2, height_ratios=[0.9 * len(main) + 1] *
        bool(main) + [3] * down)
    if main:
        bars(figure.add_subplot(grid[0, :]), main)
    for n, name in enumerate(names):
        curve(figure.add_subplot(grid[bool(main) + n // 2, n % 2]), growth,
              name)
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
    return None
