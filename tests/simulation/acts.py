"""What may happen, and how often. Each act draws from dice of its own, so that leaving one out
changes no other."""

import random
from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from clients.action import Deed
from dispatch.core.registry import Device, EditionActivated, Front, Person, Removed
from dispatch.journal.faults import Reason
from protocol.messages import Accept, Arrive, Assign, Close, Silence
from protocol.vocabulary import Kind, Outcome
from tests.core.chance import OTHER
from tests.core.town import FRONT, LOCATOR, PATROLS, PEOPLE
from tests.simulation.boxes import GATEWAY
from tests.simulation.callers import Caller
from tests.simulation.sleepers import PUSH_SIDE
from tests.simulation.watchers import Watcher
from tests.simulation.world import HANDHELDS, World

Dice = random.Random
ActOn = Callable[[World, Dice], None]

GAPS_S: Final = (0.0, 0.003, 0.01, 0.05, 0.3, 1.0, 3.0, 9.0, 12.0, 31.0)
FAULT_LASTS_S: Final = (0.5, 3.0, 10.0, 45.0)
HOUR_MS: Final = 3_600_000

_KINDS: Final = (Kind.PANIC,) * 6 + (Kind.SILENT, Kind.MEDICAL, Kind.FIRE, Kind.TEST)


def press(world: World, dice: Dice) -> None:
    """Somebody calls for help: anew, again, or under an id that another device has used."""
    caller = _caller(world, dice)
    if caller is None or len(caller.calls) > 12:
        return
    signal_id = world.new_id()
    others = [
        call.signal_id
        for other in world.callers.values()
        if other is not caller
        for call in other.calls.values()
    ]
    if others and dice.random() < 0.04:
        signal_id = dice.choice(others)
        if signal_id in caller.calls:
            return
    source = "panel" if caller.device_id == "gateway" else None
    kind = dice.choice(_KINDS)
    world.say(f"{caller.device_id} presses {signal_id[-4:]} ({kind})")
    caller.press(signal_id, kind, world.somewhere(dice), source)


def storm(world: World, dice: Dice) -> None:
    """A power cut: everyone drops, and many press at once."""
    world.say("storm: everyone drops")
    for client in world.clients.values():
        if client.connection is not None:
            client.connection.cut()
    for _ in range(dice.randrange(2, 8)):
        press(world, dice)


def cancel(world: World, dice: Dice) -> None:
    """A sender takes a press back."""
    caller = _caller(world, dice)
    calls = [call for call in caller.calls.values() if not call.is_over] if caller else []
    if caller is not None and calls:
        call = dice.choice(calls)
        world.say(f"{caller.device_id} cancels {call.signal_id[-4:]}")
        caller.cancel(call.signal_id)


def move(world: World, dice: Dice) -> None:
    """A phone reports where it is."""
    caller, position = _caller(world, dice), world.somewhere(dice)
    if caller is not None and position is not None and caller.device_id != "gateway":
        world.say(f"{caller.device_id} moves")
        caller.move(position)


def answer(world: World, dice: Dice) -> None:
    """Somebody does something about an alert on their screen."""
    watchers = [watcher for watcher in world.watchers.values() if watcher.board.open]
    if not watchers:
        return
    watcher = dice.choice(watchers)
    alert_id = dice.choice(sorted(watcher.board.open))
    alert, ref = watcher.board.open[alert_id], watcher.ref()
    owner = None if alert.owner is None else alert.owner.device_id
    close = Close(alert_id=alert_id, outcome=dice.choice(tuple(Outcome)), ref=ref)
    accept = Accept(alert_id=alert_id, eta_s=dice.choice((None, 0, 60, 240)), ref=ref)
    arrive = Arrive(alert_id=alert_id, ref=ref)
    silence = Silence(alert_id=alert_id, ref=ref)
    message: Deed
    if not watcher.is_handheld:
        if dice.random() < 0.7:
            return
        given_to = dice.choice(HANDHELDS)
        give = Assign(alert_id=alert_id, device_id=given_to, eta_s=120, ref=ref)
        message = dice.choice((close, close, silence, give))
    elif owner == watcher.device_id:
        message = dice.choice((arrive, arrive, close, accept, silence))
    else:
        message = dice.choice((accept, accept, accept, arrive, close))
    world.say(f"{watcher.device_id}: {type(message).__name__.lower()} {alert_id[-4:]}")
    watcher.act(message)


