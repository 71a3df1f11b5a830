"""One page of a whole run, with plots: `python -m bench report [FOLDER]`.

Reads the JSON files of `python -m bench all` and writes `report.html` (all within one file, nothing
is fetched) and `report.md` (the tables) beside them.
"""

import argparse
import html
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

from bench.goals import Results, standings
from bench.plots import plots

FOLDER: Final = Path(__file__).with_name("results")
STYLE: Final = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; margin: 1rem 0 }
td, th { padding: .2rem .8rem; text-align: left }
tr { border-bottom: 1px solid #ddd } svg { max-width: 100%; height: auto }
"""
CAPACITY: Final = (
    *("rate", "p50_ms", "p99_ms", "stored_p99_ms"),
    *("core_cpu_us_per_signal", "holds"),
)
CONNECTIONS: Final = ("role", "bytes_each", "connect_p50_ms", "connect_cpu_us", "ping_cpu_us")
GROWTH: Final = ("what", "from", "to", "ratio", "cpu_us_per_signal")
Table: TypeAlias = tuple[str, Sequence[str], Sequence[Sequence[Any]]]
"""A heading, the columns, the rows."""


def main(argv: Sequence[str] | None = None) -> int:
    """Write the report, say where it is, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench report", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER, help="with the results")
    args = parser.parse_args(argv)
    results = read_results(args.folder)
    if not results:
        print(f"no results in {args.folder}: run `make bench` first")
        return 1
    tables = list(tables_of(results))
    (args.folder / "report.md").write_text(as_markdown(tables), encoding="utf-8")
    (args.folder / "report.html").write_text(as_html(tables, results), encoding="utf-8")
    print(f"{args.folder / 'report.html'} and report.md are written")
    return 0


def read_results(folder: Path) -> Results:
    """The figures of each subcommand that has left some."""
    return {path.stem: json.loads(path.read_bytes()) for path in sorted(folder.glob("*.json"))}


def tables_of(results: Results) -> Iterable[Table]:
    """Everything that is worth a table."""
    machine = next(iter(results.values()))["machine"]
    names = ("at", "processor", "cores", "memory_gb", "system", "python", "commit", "stolen_share")
    yield "Machine", ("", ""), [(name, machine[name]) for name in names]
    yield "Goals", ("figure", "goal", "value", ""), [*standings(results)]
    if "latency" in results:
        yield _latency(results["latency"])
    if "capacity" in results:
        yield _table("Capacity", CAPACITY, results["capacity"]["steps"])
    if "connections" in results:
        yield _table("Idle connections", CONNECTIONS, results["connections"]["roles"])
    if "growth" in results:
        rows = [{"what": name, **row} for name, row in results["growth"]["dimensions"].items()]
        yield _table("Growth", GROWTH, rows)
    if "peers" in results:
        yield _peers(results["peers"])
    remarks = [(name, said) for name, each in results.items() for said in each.get("remarks", ())]
    if remarks:
        yield "Remarks", ("bench", "says"), remarks


def _latency(figures: dict[str, Any]) -> Table:
    percentiles = ("p50", "p99", "p999", "p9999", "max")
    rows = [
        (name.replace("_ms", ""), *(figures[name][each] for each in percentiles))
        for name in ("handheld_ms", "receipt_ms", "stored_ms", "generator_late_ms")
    ]
    rows += [
        (name.replace("_ms", ""), *(figures[name].get(each, "–") for each in percentiles))
        for name in ("loop_pause_ms", "bystander_pause_ms")
    ]
    heading = f"Milliseconds at {figures['rate']:g} presses/s, {figures['idle']:,} idle connections"
    return heading, ("press →", *percentiles), rows


def _peers(figures: dict[str, Any]) -> Table:
    own = figures["cuadrante"]
    rows: list[Sequence[Any]] = [
        ("cuadrante", own["core_cpu_us_per_signal"], own["signals_per_s_per_core"], 1.0, "")
    ]
    for name, row in figures["peers"].items():
        if "missing" in row:
            rows.append((name, "–", "–", "–", row["missing"]))
        else:
            cpu, rate = row["cpu_us_per_signal"], row["signals_per_s_per_core"]
            rows.append((name, cpu, rate, row["ratio"], ""))
    columns = ("", "CPU µs a signal", "signals/s a core", "ours ÷ theirs", "")
    return "The same job elsewhere, made easier", columns, rows


def _table(heading: str, columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> Table:
    return heading, columns, [[row[name] for name in columns] for row in rows]


def as_markdown(tables: Iterable[Table]) -> str:
    """The tables as text."""
    parts = []
    for heading, columns, rows in tables:
        lines = [columns, ["---"] * len(columns), *rows]
        body = "\n".join("| " + " | ".join(map(shown, line)) + " |" for line in lines)
        parts.append(f"## {heading}\n\n{body}\n")
    return "\n".join(parts)


def as_html(tables: Iterable[Table], results: Results) -> str:
    """One page, with the plots in it."""
    drawn = "".join(plots(results))
    body = "".join(_html_table(*table) for table in tables)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Cuadrante: the bench</title>'
        f"<style>{STYLE}</style><h1>Cuadrante: the bench</h1>{body}{drawn}</html>\n"
    )


def _html_table(heading: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    head = "".join(f"<th>{html.escape(name)}</th>" for name in columns)
    lines = "".join(
        "<tr>" + "".join(f"<td>{html.escape(shown(cell))}</td>" for cell in row) + "</tr>"
        for row in rows
    )
    return f"<h2>{html.escape(heading)}</h2><table><tr>{head}</tr>{lines}</table>"


def shown(value: Any) -> str:
    """A cell for people."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(shown, value))
    return f"{value:,}" if isinstance(value, int | float) else str(value)
