"""How a core runs a program of its own beside itself."""

import os
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]


def command(module: str) -> tuple[str, ...]:
    """Return what runs a module, by the Python that runs us."""
    return (sys.executable, "-m", module)


def environment() -> dict[str, str]:
    """Return ours, and where our modules are, wherever we were started."""
    return {**os.environ, "PYTHONPATH": str(ROOT)}
