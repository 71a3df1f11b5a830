from dataclasses import replace

import pytest

from dispatch.core.events import Connected, Disconnected, Received, TokenKept
from dispatch.core.facts import FactKind
from dispatch.core.registry import Device, Front, Person, Removed
from dispatch.core.snapshot import freeze, thaw
from protocol.close_codes import CloseCode
from protocol.messages import Notice, Signal, Welcome
from protocol.vocabulary import AlertState, Kind, NoticeCode, Outcome, Role, Stage
from tests.core.town import BOOT, FRONT, MIDDLE, Town, fix, signal_id


def device(town: Town, name: str) -> Device:
    return town.city.registry.devices[name]


# --- connecting -----------------------------------------------------------------------------------


def test_a_device_is_welcomed_brought_up_to_date_and_told_that_it_was_all():
    town = Town()
    town.connect("patrol-2", "ana", "beto")
    one = town.press("ana", at=MIDDLE)
    town.after(2)
    other = town.press("beto", at=(1_100, 1_100))
    session = town.connect("patrol-1")
    (welcome,) = town.got(f"session {session}", Welcome)
    assert (welcome.device_id, welcome.role, welcome.quadrant) == ("patrol-1", Role.PATROL, "B2")
    assert (welcome.on_duty, welcome.open_alerts, welcome.edition) == (True, 2, "2024")
    assert [frame.alert_id for frame in town.alerts("patrol-1")] == [one, other]
    assert [frame.version for frame in town.alerts("patrol-1")] == [1, 1]
    (synced,) = town.got("patrol-1", Notice)
    assert (synced.code, synced.count) == (NoticeCode.SYNCED, 2)
    assert town.frames["patrol-1"][-1] is synced


def test_only_what_concerns_it_is_sent():
    town = Town()
    town.connect("patrol-1", "ana", "beto")
    closed = town.press("beto", at=(1_100, 1_100))
    town.accept("patrol-1", closed)
    town.close("patrol-1", closed)
    alert = town.press("ana", at=MIDDLE)
    town.connect("patrol-2", "patrol-east", "operator")
    assert [frame.alert_id for frame in town.alerts("patrol-2")] == [alert]
    assert [frame.alert_id for frame in town.alerts("operator")] == [alert]
    assert town.alerts("patrol-east") == []


def test_whoever_is_off_duty_sees_nothing():
    town = Town()
    town.connect("ana")
    town.press("ana", at=MIDDLE)
    town.connect("patrol-1", "operator", "supervisor", on_duty=None)
    for name in ("patrol-1", "operator", "supervisor"):
        assert town.alerts(name) == []


def test_whoever_pressed_gets_the_newest_receipt_of_each_of_its_alerts():
    town = Town()
    town.connect("patrol-1", "ana")
    panic = town.press("ana", at=MIDDLE)
    again = town.press("ana", at=MIDDLE)
    fire = town.press("ana", at=MIDDLE, kind=Kind.FIRE)
    town.disconnect("ana")
    town.accept("patrol-1", panic)
    town.forget_frames()
    session = town.connect("ana")
    assert town.got(f"session {session}", Welcome)[0].open_alerts == 2
    assert [(r.alert_id, r.signal_id, r.stage) for r in town.receipts("ana")] == [
        (panic, again, Stage.ACCEPTED),
        (fire, fire, Stage.RECEIVED),
    ]


def test_a_newer_connection_replaces_the_older_whose_end_then_means_nothing():
    town = Town()
    older = town.connect("patrol-1")
    newer = town.connect("patrol-1")
    assert town.closed == {older: CloseCode.REPLACED}
    town.handle(Disconnected(older, "patrol-1"))
    assert town.city.presence.session_of["patrol-1"] == newer
    town.connect("ana")
    town.press("ana", at=MIDDLE)
    assert town.alerts("patrol-1")


def test_losing_the_connection_changes_neither_duty_nor_ownership():
    town = Town()
    town.connect("patrol-1", "ana")
    alert = town.press("ana", at=MIDDLE)
    town.accept("patrol-1", alert)
    town.disconnect("patrol-1")
    assert town.alert(alert).owner is not None
    town.connect("patrol-1", on_duty=None)
    assert town.alerts("patrol-1")[-1].owner.device_id == "patrol-1"


