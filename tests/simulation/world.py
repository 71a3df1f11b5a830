"""A city in which everything that can go wrong does, in an order drawn from a seed."""

import hashlib
import random
from dataclasses import replace

from dispatch.core import credentials
from dispatch.core.facts import Fact
from dispatch.core.limits import CLOSED_ALERT_KEPT_S
from dispatch.core.registry import (
    Change,
    Device,
    EditionActivated,
    Front,
    Person,
    Registry,
    Removed,
)
from protocol.messages import Position
from protocol.vocabulary import Role
from tests.core.town import LOCATOR, fix, residents, signal_id
from tests.simulation.agreement import check_agreement, check_kept
from tests.simulation.box_watch import check_nothing_is_forgotten
from tests.simulation.boxes import Boxes, boxes
from tests.simulation.callers import Caller
from tests.simulation.clients import Client
from tests.simulation.clock import Agenda, Clock
from tests.simulation.core import Core
from tests.simulation.database import Database
from tests.simulation.disk import Disk
from tests.simulation.kit import QUIET_AFTER_S, Gateway, Siren, Sounder, check_quiet
from tests.simulation.messages import Sayings
from tests.simulation.plan import Plan
from tests.simulation.rules import Broken
from tests.simulation.sleepers import PUSH_SIDE, Addresses, PushSide
from tests.simulation.truth import Truth
from tests.simulation.vigil import Duty, Kept
from tests.simulation.watchers import Watcher
from tests.simulation.wire import Connection
from tests.simulation.witness import Witness

CALLERS = ("ana", "beto", "carla", "wall", "gateway")
HANDHELDS = ("patrol-1", "patrol-2", "patrol-east", "patrol-west", "patrol-far")
SCREENS = ("operator", "supervisor")
SIRENS = ("siren",)
SETTLE_S = 40.0
"""Longer than any back-off, any half-open connection, any time between two attempts."""
LOOKS_MAX = 12
BETWEEN_LOOKS_S = 1.3
OLD_MS = CLOSED_ALERT_KEPT_S * 1000 - 600_000
"""By then, a closed alert may have been forgotten."""

Thing = Person | Front | Device


