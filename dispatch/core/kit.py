"""The kit under supervision: what is known of each device, and everything that is wrong with it."""

import math
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from msgspec import Struct

from dispatch.core.deadlines import Deadlines
from dispatch.core.limits import TROUBLES_TOLD_BURST, TROUBLES_TOLD_PER_S
from protocol.messages import Trouble
from protocol.vocabulary import Role, TroubleKind


class OpenTrouble(Struct, frozen=True, gc=False):
    """One thing that is wrong with a device since `opened_at_ms`."""

    trouble_id: str
    opened_at_ms: int


class Watched(Struct, omit_defaults=True):
    """What is known of one device. Times ending in `_s` are monotonic, in `_ms` by the wall clock.

    While a device has a session of its own, `heard_s` is when that began.
    """

    device_id: str
    role: Role
    heard_s: float
    seen_ms: int | None = None
    battery_percent: int | None = None
    tested_ms: int | None = None
    test_due_s: float | None = None
    """By when somebody should have pressed it as a test; None: this role needs none."""
    kept_s: float | None = None
    """When the journal was last given this; None: never."""
    troubles: dict[TroubleKind, OpenTrouble] = {}


class Kit:
    """Every device that is watched, when to look at which, and who has still to be told what."""

    def __init__(self) -> None:
        self.watched: dict[str, Watched] = {}
        self.deadlines = Deadlines()
        self.since_s = -math.inf
        """Silence counts from here on: before, nobody could be heard."""
        self.open_by_kind: Counter[TroubleKind] = Counter()
        self.untold: dict[str, Trouble] = {}
        """Trouble id -> its newest state, which the control room is to be told at its pace."""
        self.tell_at_s: float | None = None
        self._open: dict[str, tuple[str, TroubleKind]] = {}
        self._allowance = float(TROUBLES_TOLD_BURST)
        self._allowed_at_s = 0.0

    def watch(self, watched: Watched) -> None:
        """Put a device under supervision, with the troubles that it has."""
        self.watched[watched.device_id] = watched
        for kind, trouble in watched.troubles.items():
            self._note(watched, kind, trouble)

    def forget(self, watched: Watched) -> None:
        """Watch a device no longer. Its troubles are closed before."""
        del self.watched[watched.device_id]

    def opened(self, watched: Watched, kind: TroubleKind, trouble: OpenTrouble) -> None:
        """Something is wrong with a device from now on."""
        watched.troubles[kind] = trouble
        self._note(watched, kind, trouble)

    def closed(self, watched: Watched, kind: TroubleKind) -> OpenTrouble:
        """It is right again. Returns what was wrong."""
        trouble = watched.troubles.pop(kind)
        self.open_by_kind[kind] -= 1
        del self._open[trouble.trouble_id]
        return trouble

    @property
    def open_count(self) -> int:
        """How many troubles there are."""
        return len(self._open)

    def newest_open(self, count: int) -> Iterator[tuple[str, TroubleKind]]:
        """Return (device id, kind) of some of the open troubles, newest first."""
        return islice(reversed(self._open.values()), count)

    def next_s(self) -> float | None:
        """Return the monotonic time at which something is due, if anything is."""
        due = (self.deadlines.next_s(), self.tell_at_s)
        return min((at_s for at_s in due if at_s is not None), default=None)

    def may_tell(self, now_s: float) -> bool:
        """Spend what the control room's patience allows for one trouble, if it is there."""
        refilled = (now_s - self._allowed_at_s) * TROUBLES_TOLD_PER_S
        self._allowance = min(TROUBLES_TOLD_BURST, self._allowance + refilled)
        self._allowed_at_s = now_s
        if self._allowance < 1:
            return False
        self._allowance -= 1
        return True

    def _note(self, watched: Watched, kind: TroubleKind, trouble: OpenTrouble) -> None:
        self.open_by_kind[kind] += 1
        self._open[trouble.trouble_id] = (watched.device_id, kind)
