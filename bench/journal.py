"""How long until an entry is on the disk, and what its writer costs the event loop beside it.

`python -m bench.journal [folder]`: the folder lies on the disk to be measured. Open loop: entries
come at their rate whether or not the disk keeps up.
"""

import asyncio
import sys
import tempfile
import time
from collections import deque
from pathlib import Path

import msgspec
import uvloop

from dispatch.core.entry import Entry
from dispatch.journal.local_log import LocalLog

RATES = (0, 100, 1_000, 5_000)
SECONDS = 10.0
STATE = b"\x93\x01\xc4" + bytes(range(256)) * 6
ALERTS = 10_000
RECOVERED = 10_000


class Run(msgspec.Struct):
    """One rate: times in milliseconds."""

    rate: int
    stored: int
    stored_p50_ms: float
    stored_p99_ms: float
    stored_max_ms: float
    late_p50_ms: float
    late_p99_ms: float
    late_max_ms: float

    def line(self) -> str:
        """Return the run as a line of a table."""
        return (
            f"{self.rate:>7} {self.stored:>8} | {self.stored_p50_ms:>7.2f} "
            f"{self.stored_p99_ms:>7.2f} {self.stored_max_ms:>7.2f} | {self.late_p50_ms:>7.2f} "
            f"{self.late_p99_ms:>7.2f} {self.late_max_ms:>7.2f}"
        )


def share(values: list[float], part: float) -> float:
    """Return a quantile in milliseconds; 0 of nothing."""
    ordered = sorted(values)
    return 1_000 * ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else 0.0


async def measure(folder: Path, rate: int, seconds: float) -> Run:
    """Append at `rate` for so long; note when each is stored and how late the loop wakes."""
    loop = asyncio.get_running_loop()
    appended: deque[tuple[int, float]] = deque()
    took: list[float] = []
    late: list[float] = []

    def stored(seq: int) -> None:
        now = time.perf_counter()
        while appended and appended[0][0] <= seq:
            took.append(now - appended.popleft()[1])

    def failed(failure: object) -> None:
        raise SystemExit(f"the disk of {folder} failed: {failure}")

    log = LocalLog(
        folder / f"{rate}.sqlite",
        call_back=loop.call_soon_threadsafe,
        on_stored=stored,
        on_failed=failed,
    )
    began = time.perf_counter()
    given = 0
    while (now := time.perf_counter()) < began + seconds:
        while given < (now - began) * rate:
            entry = Entry("signal", given, alert_id=f"alert-{given % ALERTS}", state=STATE)
            appended.append((log.append([entry]), time.perf_counter()))
            given += 1
        due = time.perf_counter() + 0.001
        await asyncio.sleep(0.001)
        late.append(time.perf_counter() - due)
    await asyncio.to_thread(log.close)
    await asyncio.sleep(0)
    return Run(
        rate,
        len(took),
        *(share(took, part) for part in (0.5, 0.99, 1.0)),
        *(share(late, part) for part in (0.5, 0.99, 1.0)),
    )


def recover(folder: Path, alerts: int) -> tuple[float, float]:
    """Return the seconds to open a log of so many open alerts, and to read their states."""
    path = folder / "recovery.sqlite"
    log = _quiet(path)
    for number in range(alerts):
        log.append([Entry("signal", number, alert_id=f"alert-{number}", state=STATE)])
    log.close(60.0)
    began = time.perf_counter()
    log = _quiet(path)
    opened = time.perf_counter()
    if len(list(log.newest_states())) != alerts:
        raise SystemExit("alerts are missing")
    read = time.perf_counter()
    log.close()
    return opened - began, read - opened


def _quiet(path: Path) -> LocalLog:
    return LocalLog(path, call_back=lambda _: None, on_stored=print, on_failed=print)


def main() -> None:
    """Print the table."""
    near = sys.argv[1] if len(sys.argv) > 1 else None
    with tempfile.TemporaryDirectory(dir=near) as folder:
        print("entries of 1.5 kB; milliseconds: until stored, and the loop's lateness")
        print("   rate   stored |     p50     p99     max |     p50     p99     max")
        for rate in RATES:
            print(uvloop.run(measure(Path(folder), rate, SECONDS)).line())
        opened, read = recover(Path(folder), RECOVERED)
        print(f"{RECOVERED} open alerts: opened in {opened:.3f} s, states in {read:.3f} s")


if __name__ == "__main__":
    main()