def tell_front(world: World, dice: Dice) -> None:
    """The control room says something to the front, perhaps about an alert."""
    screens = [each for each in world.watchers.values() if not each.is_handheld and each.on_duty]
    if not screens:
        return
    watcher = dice.choice(screens)
    about = dice.choice((None, *sorted(watcher.board.open)))
    body = f"Aviso {dice.randrange(1_000)}"
    world.say(f"{watcher.device_id} tells the front: {body}")
    world.sayings.say(watcher, body, about)


def duty(world: World, dice: Dice) -> None:
    """Somebody goes on or off duty."""
    watcher = _watcher(world, dice)
    if watcher is not None:
        on_duty = dice.random() < 0.6
        world.say(f"{watcher.device_id} goes {'on' if on_duty else 'off'} duty")
        watcher.duty(on_duty)


def cut(world: World, dice: Dice) -> None:
    """A connection is cut, or hung up."""
    connected = [client for client in world.clients.values() if client.connection is not None]
    if not connected:
        return
    client = dice.choice(connected)
    assert client.connection is not None
    if dice.random() < 0.8:
        world.say(f"{client.device_id}'s connection is cut")
        client.connection.cut()
    else:
        world.say(f"{client.device_id} hangs up")
        client.leave()


def crash(world: World, dice: Dice) -> None:
    """Kill -9 of the core; it is started again a while later."""
    world.kill()
    world.agenda.after(dice.choice((0.05, 0.3, 2.0, 30.0)), lambda: _start(world))


def reboot(world: World, dice: Dice) -> None:
    """The machine loses its power, and comes back."""
    world.kill()
    world.agenda.after(dice.choice((8.0, 30.0, 70.0)), lambda: _start(world, reboots=True))


def stall(world: World, dice: Dice) -> None:
    """The core stands still for a while."""
    core = world.core
    if core is not None and core.is_alive:
        for_s = dice.choice((0.2, 2.0, 15.0, 75.0))
        world.say(f"the core stands still for {for_s} s")
        core.sleep(for_s)


def disk_fault(world: World, dice: Dice) -> None:
    """The disk is full, or fails."""
    reason = dice.choice((Reason.DISK_FULL, Reason.SYNC_FAILED, Reason.WRITE_FAILED))
    lasts_s = dice.choice(FAULT_LASTS_S)
    world.say(f"the disk: {reason} for {lasts_s} s")
    world.disk.fault = reason
    world.agenda.after(lasts_s, lambda: _mend_disk(world))


def slow_disk(world: World, dice: Dice) -> None:
    """Each fsync takes long."""
    world.disk.slow_s = dice.choice((0.1, 1.0, 8.0))
    world.say(f"the disk: an fsync takes {world.disk.slow_s} s")
    world.agenda.after(dice.choice(FAULT_LASTS_S), lambda: _quicken_disk(world))


def database_fault(world: World, dice: Dice) -> None:
    """PostgreSQL is dead, slow, or its answers are lost."""
    database = world.database
    match dice.choice(("dead", "slow", "mute")):
        case "dead":
            world.say("PostgreSQL is dead")
            database.is_dead = True
        case "slow":
            world.say("PostgreSQL is slow")
            database.slow_s = dice.choice((0.5, 8.0))
        case _:
            world.say("PostgreSQL's answers are lost")
            database.loses_answers = 0.5
    world.agenda.after(dice.choice(FAULT_LASTS_S), lambda: _mend_database(world))


def wall_jump(world: World, dice: Dice) -> None:
    """Somebody sets the wall clock: an hour off, a little off, or right."""
    ahead_ms = dice.choice((-HOUR_MS, HOUR_MS, -1_500, 1_500, 0))
    world.say(f"the wall clock is set {ahead_ms / 1000} s ahead")
    world.clock.wall_ahead_ms = ahead_ms


def revoke(world: World, dice: Dice) -> None:
    """A device's enrolment is withdrawn, or it is removed; later it may be enrolled again."""
    name = dice.choice(tuple(world.clients))
    known = world.things.get((Device, name))
    if not isinstance(known, Device) or known.revoked:
        world.say("whoever was shut out is enrolled again")
        world.come_back()
    elif dice.random() < 0.7:
        world.say(f"{name} is revoked")
        world.change(replace(known, revoked=True))
    else:
        world.say(f"{name} is removed")
        world.change(Removed(Device, name))


def registry(world: World, dice: Dice) -> None:
    """A patrol is moved to another quadrant; a person, a front or a token changes."""
    name = dice.choice(HANDHELDS)
    known = world.things.get((Device, name))
    match dice.choice(("move", "move", "move", "person", "front", "token")):
        case "move" if isinstance(known, Device):
            quadrant = dice.choice(tuple(PATROLS.values()))
            world.say(f"{name} is moved to {quadrant}")
            world.change(replace(known, quadrant=quadrant))
        case "person":
            person = dice.choice(PEOPLE)
            world.change(dice.choice((person, Removed(Person, person.person_id))))
        case "front":
            world.change(dice.choice((FRONT, Removed(Front, FRONT.front_id))))
        case "token":
            _renew_token(world, dice)
        case _:
            return


