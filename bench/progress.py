"""What people who wait are told, and where figures go."""

import json
import sys
import time
from pathlib import Path
from typing import Any, Final

STARTED_S: Final = time.monotonic()


def say(words: str) -> None:
    """Say how far it is, beside the figures."""
    print(f"[{time.monotonic() - STARTED_S:6.1f} s] {words}", file=sys.stderr, flush=True)


def write(figures: dict[str, Any], where: str | None) -> None:
    """Print the figures; as JSON to `-` or a file if that was asked for."""
    text = json.dumps(figures, indent=1, ensure_ascii=False)
    if where == "-":
        print(text)
        return
    print("\n".join(_lines(figures)))
    if where:
        Path(where).parent.mkdir(parents=True, exist_ok=True)
        Path(where).write_text(text + "\n", encoding="utf-8")


def _lines(figures: dict[str, Any], indent: str = "") -> list[str]:
    lines: list[str] = []
    for name, value in figures.items():
        if isinstance(value, dict):
            lines += [f"{indent}{name}", *_lines(value, indent + "  ")]
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            lines += [f"{indent}{name}", *(f"{indent}  {_inline(row)}" for row in value)]
        else:
            lines.append(f"{indent}{name:<28} {_shown(value)}")
    return lines


def _inline(row: dict[str, Any]) -> str:
    return "  ".join(f"{name} {_shown(value)}" for name, value in row.items())


def _shown(value: Any) -> str:
    return (
        f"{value:,}"
        if isinstance(value, int | float) and not isinstance(value, bool)
        else str(value)
    )
