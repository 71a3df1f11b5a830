"""Who and what there is: quadrants, fronts, people and devices, as the core knows them.

The truth is kept in PostgreSQL; this is the copy that decisions read, changed live by the changes
at the end of this file. A change never needs more than the one thing that changed.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from dispatch.core.index import discard
from dispatch.core.limits import HEARTBEAT_S
from dispatch.core.locate import Locator
from protocol.messages import PushTarget
from protocol.vocabulary import Role


@dataclass(frozen=True, slots=True)
class Spot:
    """A registered place: WGS 84 degrees and the address that people say."""

    lat: float
    lon: float
    address: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who holds a device. `false_alarms` are those of the accountability window."""

    person_id: str
    name: str
    phone: str = ""
    false_alarms: int = 0


@dataclass(frozen=True, slots=True)
class SirenTests:
    """When a front tries out its sirens each week, in Colombia's time."""

    week_min: int
    """Minutes since Monday 00:00."""
    lasts_min: int


@dataclass(frozen=True, slots=True)
class Front:
    """A neighbourhood front with its kit."""

    front_id: str
    name: str
    barrio: str = ""
    spot: Spot | None = None
    coordinator_id: str | None = None
    sirens: int = 0
    cameras: int = 0
    buttons: int = 0
    siren_tests: SirenTests | None = None


@dataclass(frozen=True, slots=True)
class Device:
    """One enrolled (or to be enrolled) thing that speaks the protocol.

    `token_hash` and `code_hash` are SHA-256 digests; the secrets themselves are kept nowhere.
    `quadrant` is what a patrol patrols, or a supervisor speaks for (None: all); `gateway_id` is the
    gateway that speaks for this device, in a way that only that gateway can read (`wiring`,
    sealed).
    """

    device_id: str
    role: Role
    name: str
    person_id: str | None = None
    front_id: str | None = None
    quadrant: str | None = None
    spot: Spot | None = None
    gateway_id: str | None = None
    token_hash: bytes | None = field(default=None, repr=False)
    code_hash: bytes | None = field(default=None, repr=False)
    code_expires_at_ms: int = 0
    false_alarms: int = 0
    revoked: bool = False
    heartbeat_s: int | None = None
    """It should be heard from this often; None: as often as its role is (`heartbeat_s`)."""
    wiring: bytes | None = field(default=None, repr=False)
    push: tuple[PushTarget, ...] = field(default=(), repr=False)
    """How it is woken. One of those who go on duty is on duty as long as this is known."""


SPEAK_FOR_OTHERS: Final = frozenset({Role.GATEWAY, Role.CONSOLE})
"""The roles that press for devices, never for themselves, and for many of them."""


def speaks_for(speaker: Device, sender: Device) -> bool:
    """Say whether one device may press as another: itself, one behind it, or any for the console,
    which has asked it for its own token."""
    if speaker.role is Role.CONSOLE:
        return sender.role is not Role.CONSOLE
    return speaker.device_id in (sender.device_id, sender.gateway_id)


def heartbeat_s(device: Device) -> int:
    """Return how often a device should be heard from."""
    return device.heartbeat_s or HEARTBEAT_S[device.role]


# --- changes ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class EditionActivated:
    """This edition's quadrants are in force from now on."""

    locator: Locator


@dataclass(frozen=True, slots=True)
class Removed:
    """The thing no longer exists. A removed device is treated as revoked."""

    thing: type[Person] | type[Front] | type[Device]
    id: str


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """Every change that was committed until now is in force."""


Change = Person | Front | Device | Removed | EditionActivated | CaughtUp
"""One change of the registry: a new or altered thing as a whole, or its removal."""


