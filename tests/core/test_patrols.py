"""The control room sees which patrols there are and where, at its pace; nobody else does."""

from protocol.messages import Patrol, PositionReport
from tests.core.town import MIDDLE, Town, fix


def watched() -> Town:
    town = Town()
    town.connect("operator", "patrol-1", "ana")
    return town


def test_whoever_watches_sees_patrols_come_and_go():
    town = watched()
    (came,) = town.got("operator", Patrol)
    assert (came.device_id, came.quadrant, came.on_call) == ("patrol-1", "B2", True)
    assert (came.position, came.at_ms) == (None, None)
    town.duty("patrol-1", on_duty=False)
    town.duty("patrol-1", on_duty=True)
    assert [each.on_call for each in town.got("operator", Patrol)] == [True, False, True]
    assert town.got("patrol-1", Patrol) == town.got("ana", Patrol) == []


def test_where_it_is_is_told_at_a_pace_that_no_patrol_can_hurry():
    town = watched()
    town.forget_frames()
    for _ in range(10):
        town.say("patrol-1", PositionReport(fix(MIDDLE)))
    (shown,) = town.got("operator", Patrol)
    assert shown.position == fix(MIDDLE)
    town.after(5)
    town.say("patrol-1", PositionReport(fix(MIDDLE)))
    assert len(town.got("operator", Patrol)) == 2


def test_off_duty_nobody_is_followed():
    town = watched()
    town.say("patrol-1", PositionReport(fix(MIDDLE)))
    town.duty("patrol-1", on_duty=False)
    town.after(5)
    town.say("patrol-1", PositionReport(fix(MIDDLE)))
    last = town.got("operator", Patrol)[-1]
    assert (last.on_call, last.position) == (False, None)


def test_a_room_that_comes_is_shown_all_that_can_be_called():
    town = Town()
    town.connect("patrol-1", "patrol-2", "patrol-east")
    town.say("patrol-1", PositionReport(fix(MIDDLE)))
    town.duty("patrol-2", on_duty=False)
    town.connect("operator")
    shown = {each.device_id: each.position for each in town.got("operator", Patrol)}
    assert shown == {"patrol-1": fix(MIDDLE), "patrol-east": None}