def test_coming_back_off_duty_lets_go_of_what_one_owned():
    town = Town()
    town.connect("patrol-1", "patrol-2", "ana")
    alert = town.press("ana", at=MIDDLE)
    town.accept("patrol-1", alert)
    town.disconnect("patrol-1")
    town.forget_frames()
    town.connect("patrol-1", on_duty=False)
    assert town.alert(alert).state is AlertState.DISPATCHED
    assert town.rings("patrol-2") == 1
    assert town.alerts("patrol-1") == []
    assert town.reasons(FactKind.OWNER_LOST) == ["off_duty"]
    assert town.reasons(FactKind.DUTY)[-1] == "off"


def test_duty_in_hello_means_nothing_for_whoever_only_presses():
    town = Town()
    session = town.connect("ana", on_duty=True)
    assert not town.got(f"session {session}", Welcome)[0].on_duty


def test_the_first_that_comes_is_shown_what_reached_nobody_and_the_sender_hears_it():
    town = Town()
    town.connect("ana")
    alert = town.press("ana", at=MIDDLE)
    assert "nadie" in town.receipts("ana")[-1].text.es
    assert town.alert(alert).state is AlertState.RAISED
    town.after(3)
    town.connect("patrol-1")
    assert town.alerts("patrol-1")[-1].state is AlertState.DISPATCHED
    assert [late.stage for late in town.alerts("patrol-1")[-1].late] == ["sent"]
    assert "nadie" not in town.receipts("ana")[-1].text.es


# --- duty -----------------------------------------------------------------------------------------


def test_going_on_duty_brings_the_open_alerts_and_going_off_ends_them():
    town = Town()
    session = town.connect("patrol-1", on_duty=False)
    town.connect("operator", on_duty=False)
    town.connect("ana")
    alert = town.press("ana", at=MIDDLE)
    town.duty("patrol-1", on_duty=True)
    assert [frame.alert_id for frame in town.alerts("patrol-1")] == [alert]
    assert town.got("patrol-1", Notice)[-1].count == 1
    assert town.got(f"session {session}", Welcome)[-1].on_duty
    town.duty("patrol-1", on_duty=True)
    town.duty("patrol-1", on_duty=False)
    town.after(40)
    assert len(town.alerts("patrol-1")) == 1
    assert town.alerts("operator") == []
    assert town.reasons(FactKind.DUTY) == ["on", "off"]


# --- changes of the registry ----------------------------------------------------------------------


@pytest.mark.parametrize("removed", [False, True])
def test_a_revoked_device_is_shut_out_at_once_and_lets_go(removed):
    town = Town()
    session = town.connect("patrol-1")
    town.connect("patrol-2", "ana")
    alert = town.press("ana", at=MIDDLE)
    town.accept("patrol-1", alert)
    town.forget_frames()
    revoked = replace(device(town, "patrol-1"), revoked=True, token_hash=None)
    town.handle(Removed(Device, "patrol-1") if removed else revoked)
    assert town.closed == {session: CloseCode.REVOKED}
    assert town.alert(alert).owner is None
    assert town.rings("patrol-2") == 1
    town.say("patrol-1", Signal(signal_id(99), Kind.PANIC))
    town.accept("patrol-1", alert)
    town.after(20)
    assert town.frames["patrol-1"] == []
    assert town.alert(alert).owner is None
    assert town.reasons(FactKind.OWNER_LOST) == ["revoked"]


def test_what_a_revoked_device_said_last_is_not_heard():
    town = Town()
    town.connect("patrol-1", "ana")
    town.handle(replace(device(town, "ana"), revoked=True))
    assert town.handle(Received("ana", Signal(signal_id(9), Kind.PANIC), 0)) == []


def test_revoking_twice_or_whoever_is_unknown_does_nothing():
    town = Town()
    gone = Device("gone", Role.APP, "Otro", revoked=True)
    assert town.handle(gone) == town.handle(gone) == town.handle(Removed(Device, "never")) == []


def test_the_alert_of_a_sender_that_was_revoked_goes_on():
    town = Town()
    town.connect("patrol-1", "ana")
    alert = town.press("ana", at=MIDDLE)
    town.handle(Removed(Device, "ana"))
    town.after(60)
    town.accept("patrol-1", alert)
    town.close("patrol-1", alert, Outcome.FALSE_ALARM)
    assert town.alerts("patrol-1")[-1].outcome is Outcome.FALSE_ALARM


def test_a_patrol_that_is_moved_is_brought_what_its_new_quadrant_has():
    town = Town()
    town.connect("patrol-east", "ana")
    town.press("ana", at=MIDDLE, kind=Kind.TEST)
    town.handle(replace(device(town, "patrol-east"), quadrant="B2"))
    assert town.alerts("patrol-east")[-1].quadrant.code == "B2"
    assert town.city.presence.has_patrol("B2")
    assert not town.city.presence.has_patrol("C2")