class Registry:
    """The lookups that decisions need. Mutable, owned by the dispatcher alone."""

    def __init__(
        self,
        locator: Locator,
        things: Iterable[Person | Front | Device] = (),
        *,
        is_behind: bool = False,
    ) -> None:
        self.locator = locator
        self.is_behind = is_behind
        """It is a copy that may lack what was changed last: whom it does not know may exist."""
        self.people: dict[str, Person] = {}
        self.fronts: dict[str, Front] = {}
        self.devices: dict[str, Device] = {}
        self._device_by_code_hash: dict[bytes, str] = {}
        self._behind: dict[str, dict[str, None]] = {}
        self._of_front: dict[tuple[str, Role], dict[str, None]] = {}
        self._held_by: dict[str, dict[str, None]] = {}
        self._coordinated_by: dict[str, dict[str, None]] = {}
        self._pushable: dict[tuple[Role, str], dict[str, None]] = {}
        for thing in things:
            self.apply(thing)

    def apply(self, change: Change) -> None:
        """Put one change in force."""
        match change:
            case Person():
                self.people[change.person_id] = change
            case Front():
                self._forget_front(change.front_id)
                self.fronts[change.front_id] = change
                if change.coordinator_id is not None:
                    coordinated = self._coordinated_by.setdefault(change.coordinator_id, {})
                    coordinated[change.front_id] = None
            case Device():
                self._unindex(change.device_id)
                self.devices[change.device_id] = change
                self._index(change)
            case EditionActivated():
                self.locator = change.locator
            case CaughtUp():
                self.is_behind = False
            case Removed():
                self._remove(change)

    def by_code_hash(self, code_hash: bytes) -> Device | None:
        """Find the device that an enrolment code belongs to."""
        device_id = self._device_by_code_hash.get(code_hash)
        return None if device_id is None else self.devices[device_id]

    def behind(self, gateway_id: str) -> Iterable[str]:
        """Return the devices that a gateway speaks for, in the order in which they came."""
        return self._behind.get(gateway_id, ())

    def of_front(self, front_id: str, role: Role) -> Iterable[str]:
        """Return the devices of one role of a front, in the order in which they came."""
        return self._of_front.get((front_id, role), ())

    def held_by(self, person_id: str) -> Iterable[str]:
        """Return the devices that a person holds, in the order in which they came."""
        return self._held_by.get(person_id, ())

    def coordinated_by(self, person_id: str) -> Iterable[str]:
        """Return the fronts that a person coordinates, in the order in which they came."""
        return self._coordinated_by.get(person_id, ())

    def pushable(self, role: Role, quadrant: str = "") -> Iterable[str]:
        """Return the devices of a role (patrols: of a quadrant) that can be woken."""
        return self._pushable.get((role, quadrant), ())

    @property
    def wakes_anyone(self) -> bool:
        """Whether any device can be woken."""
        return bool(self._pushable)

    def all_pushable(self) -> Iterable[str]:
        """Return every device that can be woken."""
        return (device_id for devices in self._pushable.values() for device_id in devices)

    def _remove(self, removed: Removed) -> None:
        if removed.thing is Person:
            self.people.pop(removed.id, None)
        elif removed.thing is Front:
            self._forget_front(removed.id)
            self.fronts.pop(removed.id, None)
        else:
            self._unindex(removed.id)
            self.devices.pop(removed.id, None)

    def _forget_front(self, front_id: str) -> None:
        known = self.fronts.get(front_id)
        if known is not None and known.coordinator_id is not None:
            discard(self._coordinated_by, known.coordinator_id, front_id)

    def _index(self, device: Device) -> None:
        """Have a device found; one that is revoked is of no front and behind no gateway."""
        if device.code_hash is not None:
            self._device_by_code_hash[device.code_hash] = device.device_id
        if device.revoked:
            return
        if device.person_id is not None:
            self._held_by.setdefault(device.person_id, {})[device.device_id] = None
        if device.gateway_id is not None:
            self._behind.setdefault(device.gateway_id, {})[device.device_id] = None
        if device.front_id is not None:
            of_role = self._of_front.setdefault((device.front_id, device.role), {})
            of_role[device.device_id] = None
        if device.push:
            pushable = self._pushable.setdefault(_called_as(device), {})
            pushable[device.device_id] = None

    def _unindex(self, device_id: str) -> None:
        known = self.devices.get(device_id)
        if known is None:
            return
        if known.code_hash is not None:
            self._device_by_code_hash.pop(known.code_hash, None)
        if known.person_id is not None:
            discard(self._held_by, known.person_id, device_id)
        if known.gateway_id is not None:
            discard(self._behind, known.gateway_id, device_id)
        if known.front_id is not None:
            discard(self._of_front, (known.front_id, known.role), device_id)
        if known.push:
            discard(self._pushable, _called_as(known), device_id)


def _called_as(device: Device) -> tuple[Role, str]:
    """Patrols are called by their quadrant; the control room is called whole."""
    is_patrol = device.role is Role.PATROL
    return device.role, (device.quadrant or "") if is_patrol else ""
