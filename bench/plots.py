"""The plots of a report, each an SVG that stands in the page itself."""

import io
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import Any, Final

from bench.goals import Results

SIZE_IN: Final = (8.0, 3.6)
NO_PLOTS: Final = "<p>No plots: matplotlib is missing (pip install -e '.[bench]').</p>"
Axes = Any


def plots(results: Results) -> Iterator[str]:
    """Every plot that there are figures for."""
    if find_spec("matplotlib") is None:
        yield NO_PLOTS
        return
    for bench, title, draw in PLOTS:
        if bench in results:
            yield _svg(title, draw, results[bench])


def _svg(title: str, draw: Callable[[Axes, dict[str, Any]], None], figures: dict[str, Any]) -> str:
    from matplotlib.figure import Figure  # noqa: PLC0415 - only where it is installed

    figure = Figure(figsize=SIZE_IN, layout="constrained")
    axes = figure.add_subplot()
    draw(axes, figures)
    axes.set_title(title)
    axes.grid(visible=True, alpha=0.3)
    drawn = io.StringIO()
    figure.savefig(drawn, format="svg", metadata={"Date": None})
    text = drawn.getvalue()
    return text[text.index("<svg") :]


def _cdf(axes: Axes, figures: dict[str, Any]) -> None:
    for name in ("handheld", "stored"):
        points = [(max(100 - part, 0.01), ms) for part, ms in figures["curves"][name]]
        axes.plot([1 / (part / 100) for part, _ in points], [ms for _, ms in points], label=name)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks([1, 2, 10, 100, 1_000, 10_000], ["0", "50", "90", "99", "99.9", "99.99"])
    axes.set_xlabel("percentile")
    axes.set_ylabel("ms")
    axes.legend()


def _over_time(axes: Axes, figures: dict[str, Any]) -> None:
    times = figures["curves"]["over_time"]
    axes.plot([row[0] for row in times], [row[1] for row in times], label="p50")
    axes.plot([row[0] for row in times], [row[2] for row in times], label="p99")
    axes.set_xlabel("seconds of presses")
    axes.set_ylabel("ms to the handheld")
    axes.set_ylim(bottom=0)
    axes.legend()


def _capacity(axes: Axes, figures: dict[str, Any]) -> None:
    steps = figures["steps"]
    axes.plot([row["rate"] for row in steps], [row["p99_ms"] for row in steps], "o-", label="p99")
    axes.plot([row["rate"] for row in steps], [row["p50_ms"] for row in steps], "o-", label="p50")
    axes.axhline(figures["limit_ms"], linestyle="--", color="grey")
    axes.set_yscale("log")
    axes.set_xlabel("presses a second")
    axes.set_ylabel("ms to the handheld")
    axes.legend()


def _memory(axes: Axes, figures: dict[str, Any]) -> None:
    total, points = 0, [(0, 0.0)]
    for row in figures["roles"]:
        total += row["connections"]
        points.append((total, points[-1][1] + row["connections"] * row["bytes_each"] / 2**20))
    axes.plot([at for at, _ in points], [mb for _, mb in points], "o-")
    for (at, mb), row in zip(points[1:], figures["roles"], strict=True):
        axes.annotate(row["role"], (at, mb), textcoords="offset points", xytext=(4, -12))
    axes.set_xlabel("idle connections")
    axes.set_ylabel("MB of the core, added")


def _growth(axes: Axes, figures: dict[str, Any]) -> None:
    rows = figures["dimensions"]
    names = [f"{name}\n{row['from']:,} → {row['to']:,}" for name, row in rows.items()]
    axes.bar(names, [row["ratio"] for row in rows.values()])
    axes.axhline(1.0, linestyle="--", color="grey")
    axes.set_ylabel("CPU a signal, large ÷ small")


def _peers(axes: Axes, figures: dict[str, Any]) -> None:
    rates = {"cuadrante": figures["cuadrante"]["signals_per_s_per_core"]}
    rates |= {
        name: row["signals_per_s_per_core"]
        for name, row in figures["peers"].items()
        if "missing" not in row
    }
    axes.barh(list(rates), list(rates.values()))
    axes.invert_yaxis()
    axes.set_xlabel("signals/s on one core (peers: in memory, no authentication, no journal)")


PLOTS: Final[tuple[tuple[str, str, Callable[[Axes, dict[str, Any]], None]], ...]] = (
    ("latency", "Press to handheld, and to stored", _cdf),
    ("latency", "Over time", _over_time),
    ("capacity", "Throughput against latency", _capacity),
    ("connections", "Memory against connections", _memory),
    ("growth", "What growth costs", _growth),
    ("peers", "The same job elsewhere", _peers),
)
