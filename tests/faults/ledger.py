"""What people pressed, were told and were shown, as the load process saw it."""

import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

import msgspec

from tests.faults.load import Line, Plan
from tests.patience import PATIENCE_S

JUST_CLOSED_S: Final = 0.5
"""A close that was shown so shortly before the core was killed may not have been stored; nor
one that was on its way then, and was read so shortly after."""


class Ledger:
    """Starts the load process and keeps what it says."""

    def __init__(self, plan: Plan, inside: tuple[str, ...] = ()) -> None:
        self.pressed_s: dict[str, float] = {}
        self.stored_s: dict[str, float] = {}
        self.shown_s: dict[str, float] = {}
        """When the first handheld showed an alert."""
        self.refused: list[Line] = []
        self.odd: list[Line] = []
        self.up: set[str] = set()
        self.downs = 0
        self.kills_s: list[float] = []
        """When the core was killed, for `shown_again`."""
        self._showings: dict[tuple[str, str], list[float]] = defaultdict(list)
        """By handheld and alert: when it was shown, when it was gone, in turn."""
        self._is_resting = False
        self._plan = plan
        self._changed = threading.Condition()
        self._process = subprocess.Popen(
            [*inside, sys.executable, "-m", "tests.faults.load"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._reader = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> Self:
        self._reader.start()
        self._tell(msgspec.json.encode(self._plan))
        everybody = len(self._plan.callers) + len(self._plan.handhelds)
        self.wait("everybody is connected", lambda: len(self.up) == everybody)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is None:
            self._tell(b"end")
        else:
            self._process.kill()
        try:
            self._process.wait(PATIENCE_S)
        finally:
            self._process.kill()
        self._reader.join(PATIENCE_S)
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()

    # --- the load -------------------------------------------------------------------------------

    def press(self) -> None:
        self._tell(b"press")

    def rest(self) -> None:
        """No more presses; wait until no handheld shows an open alert."""
        self._is_resting = False
        self._tell(b"rest")
        self.wait("the load rests", lambda: self._is_resting)
        self.wait("every alert is closed", lambda: not self._open_showings())

    def more(self, stored: int = 0, shown: int = 0, refused: int = 0) -> None:
        """Wait until so many more presses were stored, shown, refused."""
        wanted = (
            len(self.stored_s) + stored,
            len(self.shown_s) + shown,
            len(self.refused) + refused,
        )
        self.wait(
            f"{stored} more stored, {shown} more shown, {refused} more refused",
            lambda: all(
                have >= want
                for have, want in zip(
                    (len(self.stored_s), len(self.shown_s), len(self.refused)), wanted, strict=True
                )
            ),
        )

    def wait(self, what: str, is_so: Callable[[], bool]) -> None:
        """Wait for what the load will say. Raises `TimeoutError`."""
        with self._changed:
            if not self._changed.wait_for(is_so, PATIENCE_S):
                state = f"{len(self.pressed_s)} pressed, {len(self.stored_s)} stored, "
                state += f"{len(self.shown_s)} shown, {len(self.up)} connected, odd {self.odd[-3:]}"
                raise TimeoutError(f"not within {PATIENCE_S:g} s: {what} ({state})")

    def everybody_is_up(self) -> None:
        everybody = len(self._plan.callers) + len(self._plan.handhelds)
        self.wait("everybody is connected again", lambda: len(self.up) == everybody)

    def wait_refused(self, code: str, count: int) -> None:
        """Wait until so many more presses were answered with an error of this code."""
        wanted = self._refusals(code) + count
        self.wait(f"{count} more {code}", lambda: self._refusals(code) >= wanted)

    def cut_off(self, since: int) -> None:
        """Wait until half of all devices have lost their connection, since so many had."""
        wanted = since + (len(self._plan.callers) + len(self._plan.handhelds)) // 2
        self.wait("half of them are cut off", lambda: self.downs >= wanted)

    def killed(self) -> None:
        """The core was killed just now."""
        self.kills_s.append(now_s())

    # --- figures --------------------------------------------------------------------------------

    def latencies_ms(self, from_s: float, to_s: float) -> list[float]:
        """From each press that raised an alert to the first handheld that showed it."""
        with self._changed:
            return sorted(
                1000 * (self.shown_s[alert_id] - at_s)
                for alert_id, at_s in self.pressed_s.items()
                if from_s <= at_s < to_s and alert_id in self.shown_s
            )

    def pressed(self, from_s: float = float("-inf"), to_s: float = float("inf")) -> list[str]:
        """Return the presses made in a time."""
        with self._changed:
            return [each for each, at_s in self.pressed_s.items() if from_s <= at_s < to_s]

    def acked(self) -> list[str]:
        """Return the presses whose senders were told that they are stored."""
        with self._changed:
            return list(self.stored_s)

    def shown_again(self) -> list[tuple[str, str]]:
        """Handheld and alert, where one was shown as new that the handheld knew already.

        Not counted: what the core had said to nobody to be stored when it was killed. It may have
        forgotten that; the sender presses again, with the same id, and the handheld shows it again.
        """
        with self._changed:
            return [
                key
                for key, seen in self._showings.items()
                for shown, gone, again in zip(seen[::2], seen[1::2], seen[2::2], strict=False)
                if not self._is_explained(key[1], shown, gone, again)
            ]

    def _is_explained(self, alert_id: str, shown_s: float, gone_s: float, again_s: float) -> bool:
        stored_s = self.stored_s.get(alert_id, float("inf"))
        return any(
            shown_s <= kill_s <= again_s
            and (kill_s <= stored_s or abs(gone_s - kill_s) <= JUST_CLOSED_S)
            for kill_s in self.kills_s
        )

    # --- within ---------------------------------------------------------------------------------

    def _tell(self, command: bytes) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(command + b"\n")
        self._process.stdin.flush()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for raw in self._process.stdout:
            line = msgspec.json.decode(raw, type=Line)
            with self._changed:
                self._take(line)
                self._changed.notify_all()

    def _take(self, line: Line) -> None:
        match line.what:
            case "press":
                self.pressed_s[line.id] = line.at_s
            case "stored":
                self.stored_s.setdefault(line.id, line.at_s)
            case "shown" | "gone":
                self._showings[line.device, line.id].append(line.at_s)
                if line.what == "shown":
                    self.shown_s.setdefault(line.id, line.at_s)
            case "refused":
                self.refused.append(line)
            case "up":
                self.up.add(line.device)
            case "down":
                self.up.discard(line.device)
                self.downs += 1
            case "rests":
                self._is_resting = True
            case _:
                self.odd.append(line)

    def _open_showings(self) -> int:
        return sum(len(seen) % 2 for seen in self._showings.values())

    def _refusals(self, code: str) -> int:
        return sum(line.word == code for line in self.refused)


def percentile(sorted_values: list[float], share: float) -> float | None:
    """None: there are no values."""
    if not sorted_values:
        return None
    return sorted_values[min(len(sorted_values) - 1, int(share * len(sorted_values)))]


def now_s() -> float:
    """The clock that the load process stamps with."""
    return time.monotonic()
