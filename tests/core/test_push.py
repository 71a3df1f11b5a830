from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.core import push
from dispatch.core.facts import FactKind
from dispatch.core.limits import PUSH_AFTER_S, PUSH_TTL_S
from dispatch.core.moment import Moment
from dispatch.core.registry import Device
from dispatch.core.snapshot import freeze, thaw
from protocol.messages import Push, PushTarget
from protocol.vocabulary import Kind, PushKind, Reach, Role, Urgency
from tests.core.town import BOOT, MIDDLE, Town, residents

PUSHER = Device("push", Role.PUSH, "Push")


def target(name: str) -> PushTarget:
    return PushTarget(PushKind.WEBPUSH, f"https://push.example/{name}", "p" * 87, "a" * 22)


def reachable(device: Device) -> Device:
    return replace(device, push=(target(device.device_id),))


def dozing(*asleep: str) -> Town:
    """A town with a push side, whose patrols can be woken; those named are on duty and gone."""
    able = {Role.PATROL, Role.OPERATOR, Role.SUPERVISOR}
    things = [
        reachable(each) if isinstance(each, Device) and each.role in able else each
        for each in residents()
    ]
    town = Town([*things, PUSHER])
    town.connect("push", "ana", *asleep)
    for each in asleep:
        town.disconnect(each)
    return town


def pushes(town: Town) -> list[str]:
    return [order.device_id for order in town.got("push", Push)]


def test_whoever_is_called_and_not_here_is_pushed_to_at_once_beside_the_fan_out():
    town = dozing("patrol-2", "patrol-far", "operator")
    town.connect("patrol-1")
    alert = town.press("ana", at=MIDDLE)
    assert pushes(town) == ["patrol-2"]
    assert town.alerts("patrol-1")
    (order,) = town.got("push", Push)
    assert (order.alert_id, order.ttl_s, order.urgency) == (alert, PUSH_TTL_S, Urgency.NORMAL)
    assert order.targets == (target("patrol-2"),)
    assert town.reasons(FactKind.PUSHED) == ["absent"]


def test_a_push_says_neither_who_calls_nor_where_nor_why():
    of_whom = {"alert_id", "device_id", "urgency", "ttl_s", "targets"}
    assert set(Push.__struct_fields__) == of_whom | {"stage"}


def test_a_push_is_no_delivery_and_puts_nobody_within_reach():
    town = dozing("patrol-1", "patrol-2")
    alert = town.press("ana", at=MIDDLE)
    assert sorted(pushes(town)) == ["patrol-1", "patrol-2"]
    assert not town.alert(alert).delivered
    assert town.receipts("ana")[-1].delivered_to == 0
    assert town.receipts("ana")[-1].reach is Reach.NONE_CONNECTED


def test_who_is_here_has_a_while_to_show_it_and_is_pushed_to_only_then():
    town = dozing()
    town.connect("patrol-1", "patrol-2")
    alert = town.press("ana", at=MIDDLE)
    town.delivered("patrol-1", alert)
    town.after(PUSH_AFTER_S - 0.1)
    assert pushes(town) == []
    town.after(0.1)
    assert pushes(town) == ["patrol-2"]
    assert town.reasons(FactKind.PUSHED) == ["unconfirmed"]
    town.after(5)
    assert pushes(town) == ["patrol-2"]


def test_each_step_of_escalation_pushes_once_more_and_to_whomever_it_calls():
    town = dozing("patrol-1", "patrol-east", "operator", "supervisor")
    town.connect("patrol-2")
    alert = town.press("ana", at=MIDDLE)
    town.delivered("patrol-2", alert)
    assert pushes(town) == ["patrol-1"]
    town.frames.clear()
    town.after(11)
    assert pushes(town) == ["patrol-1"]
    town.frames.clear()
    town.after(10)
    assert sorted(pushes(town)) == ["operator", "patrol-1", "patrol-east"]
    town.frames.clear()
    town.after(20)
    assert "supervisor" in pushes(town)


def test_once_somebody_comes_nobody_is_pushed_to():
    town = dozing()
    town.connect("patrol-1", "patrol-2")
    alert = town.press("ana", at=MIDDLE)
    town.accept("patrol-1", alert)
    town.after(60)
    assert pushes(town) == []


