"""When all is quiet, everybody knows the same: core, log, PostgreSQL, handhelds and senders."""

from typing import TYPE_CHECKING, Any

from dispatch.core.alert import Alert
from dispatch.core.fanout import concerns
from dispatch.core.moment import Moment
from dispatch.core.snapshot import thaw
from protocol.vocabulary import AlertState, Stage
from tests.simulation import box_watch
from tests.simulation.rules import Broken

if TYPE_CHECKING:
    from tests.simulation.core import Core
    from tests.simulation.world import World

AGREE = "in quiet, all copies agree"
KEPT = "what an alert has become is in the log"

_STAGE_OF = {
    AlertState.ACCEPTED: Stage.ACCEPTED,
    AlertState.ON_SCENE: Stage.ON_SCENE,
    AlertState.CLOSED: Stage.CLOSED,
}


def check_agreement(world: "World", core: "Core") -> None:
    """Raise `Broken` at the first difference."""
    _check_log(world, core)
    _check_database(world)
    _check_watchers(world, core)
    _check_callers(world, core)
    box_watch.check_agreement(world, core)


def check_kept(world: "World", core: "Core") -> None:
    """Raise `Broken` if a core with nothing left to store has not stored what its alerts are."""
    if not _has_more_to_store(core):
        _check_states(world, core)


def _has_more_to_store(core: "Core") -> bool:
    keeper: Any = core.keeper
    return bool(core.log.waiting or keeper._appended or keeper._unkept)


def _check_states(world: "World", core: "Core") -> None:
    for alert in core.city.board.alerts.values():
        row = world.disk.newest.get(alert.alert_id)
        if row is None or row.entry.state is None:
            raise Broken(KEPT, f"the log does not have {alert.alert_id[-4:]}")
        stored, is_now = _essence(thaw(row.entry.state, Moment(0.0, 0), "")), _essence(alert)
        differ = [
            f"{name}: {stored[name]!r} in the log, {is_now[name]!r} in the core"
            for name in stored
            if stored[name] != is_now[name]
            and not (name == "delivered" and alert.keep_at_s is not None)
        ]
        if differ:
            raise Broken(KEPT, f"{alert.alert_id[-4:]}: {'; '.join(differ)}")


def _check_log(world: "World", core: "Core") -> None:
    is_due = any(alert.keep_at_s is not None for alert in core.city.board.open_alerts())
    if is_due or _has_more_to_store(core) or core.keeper.waiting:
        raise Broken(AGREE, "something still waits to be stored")
    _check_states(world, core)
    for alert_id, row in world.disk.newest.items():
        if row.entry.is_open and alert_id not in core.city.board.alerts:
            raise Broken(AGREE, f"the log has {alert_id[-4:]} open, the core does not know it")


def _essence(alert: Alert) -> dict[str, Any]:
    """What a restart must not change."""
    owner = alert.owner
    return {
        "version": alert.version,
        "state": alert.state,
        "owner": None if owner is None else (owner.device_id, owner.eta_s, owner.overdue),
        "urgency": alert.urgency,
        "sirens": {key: (each.state, each.is_wanted) for key, each in alert.sirens.items()},
        "pictures": [picture.picture_id for picture in alert.pictures],
        "step": alert.step,
        "rounds": alert.rounds,
        "outcome": alert.outcome,
        "presses": set(alert.presses),
        "last_press_of": set(alert.last_press_of),
        "signals_total": alert.signals_total,
        "quadrants": alert.quadrants,
        "delivered": set(alert.delivered),
        "cancel": alert.cancel_requested_at_ms,
        "called": (alert.control_room, alert.supervisors),
    }


def _check_database(world: "World") -> None:
    database, disk = world.database, world.disk
    if database.mark != disk.last_seq:
        raise Broken(AGREE, f"PostgreSQL is at {database.mark}, the log at {disk.last_seq}")
    missing = [row.seq for row in disk.rows if row.seq not in database.events]
    if missing:
        raise Broken(AGREE, f"PostgreSQL never got the entries {missing}")
    for alert_id, row in disk.newest.items():
        if alert_id in world.truth.forgotten:
            continue  # raised again from its beginning, it has a lower version
        if database.alerts[alert_id].seq != row.seq:
            raise Broken(AGREE, f"PostgreSQL has another {alert_id[-4:]} than the log")
    for signal_id in world.truth.told_stored:
        if signal_id not in database.presses:
            raise Broken(AGREE, f"{signal_id[-4:]} was told stored; PostgreSQL has no such press")


def _check_watchers(world: "World", core: "Core") -> None:
    for watcher in world.watchers.values():
        device = core.city.registry.devices[watcher.device_id]
        if not watcher.is_synced:
            raise Broken(AGREE, f"{watcher.device_id} is not synced")
        is_on_duty = core.city.presence.is_on_duty(watcher.device_id)
        if is_on_duty != watcher.on_duty:
            raise Broken(AGREE, f"{watcher.device_id} is on duty: {watcher.on_duty}, {is_on_duty}")
        theirs = {
            alert.alert_id: alert.version
            for alert in core.city.board.open_alerts()
            if is_on_duty and concerns(alert, device)
        }
        shown = {alert.alert_id: alert.version for alert in watcher.board.open.values()}
        if shown != theirs:
            raise Broken(
                AGREE,
                f"{watcher.device_id} shows {_short(shown)} of {_short(theirs)}",
            )


def _short(versions: dict[str, int]) -> str:
    return str({alert_id[-4:]: version for alert_id, version in sorted(versions.items())})


def _check_callers(world: "World", core: "Core") -> None:
    for caller in world.callers.values():
        for call in caller.calls.values():
            name = f"{call.signal_id[-4:]} of {caller.device_id}"
            if call.is_over:
                continue
            if call.waits or call.receipt is None:
                raise Broken(AGREE, f"{name} still waits for its receipt")
            alert = core.city.board.alerts[call.receipt.alert_id]
            stage = _STAGE_OF.get(alert.state)
            if stage is None:
                stage = Stage.DELIVERED if alert.delivered else Stage.RECEIVED
            if call.receipt.stage is not stage:
                raise Broken(AGREE, f"{name}: told {call.receipt.stage}, it is {stage}")
            owner = alert.owner.device_id.title() if alert.owner else None
            if call.receipt.patrol != owner:
                raise Broken(AGREE, f"{name}: told {call.receipt.patrol}, it is {owner}")
