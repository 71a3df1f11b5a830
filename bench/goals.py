"""What the project set out to reach, and whether a run did."""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

Results = Mapping[str, dict[str, Any]]
"""Of each subcommand that was run, its figures."""


class Goal(NamedTuple):
    """One figure: what it is, where it comes from, and what it should be."""

    figure: str
    bench: str
    read: Callable[[dict[str, Any]], float | None]
    bound: float
    at_least: bool = False
    unit: str = ""


class Standing(NamedTuple):
    """How a run stands to a goal."""

    figure: str
    goal: str
    value: str
    verdict: str


def _peer(name: str) -> Callable[[dict[str, Any]], float | None]:
    return lambda figures: figures["peers"].get(name, {}).get("ratio")


GOALS: Final = (
    Goal("CPU a signal ÷ floor", "floor", lambda f: f["ratio"], 2.0),
    Goal("press → handheld p99 ÷ floor's", "floor", lambda f: f["handheld_p99_ratio"], 3.0),
    Goal("signals/s a core ÷ Node ws", "peers", _peer("node-ws"), 1.2, at_least=True),
    Goal("signals/s a core ÷ FastAPI", "peers", _peer("fastapi"), 2.5, at_least=True),
    Goal("signals/s a core ÷ Mosquitto + worker", "peers", _peer("mosquitto"), 2.5, at_least=True),
    Goal("signals/s a core ÷ NATS + worker", "peers", _peer("nats"), 2.5, at_least=True),
    Goal("press → handheld p99", "latency", lambda f: f["handheld_ms"]["p99"], 2.0, unit="ms"),
    Goal("press → stored p99", "latency", lambda f: f["stored_ms"]["p99"], 10.0, unit="ms"),
    Goal(
        "memory of an idle connection (app)",
        "connections",
        lambda f: f["roles"][0]["bytes_each"] / 1024,
        8.0,
        unit="KB",
    ),
    Goal("CPU a signal in a large city ÷ small", "growth", lambda f: f["ratio"], 1.15),
    Goal("storm: all back", "storm", lambda f: f["all_back_s"], 30.0, unit="s"),
    Goal("storm: presses lost", "storm", lambda f: f["lost"] + f["during"]["lost"], 0.0),
    Goal(
        "storm: press → handheld p99 meanwhile",
        "storm",
        lambda f: f["during"]["handheld_ms"]["p99"],
        100.0,
        unit="ms",
    ),
    Goal(
        "longest pause of the event loop",
        "latency",
        lambda f: f["loop_pause_ms"]["max"],
        20.0,
        unit="ms",
    ),
    Goal(
        "lost, doubled or misrouted under load",
        "latency",
        lambda f: f["lost"] + f["duplicated"] + f["misrouted"],
        0.0,
    ),
)


def standings(results: Results) -> list[Standing]:
    """Every goal, met or by how much it is missed."""
    return [_standing(goal, results.get(goal.bench)) for goal in GOALS]


def _standing(goal: Goal, figures: dict[str, Any] | None) -> Standing:
    unit = f" {goal.unit}" if goal.unit else ""
    wanted = f"{'≥' if goal.at_least else '≤'} {goal.bound:g}{unit}"
    value = None if figures is None else goal.read(figures)
    if value is None:
        return Standing(goal.figure, wanted, "–", "not measured")
    is_met = value >= goal.bound if goal.at_least else value <= goal.bound
    return Standing(
        goal.figure, wanted, f"{value:.3g}{unit}", "met" if is_met else _short(goal, value)
    )


def _short(goal: Goal, value: float) -> str:
    if not goal.bound:
        return f"missed by {value:g}"
    off = goal.bound / value if goal.at_least else value / goal.bound
    return f"missed by a factor of {off:.2f}" if value > 0 else "missed"
