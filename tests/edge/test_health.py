"""Green means that a press would reach somebody; each red and each warning has its cause."""

import pytest

from dispatch.core.dispatcher import Dispatcher
from dispatch.core.events import Connected, Disconnected, Received, Written
from dispatch.core.locate import Locator
from dispatch.core.moment import Moment
from dispatch.core.quadrants import Edition
from dispatch.core.registry import Device, EditionActivated, Registry
from dispatch.edge.bounds import LOOP_SLOW_S, LOOP_STALL_S, LOOP_STALLED_FOR_S, PULSE_KEPT_S
from dispatch.edge.health import Health, Red, Warn
from dispatch.edge.pulse import Pulse
from dispatch.journal.disk import Level
from protocol.messages import Condition, Delivered, Duty, Signal
from protocol.vocabulary import Role, TroubleKind
from tests.edge.town import EAST, IN_EAST, TOWNSPEOPLE, WEST, press

START = Moment(1_000.0, 1_700_000_000_000)


def after(seconds: float) -> Moment:
    return Moment(START.mono_s + seconds, START.wall_ms + round(seconds * 1_000))


@pytest.fixture
def dispatcher() -> Dispatcher:
    return Dispatcher(Registry(Locator(Edition("test", (WEST, EAST))), TOWNSPEOPLE))


@pytest.fixture
def pulse() -> Pulse:
    return Pulse()


@pytest.fixture
def health(dispatcher: Dispatcher, pulse: Pulse) -> Health:
    """Of a town with one patrol on duty: green."""
    dispatcher.handle(Connected(1, "patrol-w", True), START)
    health = Health(dispatcher, pulse)
    assert health.reds(START) == []
    assert health.warnings(START) == []
    return health


def pressed(dispatcher: Dispatcher, signal: Signal, now: Moment) -> str:
    if "ana" not in dispatcher.city.presence.session_of:
        dispatcher.handle(Connected(2, "ana"), now)
    dispatcher.handle(Received("ana", signal, now.wall_ms), now)
    dispatcher.handle(Written(signal.signal_id), now)
    return signal.signal_id


def test_what_is_wrong_with_the_kit_keeps_no_press_from_going_out(
    dispatcher: Dispatcher, health: Health
) -> None:
    dispatcher.handle(Device("siren", Role.SIREN, "Sirena"), START)
    dispatcher.handle(Connected(7, "siren"), START)
    tampered = Condition(trouble=TroubleKind.TAMPER, present=True)
    dispatcher.handle(Received("siren", tampered, 0), START)
    assert dispatcher.city.kit.open_count == 1
    assert (health.reds(START), health.warnings(START)) == ([], [])


def test_without_quadrants_it_is_red(dispatcher: Dispatcher, health: Health) -> None:
    dispatcher.handle(EditionActivated(Locator(Edition("empty", ()))), START)
    assert health.reds(START) == [Red.NO_QUADRANTS]


def test_with_nobody_on_duty_it_is_red(dispatcher: Dispatcher, health: Health) -> None:
    dispatcher.handle(Received("patrol-w", Duty(on_duty=False), 0), START)
    assert health.reds(START) == [Red.NOBODY_ON_DUTY]


def test_with_the_last_patrol_gone_it_is_red(dispatcher: Dispatcher, health: Health) -> None:
    dispatcher.handle(Disconnected(1, "patrol-w"), START)
    assert health.reds(START) == [Red.NOBODY_ON_DUTY]


def test_an_operator_is_somebody(dispatcher: Dispatcher, health: Health) -> None:
    dispatcher.handle(Disconnected(1, "patrol-w"), START)
    dispatcher.handle(Connected(3, "op", True), START)
    assert health.reds(START) == []


def test_alerts_that_no_handheld_shows_turn_it_red(dispatcher: Dispatcher, health: Health) -> None:
    alert_id = pressed(dispatcher, press(), START)
    assert health.reds(after(9)) == []
    assert health.reds(after(11)) == [Red.NOT_DELIVERING]
    delivered = Delivered(alert_id=alert_id, version=1)
    dispatcher.handle(Received("patrol-w", delivered, 0), after(12))
    assert health.reds(after(13)) == []


def test_an_alert_where_nobody_patrols_says_nothing_of_delivery(
    dispatcher: Dispatcher, health: Health
) -> None:
    dispatcher.handle(Disconnected(1, "patrol-w"), START)
    dispatcher.handle(Connected(3, "op", True), START)
    pressed(dispatcher, press(IN_EAST), START)
    assert health.reds(after(60)) == []


def test_a_loop_that_stalled_is_red_for_a_while(health: Health, pulse: Pulse) -> None:
    pulse.feel(0.9 * LOOP_STALL_S, START.mono_s)
    assert health.reds(START) == []
    pulse.feel(1.1 * LOOP_STALL_S, START.mono_s + 1)
    assert health.reds(after(1 + LOOP_STALLED_FOR_S)) == [Red.LOOP_STALLED]
    assert health.reds(after(1.1 + LOOP_STALLED_FOR_S)) == []


def test_a_loop_that_was_slow_is_a_warning_for_a_minute(health: Health, pulse: Pulse) -> None:
    pulse.feel(LOOP_SLOW_S, START.mono_s)
    assert health.warnings(START) == []
    pulse.feel(1.1 * LOOP_SLOW_S, START.mono_s)
    assert health.warnings(after(PULSE_KEPT_S)) == [Warn.LOOP_SLOW]
    assert health.warnings(after(1.1 * PULSE_KEPT_S)) == []
    assert health.reds(START) == []


def test_draining_is_red(health: Health) -> None:
    health.is_draining = True
    assert health.reds(START) == [Red.DRAINING]


def test_a_bug_is_red(health: Health) -> None:
    health.has_bug = True
    assert health.reds(START) == [Red.BUG]


def test_a_registry_that_is_not_followed_is_a_warning(health: Health) -> None:
    health.is_registry_live = False
    assert health.warnings(START) == [Warn.REGISTRY_STALE]
    assert health.reds(START) == []


def test_a_registry_that_is_not_copied_is_a_warning(health: Health) -> None:
    health.registry_copy_fault = "No space left on device"
    assert health.warnings(START) == [Warn.REGISTRY_NOT_COPIED]
    assert health.reds(START) == []


def test_a_journal_that_does_not_store_is_red(health: Health) -> None:
    health.journal_fault = "sync_failed"
    assert health.reds(START) == [Red.UNABLE_TO_STORE]


@pytest.mark.parametrize(
    ("level", "warning"),
    [
        (Level.LOW, Warn.DISK_LOW),
        (Level.VERY_LOW, Warn.DISK_VERY_LOW),
        (Level.BELOW_FLOOR, Warn.DISK_VERY_LOW),
        (Level.UNKNOWN, Warn.DISK_VERY_LOW),
    ],
)
def test_a_disk_that_fills_is_a_warning(health: Health, level: Level, warning: Warn) -> None:
    health.disk_level = level
    assert health.warnings(START) == [warning]
    assert health.reds(START) == []


def test_a_database_that_takes_nothing_is_a_warning(health: Health) -> None:
    health.database_fault = "unreachable"
    assert health.warnings(START) == [Warn.DATABASE_BEHIND]
    assert health.reds(START) == []


def test_whoever_is_on_call_is_told_what_is_known(health: Health) -> None:
    assert health.details() == {}
    health.journal_fault = "sync_failed"
    health.database_fault = "unreachable: ConnectionRefusedError"
    assert health.details() == {
        "journal": "sync_failed",
        "database": "unreachable: ConnectionRefusedError",
    }
