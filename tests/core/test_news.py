"""Senders whose apps sleep hear how far their call has got; who is here, or was silent, not."""

from dataclasses import replace

import pytest

from dispatch.core import news, push
from dispatch.core.facts import FactKind
from dispatch.core.limits import NEWS_TTL_S
from dispatch.core.snapshot import freeze, thaw
from protocol.messages import Push
from protocol.vocabulary import Kind, Stage, Urgency
from tests.core.test_push import PUSHER, reachable
from tests.core.town import BOOT, MIDDLE, Town, residents


def called(*, kind: Kind = Kind.PANIC, sleeps: bool = True) -> tuple[Town, str]:
    """A town where Ana, who can be woken, has called, and sleeps again; two patrols are awake."""
    town = Town([*residents(), PUSHER])
    for name in ("ana", "beto"):
        town.handle(reachable(town.city.registry.devices[name]))
    town.connect("push", "ana", "patrol-1", "patrol-2")
    alert = town.press("ana", at=MIDDLE, kind=kind)
    if sleeps:
        town.disconnect("ana")
    return town, alert


def told(town: Town) -> list[tuple[str, Stage | None]]:
    return [(order.device_id, order.stage) for order in town.got("push", Push)]


def test_whoever_called_and_sleeps_hears_that_somebody_comes_is_there_and_was():
    town, alert = called()
    assert told(town) == []
    town.accept("patrol-1", alert, eta_s=60)
    town.accept("patrol-1", alert, eta_s=90)
    town.arrive("patrol-1", alert)
    town.close("patrol-1", alert)
    town.after(600)
    stages = [Stage.ACCEPTED, Stage.ON_SCENE, Stage.CLOSED]
    assert told(town) == [("ana", stage) for stage in stages]
    assert {order.alert_id for order in town.got("push", Push)} == {alert}
    assert {order.ttl_s for order in town.got("push", Push)} == {NEWS_TTL_S}
    assert town.reasons(FactKind.PUSHED) == ["news"] * 3


def test_whoever_is_here_is_told_by_its_receipts_alone():
    town, alert = called(sleeps=False)
    town.accept("patrol-1", alert)
    assert told(town) == []
    town.disconnect("ana")
    town.after(5)
    assert told(town) == [], "it has heard that already"
    town.arrive("patrol-1", alert)
    assert told(town) == [("ana", Stage.ON_SCENE)]


def test_a_silent_press_is_not_given_away_by_a_telephone_that_lights_up():
    town, alert = called(kind=Kind.SILENT)
    town.accept("patrol-1", alert)
    town.close("patrol-1", alert)
    assert told(town) == []


def test_nobody_is_left_to_believe_that_somebody_comes():
    town, alert = called()
    town.accept("patrol-1", alert)
    town.duty("patrol-1", on_duty=False)
    town.accept("patrol-2", alert)
    known = [stage for _, stage in told(town)]
    assert known == [Stage.ACCEPTED, Stage.RECEIVED, Stage.ACCEPTED]


def test_everyone_who_called_is_told_and_nobody_else():
    town, alert = called()
    town.connect("beto")
    town.press("beto", at=(1_510.0, 1_500.0))
    town.disconnect("beto")
    assert town.alert(alert).last_press_of.keys() == {"ana", "beto"}
    town.accept("patrol-1", alert)
    assert sorted(told(town)) == [("ana", Stage.ACCEPTED), ("beto", Stage.ACCEPTED)]


def test_without_an_address_or_once_revoked_nobody_is_told():
    town, alert = called()
    ana = town.city.registry.devices["ana"]
    town.handle(replace(ana, revoked=True))
    town.accept("patrol-1", alert)
    town.handle(replace(ana, push=()))
    town.arrive("patrol-1", alert)
    assert told(town) == []


def test_it_counts_as_nothing():
    town, alert = called()
    before = town.alert(alert)
    counted = (dict(before.delivered), before.stages.delivered_at_ms, dict(before.pushed))
    town.accept("patrol-1", alert)
    after = town.alert(alert)
    assert (after.delivered, after.stages.delivered_at_ms, after.pushed) == counted


def test_a_drill_says_so():
    town, alert = called(kind=Kind.TEST)
    town.accept("patrol-1", alert)
    assert {order.urgency for order in town.got("push", Push)} == {Urgency.LOW}


def test_while_the_push_side_is_away_it_is_owed_and_a_restart_forgets_nothing():
    town, alert = called()
    town.disconnect("push")
    town.accept("patrol-1", alert)
    assert town.alert(alert).news is None
    town.connect("push")
    assert told(town) == [("ana", Stage.ACCEPTED)]
    thawed = thaw(freeze(town.alert(alert), town.now, BOOT), town.now, BOOT)
    assert thawed.news is Stage.ACCEPTED


def test_a_bug_in_it_loses_no_answer(monkeypatch: pytest.MonkeyPatch):
    town, alert = called()

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(push, "tell_senders", fail)
    with pytest.raises(ZeroDivisionError):
        town.accept("patrol-1", alert)
    assert town.alert(alert).owner is not None
    assert town.alerts("patrol-2")[-1].owner is not None
    assert news.NEWS not in town.reasons(FactKind.PUSHED)