def test_a_new_token_ends_the_session_that_used_the_old_one():
    town = Town()
    session = town.connect("ana")
    town.handle(TokenKept("ana", b"t" * 32))
    assert town.closed == {session: CloseCode.REPLACED}
    assert device(town, "ana").token_hash == b"t" * 32
    town.handle(replace(device(town, "ana"), token_hash=b"t" * 32))
    assert len(town.closed) == 1, "the database says the same again"
    town.handle(TokenKept("nobody", b"t" * 32))


def test_a_token_changed_elsewhere_ends_the_session_too():
    town = Town()
    session = town.connect("ana")
    town.handle(replace(device(town, "ana"), token_hash=b"n" * 32))
    assert town.closed == {session: CloseCode.REPLACED}


def test_people_and_fronts_change_under_live_alerts():
    town = Town()
    town.connect("patrol-1", "carla")
    alert = town.press("carla", at=MIDDLE)
    town.handle(Person("carla", "Carla Mora de Paz", "3009"))
    town.handle(replace(FRONT, name="Frente Nuevo"))
    town.accept("patrol-1", alert)
    shown = town.alerts("patrol-1")[-1]
    assert (shown.sender.name, shown.front.name) == ("Carla Mora de Paz", "Frente Nuevo")
    assert shown.front.coordinator_phone == "3009"
    town.handle(Removed(Person, "carla"))
    town.handle(Removed(Front, "frente-1"))
    town.close("patrol-1", alert)
    shown = town.alerts("patrol-1")[-1]
    assert (shown.sender.name, shown.front) == ("Teléfono de Carla", None)


def test_a_device_that_is_enrolled_live_may_press():
    town = Town()
    town.handle(Device("new", Role.APP, "Nuevo"))
    town.handle(Connected(77, "new"))
    town.say("new", Signal(signal_id(5), Kind.PANIC, None, fix(MIDDLE)))
    assert town.alert(signal_id(5)).is_open


def test_a_moved_owner_that_another_takes_over_from_is_rid_of_the_alert():
    town = Town()
    town.connect("patrol-1", "patrol-2", "ana")
    alert = town.press("ana", at=MIDDLE)
    town.accept("patrol-1", alert)
    town.handle(replace(device(town, "patrol-1"), quadrant="C1"))
    session = town.city.presence.session_of["patrol-1"]
    town.after(600)
    town.forget_frames()
    town.accept("patrol-2", alert)
    (welcome,) = town.got(f"session {session}", Welcome)
    assert welcome.open_alerts == 0
    assert town.alerts("patrol-1") == [], "it is not the patrol's to see any more"
    assert [notice.count for notice in town.got("patrol-1", Notice)] == [0]


# --- after a restart ------------------------------------------------------------------------------


def restarted(town: Town, *changes: Device | Removed) -> Town:
    """A core that starts with what the journal kept, and a registry that changed meanwhile."""
    again = Town()
    again.mono_s = town.mono_s
    for change in changes:
        again.city.registry.apply(change)
    alerts = town.city.board.alerts.values()
    states = [freeze(alert, town.now, BOOT) for alert in alerts]
    again.dispatcher.restore(thaw(state, town.now, BOOT) for state in states)
    return again


def on_the_scene() -> tuple[Town, str]:
    town = Town()
    town.connect("patrol-1", "ana")
    alert = town.press("ana", at=MIDDLE)
    town.accept("patrol-1", alert)
    town.arrive("patrol-1", alert)
    return town, alert


def test_an_owner_that_went_off_duty_while_we_were_away_answers_no_more():
    town, alert = on_the_scene()
    again = restarted(town)
    again.connect("patrol-2")
    assert again.alert(alert).owner is not None
    again.connect("patrol-1", on_duty=False)
    assert again.alert(alert).owner is None
    assert again.rings("patrol-2") == 1


@pytest.mark.parametrize(
    "change",
    [
        Device("patrol-1", Role.PATROL, "Patrol-1", quadrant="B2", revoked=True),
        Device("patrol-1", Role.SIREN, "Patrol-1"),
        Removed(Device, "patrol-1"),
    ],
)
def test_an_owner_that_was_shut_out_while_we_were_away_loses_its_alert_at_once(change):
    town, alert = on_the_scene()
    again = restarted(town, change)
    again.asleep(0)
    assert again.alert(alert).state is AlertState.DISPATCHED
    assert again.reasons(FactKind.OWNER_LOST) == ["revoked"]
    again.after(10)
    assert again.reasons(FactKind.ESCALATED) == ["repeated"]
