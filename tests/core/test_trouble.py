"""Who is told what is wrong with the kit: all that is theirs, and not too much at once."""

from dispatch.core.limits import TROUBLES_SHOWN_MAX, TROUBLES_TOLD_BURST, TROUBLES_TOLD_PER_S
from dispatch.core.registry import Device, Front
from protocol.messages import Condition, Notice, Trouble, Welcome
from protocol.vocabulary import NoticeCode, Role, TroubleKind
from tests.core.town import Town, residents

MANY = 300


def city(count: int = MANY) -> Town:
    """A gateway with many panels, of which every other belongs to a front that Beto coordinates."""
    panels = [
        Device(
            f"panel-{number}",
            Role.BUTTON,
            f"Panel {number}",
            front_id="frente-2" if number % 2 else None,
            gateway_id="gateway",
        )
        for number in range(count)
    ]
    front = Front("frente-2", "Frente Dos", coordinator_id="beto")
    town = Town([*residents(), front, *panels])
    town.connect("gateway")
    return town


def power_cut(town: Town, count: int = MANY, present: bool = True) -> None:
    for number in range(count):
        town.say("gateway", Condition(TroubleKind.MAINS_LOST, present, f"panel-{number}"))


def shown(town: Town, who: str) -> list[str]:
    return [trouble.device_id for trouble in town.got(who, Trouble)]


def counts(town: Town, who: str) -> list[int | None]:
    return [each.count for each in town.got(who, Notice) if each.code is NoticeCode.TROUBLES]


def test_the_control_room_and_the_coordinator_are_told_and_nobody_else():
    town = city()
    town.connect("operator", "supervisor", "ana", "beto", "carla", "patrol-1", "wall", "siren")
    power_cut(town, 4)
    for who in ("operator", "supervisor"):
        assert shown(town, who) == [f"panel-{number}" for number in range(4)]
    assert shown(town, "beto") == ["panel-1", "panel-3"]
    for who in ("ana", "carla", "patrol-1", "wall", "siren", "gateway"):
        assert shown(town, who) == []
    trouble = town.got("beto", Trouble)[0]
    assert (trouble.device, trouble.front) == ("Panel 1", "Frente Dos")
    assert trouble.text.es == "Panel 1 (Frente Dos) está sin corriente."
    assert trouble.text.en == "Panel 1 (Frente Dos) has no mains power."


def test_whoever_is_off_duty_is_not_bothered():
    town = city()
    town.connect("operator", on_duty=False)
    power_cut(town, 2)
    assert shown(town, "operator") == []
    town.duty("operator", on_duty=True)
    assert shown(town, "operator") == ["panel-0", "panel-1"]


def test_whoever_comes_is_shown_the_newest_and_told_how_many_there_are():
    town = city()
    power_cut(town)
    town.connect("operator", "beto", "carla")
    newest = [f"panel-{number}" for number in range(MANY - TROUBLES_SHOWN_MAX, MANY)]
    assert shown(town, "operator") == newest
    assert counts(town, "operator") == [MANY]
    assert counts(town, "beto") == [MANY // 2]
    assert len(shown(town, "beto")) == TROUBLES_SHOWN_MAX
    assert shown(town, "carla") == []
    assert counts(town, "carla") == []
    kinds = [type(frame) for frame in town.frames["operator"]]
    assert kinds[0] is Trouble  # the welcome goes to the session
    assert town.frames["operator"][-1].code is NoticeCode.SYNCED
    assert Welcome not in kinds


def test_a_storm_reaches_the_control_room_at_its_pace_and_whole():
    town = city()
    town.connect("operator", "beto")
    power_cut(town)
    assert len(shown(town, "operator")) == TROUBLES_TOLD_BURST
    assert len(shown(town, "beto")) == MANY // 2, "a coordinator is told at once"
    for second in range(1, 4):
        town.after(1)
        told = TROUBLES_TOLD_BURST + second * TROUBLES_TOLD_PER_S
        assert len(shown(town, "operator")) == told
        assert len(counts(town, "operator")) == second
    town.after(60)
    assert sorted(shown(town, "operator")) == sorted(f"panel-{n}" for n in range(MANY))
    assert town.city.kit.tell_at_s is None


def test_what_was_over_before_it_was_told_is_not_told():
    town = city()
    town.connect("operator")
    power_cut(town)
    power_cut(town, present=False)
    town.after(60)
    per_device = {name: shown(town, "operator").count(name) for name in shown(town, "operator")}
    assert set(per_device.values()) == {2}
    assert len(per_device) == TROUBLES_TOLD_BURST


def test_when_nobody_is_there_nothing_is_held_back():
    town = city()
    town.connect("operator")
    power_cut(town)
    town.disconnect("operator")
    town.after(2)
    assert town.city.kit.untold == {}
    town.connect("operator")
    assert counts(town, "operator") == [MANY]