def test_an_alert_that_ended_pushes_to_nobody():
    town = dozing()
    town.connect("patrol-1", "patrol-2")
    alert = town.press("ana", at=MIDDLE)
    town.accept("patrol-1", alert)
    town.duty("patrol-1", on_duty=False)  # everyone is called again
    town.accept("patrol-2", alert)
    town.close("patrol-2", alert)
    town.after(600)
    assert pushes(town) == []
    assert town.alert(alert).due_s is None


@pytest.mark.parametrize("who", ["patrol-1", "operator"])
def test_whoever_went_off_duty_is_not_woken(who: str):
    town = dozing()
    town.connect(who, on_duty=True)
    town.duty(who, on_duty=False)
    town.disconnect(who)
    town.press("ana", at=MIDDLE)
    town.after(60)
    assert who not in pushes(town)


def test_without_a_push_side_nothing_is_said_and_it_is_made_up_for_when_it_is_back():
    town = dozing("patrol-2")
    town.disconnect("push")
    alert = town.press("ana", at=MIDDLE)
    town.after(5)
    assert not town.alert(alert).pushed
    town.connect("push")
    town.after(PUSH_AFTER_S)
    assert pushes(town) == ["patrol-2"]
    town.disconnect("push")
    town.connect("push")
    town.after(PUSH_AFTER_S)
    assert pushes(town) == ["patrol-2"], "in one step, once"


def test_a_restart_goes_on_with_the_deadline():
    town = dozing()
    town.connect("patrol-1")
    alert = town.alert(town.press("ana", at=MIDDLE))
    later = Moment(50.0, town.now.wall_ms)
    thawed = thaw(freeze(alert, town.now, BOOT), later, "another boot")
    assert thawed.push_at_s == 50.0 + PUSH_AFTER_S
    assert thawed.pushed == alert.pushed


def test_a_bug_in_it_loses_no_press_and_is_not_met_for_ever(monkeypatch: pytest.MonkeyPatch):
    town = dozing("patrol-2")
    town.connect("patrol-1")

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(push, "_called", fail)
    with pytest.raises(ZeroDivisionError):
        town.press("ana", at=MIDDLE)
    assert town.alerts("patrol-1")
    assert town.lines, "it is kept as well"
    town.after(5)


def test_a_drill_is_pushed_as_one():
    town = dozing("patrol-1")
    town.press("ana", at=MIDDLE, kind=Kind.TEST)
    assert [order.urgency for order in town.got("push", Push)] == [Urgency.LOW]


patrols = st.lists(
    st.tuples(st.booleans(), st.booleans(), st.booleans(), st.booleans()), min_size=1, max_size=8
)


@given(patrols)
@settings(max_examples=150)
def test_who_is_here_and_shows_it_is_never_pushed_to_and_everyone_else_once_a_step(patrols):
    devices = [
        reachable(Device(f"p-{number}", Role.PATROL, "P", quadrant="B2"))
        if can_be_woken
        else Device(f"p-{number}", Role.PATROL, "P", quadrant="B2")
        for number, (can_be_woken, *_) in enumerate(patrols)
    ]
    town = Town([*devices, Device("ana", Role.APP, "Ana"), PUSHER])
    town.connect("push", "ana")
    for device, (_, on_duty, is_here, _) in zip(devices, patrols, strict=True):
        town.connect(device.device_id, on_duty=on_duty)
        if not is_here:
            town.disconnect(device.device_id)
    alert = town.press("ana", at=MIDDLE)
    for device, (_, on_duty, is_here, shows_it) in zip(devices, patrols, strict=True):
        if on_duty and is_here and shows_it:
            town.delivered(device.device_id, alert)
    expected = sorted(
        device.device_id
        for device, (can_be_woken, on_duty, is_here, shows_it) in zip(devices, patrols, strict=True)
        if can_be_woken and on_duty and not (is_here and shows_it)
    )
    for _ in range(2):  # the press, and the first step of escalation
        town.after(PUSH_AFTER_S)
        assert sorted(pushes(town)) == expected
        town.frames.clear()
        town.after(10 - PUSH_AFTER_S)
        if pushes(town):  # those who are not here are pushed to as the next step begins
            assert set(pushes(town)) <= set(expected)