def edition(world: World, dice: Dice) -> None:
    """Another edition of the quadrants comes into force."""
    locator = dice.choice((LOCATOR, OTHER))
    world.say(f"edition {locator.edition.id} is in force")
    world.change(EditionActivated(locator))


def hush(world: World, dice: Dice) -> None:
    """A box behind the gateway falls silent, or is heard from again."""
    world.boxes.hush(dice)


def ail(world: World, dice: Dice) -> None:
    """A box behind the gateway is ill, or well again."""
    world.boxes.ail(dice)


def gateway_away(world: World, dice: Dice) -> None:
    """The gateway is switched off for long: nobody hears from what is behind it."""
    gateway = world.clients.get(GATEWAY)
    if gateway is not None and not gateway.is_out:
        world.say("the gateway is switched off")
        gateway.is_out = True
        gateway.leave()
        world.agenda.after(dice.choice((50.0, 90.0)), gateway.come_in_again)


def sleep(world: World, dice: Dice) -> None:
    """A telephone sleeps for a while: nothing is heard of it, and only a push could wake it."""
    client = dice.choice(tuple(world.clients.values()))
    if not client.is_out and client.device_id not in (GATEWAY, PUSH_SIDE):
        world.say(f"{client.device_id} sleeps")
        client.is_out = True
        client.leave()
        world.agenda.after(dice.choice((15.0, 40.0, 90.0)), client.come_in_again)


ACTS: Final = MappingProxyType(
    {
        "press": (press, 22),
        "answer": (answer, 26),
        "move": (move, 4),
        "cancel": (cancel, 3),
        "duty": (duty, 5),
        "cut": (cut, 10),
        "sleep": (sleep, 6),
        "storm": (storm, 2),
        "crash": (crash, 6),
        "reboot": (reboot, 2),
        "stall": (stall, 2),
        "disk_fault": (disk_fault, 3),
        "slow_disk": (slow_disk, 3),
        "database_fault": (database_fault, 4),
        "wall_jump": (wall_jump, 2),
        "revoke": (revoke, 3),
        "registry": (registry, 4),
        "edition": (edition, 1),
        "hush": (hush, 4),
        "gateway_away": (gateway_away, 1),
        "ail": (ail, 4),
        "tell_front": (tell_front, 3),
    }
)
"""Kind of act -> what it does, and how often beside the others."""

_NAMES: Final = tuple(ACTS)
_WEIGHTS: Final = tuple(weight for _, weight in ACTS.values())


def play(world: World) -> None:
    """Play the story of a plan, and then let it be quiet."""
    plan = world.plan
    for step in range(plan.steps):
        dice = Dice(plan.seed * 1_000_003 + step)
        world.agenda.run_until(world.clock.now_s + dice.choice(GAPS_S) * dice.random())
        name = dice.choices(_NAMES, _WEIGHTS)[0]
        if name not in plan.without and step not in plan.skipped:
            ACTS[name][0](world, dice)
            world.witness.look(world.core)
    world.quiet()


def _caller(world: World, dice: Dice) -> Caller | None:
    return dice.choice(tuple(world.callers.values())) if world.callers else None


def _watcher(world: World, dice: Dice) -> Watcher | None:
    return dice.choice(tuple(world.watchers.values())) if world.watchers else None


def _start(world: World, *, reboots: bool = False) -> None:
    if reboots and (world.core is None or not world.core.is_alive):
        world.say("the machine has booted")
        world.clock.reboot()
    if world.core is None or not world.core.is_alive:
        world.start()


def _mend_disk(world: World) -> None:
    world.disk.fault = None


def _quicken_disk(world: World) -> None:
    world.disk.slow_s = 0.0


def _mend_database(world: World) -> None:
    world.database.is_dead, world.database.slow_s, world.database.loses_answers = False, 0.0, 0.0


def _renew_token(world: World, dice: Dice) -> None:
    name = dice.choice(tuple(world.clients))
    known = world.things.get((Device, name))
    if isinstance(known, Device) and not known.revoked:
        world.say(f"{name} is given a new token")
        world.renew_token(known)
        client = world.clients[name]
        world.agenda.after(dice.choice((1.0, 20.0)), client.come_in_again)
