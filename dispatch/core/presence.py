"""Which devices are connected, and which of them may be called.

Duty outlives a connection: a handheld that loses its network is still on duty when it is back. Only
a device that is connected and on duty is ever called.
"""

from dispatch.core.registry import Device
from protocol.vocabulary import Role

ON_CALL_ROLES = frozenset({Role.PATROL, Role.OPERATOR, Role.SUPERVISOR})
"""The roles that go on and off duty."""


class Presence:
    """Sessions by device, and those on call by quadrant and role, in order of arrival."""

    def __init__(self) -> None:
        self.session_of: dict[str, int] = {}
        self._on_duty: set[str] = set()
        self._patrols: dict[str, dict[str, None]] = {}
        self._operators: dict[str, None] = {}
        self._supervisors: dict[str, None] = {}
        self._pushers: dict[str, None] = {}

    def arrive(self, device: Device, session_id: int) -> int | None:
        """A device is connected. Returns the session that it replaces, if any."""
        replaced = self.session_of.get(device.device_id)
        self.session_of[device.device_id] = session_id
        self._index(device)
        return replaced

    def leave(self, device: Device) -> None:
        """A device is gone."""
        self._unindex(device)
        self.session_of.pop(device.device_id, None)

    def set_duty(self, device: Device, on_duty: bool) -> bool:
        """Put a device on or off duty. Returns whether that changed anything."""
        if on_duty == self.is_on_duty(device.device_id):
            return False
        self._unindex(device)
        if on_duty:
            self._on_duty.add(device.device_id)
        else:
            self._on_duty.discard(device.device_id)
        self._index(device)
        return True

    def changed(self, before: Device, after: Device) -> None:
        """A device's enrolment changed: it may patrol another quadrant now."""
        self._unindex(before)
        self._index(after)

    def is_on_duty(self, device_id: str) -> bool:
        return device_id in self._on_duty

    def is_here(self, device_id: str) -> bool:
        """Say whether a device can be called: connected, and on duty."""
        return device_id in self.session_of and device_id in self._on_duty

    def patrols(self, quadrant: str) -> tuple[str, ...]:
        """Return the handhelds of a quadrant that can be called."""
        return tuple(self._patrols.get(quadrant, ()))

    def has_patrol(self, quadrant: str) -> bool:
        return bool(self._patrols.get(quadrant))

    def operators(self) -> tuple[str, ...]:
        """Return the operators that can be called."""
        return tuple(self._operators)

    def supervisors(self) -> tuple[str, ...]:
        """Return the supervisors that can be called."""
        return tuple(self._supervisors)

    def pusher(self) -> str | None:
        """Return the push side that is connected, if one is: the one that came first."""
        return next(iter(self._pushers), None)

    def patrols_on_call(self) -> int:
        """Count the handhelds that can be called anywhere."""
        return sum(len(patrols) for patrols in self._patrols.values())

    def all_patrols(self) -> tuple[str, ...]:
        """Return the handhelds that can be called anywhere."""
        return tuple(each for patrols in self._patrols.values() for each in patrols)

    def is_watching(self, device: Device) -> bool:
        """Say whether this is a control room that can be called."""
        return device.device_id in self._operators or device.device_id in self._supervisors

    def _index(self, device: Device) -> None:
        device_id = device.device_id
        if device.role is Role.PUSH and device_id in self.session_of:
            self._pushers[device_id] = None
        if not self.is_here(device_id):
            return
        if device.role is Role.PATROL and device.quadrant is not None:
            self._patrols.setdefault(device.quadrant, {})[device_id] = None
        elif device.role is Role.OPERATOR:
            self._operators[device_id] = None
        elif device.role is Role.SUPERVISOR:
            self._supervisors[device_id] = None

    def _unindex(self, device: Device) -> None:
        patrols = self._patrols.get(device.quadrant or "")
        if patrols is not None:
            patrols.pop(device.device_id, None)
            if not patrols:
                del self._patrols[device.quadrant or ""]
        self._operators.pop(device.device_id, None)
        self._supervisors.pop(device.device_id, None)
        self._pushers.pop(device.device_id, None)
