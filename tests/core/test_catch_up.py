"""A control room that comes amid an emergency is shown all of it, and keeps no press waiting."""

import pytest

from dispatch.core import catch_up
from dispatch.core.deadlines import AT_ONCE_S
from dispatch.core.events import Tick
from dispatch.core.registry import Device
from protocol.messages import Notice
from protocol.vocabulary import NoticeCode, Role
from tests.core.town import Town, residents

SLICE = 3
ALERTS = 2 * SLICE + 1
CALLERS = [Device(f"app-{number}", Role.APP, "Vecina") for number in range(ALERTS + 1)]


@pytest.fixture
def town(monkeypatch: pytest.MonkeyPatch) -> Town:
    """So many open alerts, and nobody in the control room yet."""
    monkeypatch.setattr(catch_up, "CATCH_UP_SLICE", SLICE)
    town = Town([*residents(), *CALLERS])
    town.connect("patrol-1", *(each.device_id for each in CALLERS))
    for number in range(ALERTS):
        call(town, number)
    return town


def call(town: Town, number: int) -> str:
    return town.press(f"app-{number}", at=(100 + 300 * number, 1_500))


def shown(town: Town, device: str = "operator") -> list[str]:
    return [alert.alert_id for alert in town.alerts(device)]


def synced(town: Town) -> list[Notice]:
    return [each for each in town.got("operator", Notice) if each.code is NoticeCode.SYNCED]


def test_it_is_shown_a_slice_at_a_tick_and_then_told_that_it_was_all(town: Town) -> None:
    town.connect("operator")
    assert len(shown(town)) == SLICE
    for slices in (2, 3):
        assert not synced(town)
        assert town.dispatcher.next_deadline_s() == 0.0
        town.handle(Tick())
        assert len(shown(town)) == min(ALERTS, slices * SLICE)
    (told,) = synced(town)
    assert told.count == ALERTS
    assert town.frames["operator"][-1] is told
    assert shown(town) == [alert.alert_id for alert in town.city.board.open_alerts()]
    town.handle(Tick())
    assert len(synced(town)) == 1


def test_what_comes_and_ends_meanwhile_is_sent_as_always(town: Town) -> None:
    *_, last = (alert.alert_id for alert in town.city.board.open_alerts())
    town.connect("operator")
    new = call(town, ALERTS)
    assert new in shown(town), "a press waits for nobody to catch up"
    town.connect("supervisor")
    town.close("supervisor", last)
    ended = len(shown(town))
    town.after(0)
    assert last not in shown(town)[ended:], "it is over"
    (told,) = synced(town)
    assert told.count == ALERTS


def test_who_goes_off_duty_is_shown_no_more(town: Town) -> None:
    town.connect("operator")
    town.duty("operator", False)
    town.after(0)
    assert len(shown(town)) == SLICE
    assert len(synced(town)) == 1


def test_who_leaves_is_forgotten_and_begins_anew(town: Town) -> None:
    town.connect("operator")
    town.disconnect("operator")
    assert town.city.catching_up == {}
    town.connect("operator")
    town.after(0)
    assert len(shown(town)) == SLICE + ALERTS
    assert len(synced(town)) == 1


def test_who_is_shut_out_is_forgotten(town: Town) -> None:
    town.connect("operator")
    town.handle(Device("operator", Role.OPERATOR, "Sala 1", revoked=True))
    assert town.city.catching_up == {}


def test_all_who_come_have_their_turn(town: Town) -> None:
    town.connect("operator", "supervisor")
    town.handle(Tick())
    assert len(shown(town)) == 2 * SLICE
    assert len(shown(town, "supervisor")) == SLICE
    town.after(0)
    assert set(shown(town)) == set(shown(town, "supervisor"))


def test_what_time_changes_in_the_same_tick_is_never_shown_as_it_was(town: Town) -> None:
    town.connect("operator")
    next_one = [alert.alert_id for alert in town.city.board.open_alerts()][SLICE]
    town.mono_s += 60
    town.city.deadlines.remind(AT_ONCE_S, next_one)  # before all others, which are due as well
    town.handle(Tick())
    versions = [alert.version for alert in town.alerts("operator") if alert.alert_id == next_one]
    assert len(versions) > 1, "it was repeated, and shown"
    assert versions == sorted(versions)