class World:
    """Everything there is. The same plan makes the same world do the same."""

    def __init__(self, plan: Plan, trace: list[str] | None = None) -> None:
        self.plan = plan
        self.trace = trace
        self.dice = random.Random(plan.seed)  # noqa: S311 - chance, not secrets
        self.held_by_database = plan.seed % 5 == 4
        self.clock = Clock()
        self.agenda = Agenda(self.clock, self._after_step)
        self.disk = Disk()
        self.database = Database()
        self.addresses = Addresses(self)
        self.database.on_commit = self.addresses.drained
        self.truth = Truth()
        self.sayings = Sayings(self)
        self.witness = Witness(self)
        self.core: Core | None = None
        self.locator = LOCATOR
        self.tokens: dict[str, str] = {}
        self.devices: dict[str, Device] = {}
        self.things: dict[tuple[type, str], Thing] = {}
        self._hash = hashlib.blake2b(digest_size=16)
        self._numbers = iter(range(1, 1_000_000))
        self._connections = iter(range(1, 1_000_000))
        self._enrol()
        self.callers = {
            name: (Gateway if name == "gateway" else Caller)(self, name, self._own(name))
            for name in self._of(CALLERS)
        }
        self.sirens = {name: Siren(self, name, self._own(name)) for name in self._of(SIRENS)}
        self.watchers = {
            name: Watcher(self, name, self._own(name)) for name in self._of(HANDHELDS + SCREENS)
        }
        pushers = {name: PushSide(self, name, self._own(name)) for name in self._of((PUSH_SIDE,))}
        self.clients: dict[str, Client] = {
            **self.callers,
            **self.watchers,
            **self.sirens,
            **pushers,
        }
        self.boxes = Boxes(self)
        self._begin()

    # --- what everyone asks ---------------------------------------------------------------------

    def token_of(self, device_id: str) -> str:
        """Return the token that a device holds."""
        return self.tokens[device_id]

    def new_id(self) -> str:
        """Return a fresh signal id."""
        return signal_id(next(self._numbers))

    def dial(self, client: Client) -> Connection | None:
        """Connect a client to the core. None: nobody answers."""
        core = self.core
        if core is None or not core.is_alive:
            return None
        connection = Connection(self, client, core, next(self._connections))
        core.dialled[connection.number] = connection
        core.post(lambda: core.accept(connection))
        return connection

    def kept_of(self, alert_id: str) -> Kept:
        """Return what is to be remembered with a line of the log about an alert."""
        assert self.core is not None
        duty = self.core.vigil.duties.get(alert_id)
        return Kept(duty, self.clock.now_s, self.clock.moment().wall_ms, self.clock.boot)

    def duties_after_restart(self) -> dict[str, Duty]:
        """Return what is owed to each alert, by what the disk kept."""
        wall_ms = self.clock.moment().wall_ms
        duties = {}
        for alert_id, row in self.disk.newest.items():
            assert row.kept is not None
            duty = row.kept.again(self.clock.now_s, wall_ms, self.clock.boot)
            if duty is not None and row.entry.is_open:
                duties[alert_id] = duty
        return duties

    def digest(self, *parts: bytes) -> None:
        """Make everything that is said part of the trace's name."""
        self._hash.update(b"%d" % round(self.clock.now_s * 1e6))
        for part in parts:
            self._hash.update(part)

    def fingerprint(self) -> str:
        """Return the name of everything that was said so far."""
        return self._hash.hexdigest()

    def say(self, text: str) -> None:
        """Note for whoever reads the trace."""
        if self.trace is not None:
            self.trace.append(f"{self.clock.now_s:9.3f} s  {text}")

    def say_fact(self, fact: Fact) -> None:
        """Note a fact of the core's."""
        if self.trace is not None:
            named = (fact.kind, fact.reason, fact.device_id, (fact.alert_id or "")[-4:])
            self.say("    core: " + " ".join(str(name) for name in named if name))

    # --- what the acts do -----------------------------------------------------------------------

    def start(self) -> None:
        """The core starts, and finds what the disk kept."""
        self.say("the core starts")
        self.core = Core(self, Registry(self.locator, self.things.values()))
        self.core.recover()
        self._forgive_what_is_old()
        self.witness.check_nothing_is_missing(self.core)
        check_nothing_is_forgotten(self, self.core)

    def kill(self) -> None:
        """Kill -9 of the core."""
        core = self.core
        if core is None or not core.is_alive:
            return
        check_kept(self, core)
        self.say(f"the core is killed ({core.log.waiting} entries were not committed)")
        core.die()
        for alert in core.city.board.alerts.values():
            row = self.disk.newest.get(alert.alert_id)
            if row is None or row.entry.version != alert.version:
                self.truth.reopened.add(alert.alert_id)

    def change(self, change: Change) -> None:
        """Change the registry: the truth of it, and what a living core knows."""
        match change:
            case EditionActivated():
                self.locator = change.locator
            case Removed():
                self.things.pop((change.thing, change.id), None)
                if change.thing is Device:
                    self.addresses.forget(change.id)
            case Device():
                if change.revoked:
                    self.addresses.forget(change.device_id)
                change = replace(change, push=self.addresses.of(change.device_id))
                self.things[Device, change.device_id] = change
            case Person():
                self.things[Person, change.person_id] = change
            case Front():
                self.things[Front, change.front_id] = change
        core = self.core
        if core is not None:
            core.post(lambda: core.handle(change))

    def renew_token(self, device: Device) -> None:
        """Give a device a new token; whoever uses the old one has to go."""
        name = device.device_id
        self.tokens[name] = f"{self.tokens[name]}+"
        self.change(replace(device, token_hash=self._token_hash(name)))

    def somewhere(self, dice: random.Random) -> Position | None:
        """Draw a place: mostly near two or three others, sometimes none."""
        if dice.random() < 0.15:
            return None
        east, north = dice.choice(((1_500, 1_500), (1_990, 1_500), (2_010, 1_520), (700, 2_300)))
        where = (east + dice.uniform(-80, 80), north + dice.uniform(-80, 80))
        return fix(where, dice.choice((5.0, 30.0, 200.0, None)))

    # --- quiet ----------------------------------------------------------------------------------

    def quiet(self) -> None:
        """No more faults: everyone comes back, everything is sent again, all copies agree."""
        self.say("quiet: all faults end, everyone comes back")
        self.disk.fault, self.disk.slow_s = None, 0.0
        self.database.is_dead, self.database.slow_s, self.database.loses_answers = False, 0.0, 0.0
        if self.core is None or not self.core.is_alive:
            self.start()
        assert self.core is not None
        self.core.wake()
        self.come_back()
        self.agenda.run_until(self.clock.now_s + SETTLE_S)
        for looks_left in reversed(range(LOOKS_MAX)):
            try:
                self.witness.check_nothing_is_missing(self.core)
                check_agreement(self, self.core)
                self.sayings.check(self.core)
                break
            except Broken:
                if not looks_left:
                    raise
                self.come_back()
                self.agenda.run_until(self.clock.now_s + BETWEEN_LOOKS_S)
        if self.core.city.sounding or any(sounder.is_on for sounder in self.sounders()):
            self.agenda.run_until(self.clock.now_s + QUIET_AFTER_S)
        check_quiet(self)

    def sounders(self) -> list[Sounder]:
        """Return everything that makes a noise."""
        relays = [each.relay for each in self.callers.values() if isinstance(each, Gateway)]
        return [*(siren.sounder for siren in self.sirens.values()), *relays]

    def come_back(self) -> None:
        """Whoever was shut out is enrolled again, and whoever was told to stay away comes back."""
        for name, client in self.clients.items():
            known = self.things.get((Device, name))
            if not isinstance(known, Device) or known.revoked:
                self.change(replace(self.devices[name], token_hash=self._token_hash(name)))
            client.come_in_again()

    # --- the beginning --------------------------------------------------------------------------

    def _enrol(self) -> None:
        for thing in (*residents(), *boxes(), Device(PUSH_SIDE, Role.PUSH, "Push")):
            match thing:
                case Person():
                    self.things[Person, thing.person_id] = thing
                case Front():
                    self.things[Front, thing.front_id] = thing
                case Device():
                    name = thing.device_id
                    self.tokens[name] = f"token of {name}"
                    device = replace(thing, token_hash=self._token_hash(name))
                    self.things[Device, name] = self.devices[name] = device

    def _token_hash(self, name: str) -> bytes:
        return credentials.digest(self.tokens[name])

    def _of(self, names: tuple[str, ...]) -> list[str]:
        return [name for name in names if name not in self.plan.without]

    def _own(self, name: str) -> random.Random:
        return random.Random(f"{self.plan.seed} {name}")  # noqa: S311

    def _begin(self) -> None:
        self.start()
        for caller in self.callers.values():
            caller.begin()
        for watcher in self.watchers.values():
            device = self.devices[watcher.device_id]
            watcher.begin(is_handheld=device.role is Role.PATROL)
            watcher.on_duty = watcher.dice.random() < 0.85
        for client in self.clients.values():
            client.connect()

    def _forgive_what_is_old(self) -> None:
        """After a reboot only the wall clock says how long ago an alert was closed."""
        wall_ms = self.clock.moment().wall_ms
        for alert_id, row in self.disk.newest.items():
            kept = row.kept
            assert kept is not None
            is_old = kept.boot != self.clock.boot and wall_ms - kept.wall_ms > OLD_MS
            if is_old and not row.entry.is_open:
                self.truth.forgotten.add(alert_id)

    def _after_step(self) -> None:
        self.witness.look(self.core)
