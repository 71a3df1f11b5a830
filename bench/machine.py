"""Where figures come from: a figure without its machine says nothing."""

import os
import platform
import subprocess
import time
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

import psutil

PACKAGES: Final = ("asyncpg", "msgspec", "orjson", "uvloop", "websockets")
ROOT: Final = Path(__file__).resolve().parents[1]
_BEGAN: Final = psutil.cpu_times()


def machine() -> dict[str, Any]:
    """Processor, system, versions, commit, and how much of the machine others took meanwhile."""
    now = psutil.cpu_times()
    total = sum(now) - sum(_BEGAN)
    stolen = getattr(now, "steal", 0.0) - getattr(_BEGAN, "steal", 0.0)
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in PACKAGES},
        "commit": _commit(),
        "stolen_share": round(stolen / total, 4) if total else 0.0,
        "load_average": round(os.getloadavg()[0], 2),
        "uptime_s": round(time.monotonic()),
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"


def _commit() -> str:
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or "unknown"
