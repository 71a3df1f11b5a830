"""Whether a press would reach anybody now. Green means exactly that."""

from enum import StrEnum

from dispatch.core.dispatcher import Dispatcher
from dispatch.core.limits import BUDGET_MS
from dispatch.core.moment import Moment
from dispatch.edge.bounds import LOOP_SLOW_S, LOOP_STALL_S, LOOP_STALLED_FOR_S
from dispatch.edge.pulse import Pulse
from dispatch.journal.disk import Level

_UNDELIVERED_GRACE_MS = 10 * BUDGET_MS["delivered"]
_LOOKED_AT = 20


class Red(StrEnum):
    """Why the dispatcher cannot dispatch."""

    NO_QUADRANTS = "no_quadrants"
    NOBODY_ON_DUTY = "nobody_on_duty"
    NOT_DELIVERING = "not_delivering"
    LOOP_STALLED = "loop_stalled"
    DRAINING = "draining"
    BUG = "bug"
    UNABLE_TO_STORE = "unable_to_store"
    """Presses go out, but none is safe: the journal's disk does not take them."""


class Warn(StrEnum):
    """What is wrong and does not keep a press from going out."""

    LOOP_SLOW = "loop_slow"
    """Something kept the event loop from presses for a while: see `cuadrante_loop_lag_seconds`."""
    REGISTRY_STALE = "registry_stale"
    REGISTRY_NOT_COPIED = "registry_not_copied"
    """A restart without PostgreSQL would start from an old copy of the registry, or from none."""
    DISK_LOW = "disk_low"
    """Over 80 % of the journal's disk is taken."""
    DISK_VERY_LOW = "disk_very_low"
    """Over 90 % of it is, or hardly anything is left, or it does not say."""
    DATABASE_BEHIND = "database_behind"
    """PostgreSQL does not take what the journal has for it."""


class Health:
    """Asked by whoever watches; remembers only what cannot be seen at the moment of asking."""

    def __init__(self, dispatcher: Dispatcher, pulse: Pulse) -> None:
        self.is_draining = False
        self.has_bug = False
        self.is_registry_live = True
        self.registry_seq = 0
        """Up to which change the core knows the registry: whoever made one may wait for it."""
        self.registry_copy_fault = ""
        self.journal_fault = ""
        """Why the journal stores nothing; empty while it does."""
        self.disk_level = Level.ENOUGH
        self.database_fault = ""
        self._dispatcher = dispatcher
        self._pulse = pulse

    def reds(self, now: Moment) -> list[Red]:
        """Return every reason why a press might reach nobody."""
        city = self._dispatcher.city
        reds = []
        if not city.registry.locator.edition.quadrants:
            reds.append(Red.NO_QUADRANTS)
        if not (
            city.presence.patrols_on_call()
            or city.presence.operators()
            or city.presence.supervisors()
        ):
            reds.append(Red.NOBODY_ON_DUTY)
        if self._is_not_delivering(now):
            reds.append(Red.NOT_DELIVERING)
        if self._pulse.worst_s(now.mono_s, LOOP_STALLED_FOR_S) > LOOP_STALL_S:
            reds.append(Red.LOOP_STALLED)
        if self.is_draining:
            reds.append(Red.DRAINING)
        if self.has_bug:
            reds.append(Red.BUG)
        if self.journal_fault:
            reds.append(Red.UNABLE_TO_STORE)
        return reds

    def warnings(self, now: Moment) -> list[Warn]:
        """Return what needs mending soon."""
        warnings = []
        if self._pulse.worst_s(now.mono_s) > LOOP_SLOW_S:
            warnings.append(Warn.LOOP_SLOW)
        if not self.is_registry_live:
            warnings.append(Warn.REGISTRY_STALE)
        if self.registry_copy_fault:
            warnings.append(Warn.REGISTRY_NOT_COPIED)
        if self.disk_level is Level.LOW:
            warnings.append(Warn.DISK_LOW)
        elif self.disk_level is not Level.ENOUGH:
            warnings.append(Warn.DISK_VERY_LOW)
        if self.database_fault:
            warnings.append(Warn.DATABASE_BEHIND)
        return warnings

    def details(self) -> dict[str, str]:
        """Return what is known of each fault, for the person on call. No personal data."""
        faults = {
            "journal": self.journal_fault,
            "database": self.database_fault,
            "registry_copy": self.registry_copy_fault,
        }
        return {name: fault for name, fault in faults.items() if fault}

    def _is_not_delivering(self, now: Moment) -> bool:
        """The newest alerts were sent to handhelds, and not one handheld has shown any of them."""
        city = self._dispatcher.city
        newest = list(city.board.newest_open(_LOOKED_AT))
        old_enough = [
            alert
            for alert in newest
            if alert.stages.sent_at_ms is not None
            and now.wall_ms - alert.stages.sent_at_ms > _UNDELIVERED_GRACE_MS
            and any(city.presence.has_patrol(code) for code in alert.quadrants)
        ]
        return bool(old_enough) and not any(alert.delivered for alert in newest)
