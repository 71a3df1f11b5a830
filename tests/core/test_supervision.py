"""Silence is noticed in time, and nothing is said of a device that nobody could hear."""

from dataclasses import replace

import pytest

from dispatch.core import supervision
from dispatch.core.dispatcher import Dispatcher
from dispatch.core.effects import Append
from dispatch.core.events import KeepAgain, Tick, TokenKept
from dispatch.core.facts import FactKind
from dispatch.core.limits import DEVICES_PER_TICK, SEEN_KEPT_EVERY_S, SELF_TEST_EVERY_S
from dispatch.core.registry import Device, Registry, Removed, heartbeat_s
from dispatch.core.snapshot import thaw_device
from protocol.messages import Condition, Contact, Seen, Trouble
from protocol.vocabulary import ErrorCode, Kind, Role, TroubleKind
from tests.core.town import BOOT, LOCATOR, Town, residents

TOKEN = b"t" * 32


def town_with(*more: Device) -> Town:
    """The town, its gateway and its operator there, its panel heard from once."""
    town = Town([*residents(), *more])
    town.connect("operator", "gateway")
    hear(town, "panel")
    return town


def hear(town: Town, *names: str, battery: int | None = None, tested: bool = False) -> None:
    town.say("gateway", Contact(tuple(Seen(name, battery, tested) for name in names)))


def ill(town: Town, kind: TroubleKind, present: bool = True, name: str = "panel") -> None:
    town.say("gateway", Condition(kind, present, name))


def told(town: Town, who: str = "operator") -> list[tuple[str, str, bool]]:
    """What a screen was told: of which device, what, and whether it is over."""
    return [
        (trouble.device_id, trouble.kind, trouble.closed_at_ms is not None)
        for trouble in town.got(who, Trouble)
    ]


def interval_s(town: Town, name: str) -> int:
    return heartbeat_s(town.city.registry.devices[name])


def restarted(town: Town, things: list | None = None) -> Town:
    """Another run of the core, from what the journal was given."""
    newest = {
        entry.device_id: entry
        for append in town.lines
        for entry in append.entries
        if entry.alert_id is None and entry.state is not None
    }
    again = Town([])
    again.mono_s = town.mono_s
    known = list(town.city.registry.devices.values()) if things is None else things
    again.dispatcher = Dispatcher(Registry(LOCATOR, [*residents(), *known]), BOOT)
    again.city = again.dispatcher.city
    kept = [entry for entry in newest.values() if entry.is_open]
    kit = [thaw_device(entry.state or b"", again.now, BOOT) for entry in kept]
    again.dispatcher.supervise(kit, again.now)
    return again


def test_silence_is_noticed_within_twice_the_interval_and_told_once_until_it_ends():
    town = town_with()
    town.after(interval_s(town, "panel"))
    assert told(town) == []
    town.after(interval_s(town, "panel") - 1)
    assert told(town) == [("panel", "missing", False)]
    town.after(10_000)
    assert told(town) == [("panel", "missing", False)]
    hear(town, "panel")
    hear(town, "panel")
    assert told(town) == [("panel", "missing", False), ("panel", "missing", True)]
    first, last = town.got("operator", Trouble)
    assert first.trouble_id == last.trouble_id
    assert first.last_seen_ms == first.opened_at_ms - 162_000
    assert town.reasons(FactKind.TROUBLE_OPENED) == ["missing"]
    assert town.reasons(FactKind.TROUBLE_CLOSED) == ["missing"]


def test_who_is_heard_from_is_looked_at_once_an_interval_however_often_that_is():
    town = town_with()
    reminded = town.city.kit.deadlines.reminder_s("panel")
    for _ in range(50):
        hear(town, "panel")
        town.after(1)
    assert town.city.kit.deadlines.reminder_s("panel") == reminded
    for _ in range(200):
        hear(town, "panel")
        town.after(60)
    assert told(town) == []


def test_what_is_neither_enrolled_nor_wired_nor_was_ever_heard_from_is_not_installed_yet():
    town = Town()
    town.connect("operator", "gateway")
    town.after(100_000)
    assert told(town) == []
    assert set(town.city.kit.watched) == {"gateway"}


@pytest.mark.parametrize("how", ["at the start", "by a change"])
def test_what_is_wired_and_never_answers_is_missing_until_it_does(how: str):
    town = Town()
    town.connect("operator", "gateway")
    camera = replace(town.city.registry.devices["camera"], wiring=b"box")
    if how == "by a change":
        town.handle(camera)
    else:
        town.city.registry.apply(camera)
        town.dispatcher.supervise([], town.now)
    town.after(interval_s(town, "camera"))
    assert told(town) == []
    town.after(interval_s(town, "camera"))
    assert told(town) == [("camera", "missing", False)]
    (never,) = town.got("operator", Trouble)
    assert never.last_seen_ms is None
    assert never.text.en == "Cámara 1 (Frente El Prado) was never heard from."
    hear(town, "camera")
    assert told(town)[1:] == [("camera", "missing", True)]


def test_what_never_answered_and_is_taken_down_is_missed_no_longer():
    town = Town()
    town.connect("operator", "gateway")
    camera = town.city.registry.devices["camera"]
    town.handle(replace(camera, wiring=b"box"))
    town.after(2 * interval_s(town, "camera"))
    town.handle(camera)
    assert told(town) == [("camera", "missing", False), ("camera", "missing", True)]
    assert "camera" not in town.city.kit.watched


@pytest.mark.parametrize("how", ["at the start", "by a change", "by its code"])
def test_what_is_enrolled_and_never_comes_is_missing(how: str):
    town = Town()
    town.connect("operator")
    wall = town.city.registry.devices["wall"]
    if how == "by its code":
        town.handle(TokenKept("wall", TOKEN))
    elif how == "by a change":
        town.handle(replace(wall, token_hash=TOKEN))
    else:
        town.city.registry.apply(replace(wall, token_hash=TOKEN))
        town.dispatcher.supervise([], town.now)
    town.after(2 * interval_s(town, "wall"))
    assert told(town) == [("wall", "missing", False)]


def test_a_session_is_proof_of_life_for_as_long_as_it_lasts():
    town = Town()
    town.connect("operator", "siren")
    town.after(50_000)
    town.disconnect("siren")
    town.after(interval_s(town, "siren"))
    assert told(town) == []
    town.after(interval_s(town, "siren"))
    assert told(town) == [("siren", "missing", False)]
    town.connect("siren")
    assert told(town)[-1] == ("siren", "missing", True)


def test_while_a_gateway_is_away_it_alone_is_missing_and_then_its_devices_have_an_interval():
    more = [Device(f"panel-{n}", Role.BUTTON, "P", gateway_id="gateway") for n in range(60)]
    town = town_with(*more)
    hear(town, *(device.device_id for device in more))
    town.disconnect("gateway")
    town.after(5_000)
    assert told(town) == [("gateway", "missing", False)]
    town.connect("gateway")
    town.after(interval_s(town, "panel"))
    hear(town, "panel-7")
    town.after(interval_s(town, "panel") - 1)
    missing = {name for name, kind, is_over in told(town) if not is_over} - {"gateway"}
    assert missing == {"panel", *(device.device_id for device in more)} - {"panel-7"}


def test_a_gateway_that_is_revoked_excuses_nobody():
    town = town_with()
    gateway = town.city.registry.devices["gateway"]
    town.handle(replace(gateway, revoked=True))
    town.after(2 * interval_s(town, "panel"))
    assert told(town) == [("panel", "missing", False)]


def test_a_handheld_is_missing_while_it_is_on_duty_and_away():
    town = Town()
    town.connect("operator", "patrol-1", "patrol-2")
    town.duty("patrol-2", on_duty=False)
    town.disconnect("patrol-1")
    town.disconnect("patrol-2")
    town.after(2 * interval_s(town, "patrol-1"))
    assert told(town) == [("patrol-1", "missing", False)]
    town.connect("patrol-1", on_duty=False)
    town.disconnect("patrol-1")
    town.after(10_000)
    assert told(town)[1:] == [("patrol-1", "missing", True)]


def test_a_gateway_speaks_for_its_own_devices_only():
    town = town_with(Device("strange", Role.BUTTON, "S", gateway_id="other"))
    town.forget_frames()
    hear(town, "strange", "wall", "nobody", "panel")
    assert town.errors("gateway") == [ErrorCode.NOT_ALLOWED]
    assert town.reasons(FactKind.DENIED) == ["not_behind_gateway"]
    assert set(town.city.kit.watched) == {"gateway", "panel"}
    ill(town, TroubleKind.TAMPER, name="strange")
    assert town.reasons(FactKind.DENIED) == ["not_behind_gateway"] * 2
    assert told(town) == []


def test_a_device_says_that_it_is_ill_and_well_again_each_once():
    town = town_with()
    for present in (False, True, True, False, False, True):
        ill(town, TroubleKind.MAINS_LOST, present)
    lost, back = ("panel", "mains_lost", False), ("panel", "mains_lost", True)
    assert told(town) == [lost, back, lost]
    town.connect("siren")
    town.say("siren", Condition(TroubleKind.FAULT, present=True))
    town.say("gateway", Condition(TroubleKind.TAMPER, present=True))
    assert told(town)[3:] == [("siren", "fault", False), ("gateway", "tamper", False)]


@pytest.mark.parametrize("kind", sorted(supervision.JUDGED_HERE))
def test_nobody_says_of_itself_what_is_judged_here(kind: TroubleKind):
    town = town_with()
    ill(town, kind)
    assert town.reasons(FactKind.DENIED) == ["judged_here"]
    assert told(town) == []


def test_a_battery_on_the_brink_does_not_flutter():
    town = town_with()
    for percent in (100, 25, 20, 21, 29, 19, 25, 30, 29, 21):
        hear(town, "panel", battery=percent)
    assert told(town) == [("panel", "low_battery", False), ("panel", "low_battery", True)]
    assert [trouble.battery_percent for trouble in town.got("operator", Trouble)] == [20, 30]


@pytest.mark.parametrize("how", ["its own press", "its gateway's press", "a report"])
def test_a_button_is_to_be_tested_every_week(how: str):
    town = town_with()
    name = "wall" if how == "its own press" else "panel"
    town.connect("wall")

    def test_it(kind: Kind) -> None:
        if name == "wall":
            town.press("wall", kind=kind)
        elif how == "a report":
            hear(town, "panel", tested=kind is Kind.TEST)
        else:
            town.press("gateway", kind=kind, source="panel")

    def live(seconds: float) -> None:
        for _ in range(int(seconds // 3_000)):
            town.mono_s += 3_000
            hear(town, "panel")
        town.after(200)

    def due() -> list[tuple[str, str, bool]]:
        return [each for each in told(town) if each[:2] == (name, "self_test_due")]

    live(SELF_TEST_EVERY_S / 2)
    test_it(Kind.PANIC)
    test_it(Kind.TEST)
    live(SELF_TEST_EVERY_S - 4_000)
    assert due() == []
    live(8_000)
    assert due() == [(name, "self_test_due", False)]
    test_it(Kind.PANIC)
    assert len(due()) == 1
    test_it(Kind.TEST)
    assert due()[1:] == [(name, "self_test_due", True)]


@pytest.mark.parametrize("how", ["revoked", "removed", "another"])
def test_what_is_wrong_with_a_device_ends_with_it(how: str):
    town = town_with()
    ill(town, TroubleKind.TAMPER)
    panel = town.city.registry.devices["panel"]
    match how:
        case "revoked":
            town.handle(replace(panel, revoked=True))
        case "removed":
            town.handle(Removed(Device, "panel"))
        case _:
            town.handle(replace(panel, role=Role.APP))
    assert told(town) == [("panel", "tamper", False), ("panel", "tamper", True)]
    assert town.got("operator", Trouble)[-1].device == "Panel"
    last = [entry for append in town.lines for entry in append.entries if entry.state][-1]
    assert (last.kind, last.is_open) == (FactKind.UNINSTALLED, False)
    town.after(10_000)
    assert len(told(town)) == 2


# --- over a restart -------------------------------------------------------------------------------


def test_a_restart_knows_what_is_wrong_and_gives_everyone_an_interval():
    town = town_with()
    ill(town, TroubleKind.TAMPER)
    town.after(30)
    again = restarted(town)
    again.connect("operator", "gateway")
    assert told(again) == [("panel", "tamper", False)]
    again.after(interval_s(town, "panel"))
    assert len(told(again)) == 1
    again.after(interval_s(town, "panel"))
    assert told(again)[1:] == [("panel", "missing", False)]
    third = restarted(again)
    third.connect("operator", "gateway")
    ill(third, TroubleKind.TAMPER)
    hear(third, "panel")
    tamper, missing = ("panel", "tamper", False), ("panel", "missing", False)
    assert told(third) == [tamper, missing, ("panel", "missing", True)]


def test_a_week_goes_on_over_a_restart():
    town = town_with()
    town.mono_s += SELF_TEST_EVERY_S - 100
    again = restarted(town)
    again.connect("operator", "gateway")
    hear(again, "panel")
    again.after(170)
    assert ("panel", "self_test_due", False) in told(again)


def test_what_was_revoked_meanwhile_is_well():
    town = town_with()
    ill(town, TroubleKind.TAMPER)
    panel = town.city.registry.devices["panel"]
    again = restarted(town, [replace(panel, revoked=True)])
    again.connect("operator")
    again.forget_frames()
    again.after(1)
    assert told(again) == [("panel", "tamper", True)]
    assert restarted(again).city.kit.watched == {}


# --- what it costs --------------------------------------------------------------------------------


def test_a_city_that_falls_silent_is_looked_at_some_devices_at_a_time():
    more = [Device(f"p{n}", Role.BUTTON, "P", gateway_id="gateway") for n in range(200)]
    town = town_with(*more)
    for device in more:
        hear(town, device.device_id)
    town.mono_s += 2 * interval_s(town, "panel") - 16
    before = town.city.kit.open_count
    for _ in range(3):
        supervision.pass_time(town.city, town.now)
        assert town.city.kit.open_count - before <= DEVICES_PER_TICK
        before = town.city.kit.open_count
    town.after(10)
    assert town.city.kit.open_by_kind[TroubleKind.MISSING] == 201


def test_a_core_that_stood_still_could_hear_nobody():
    town = town_with()
    town.mono_s += 10_000
    town.after(interval_s(town, "panel"))
    assert told(town) == []
    town.after(interval_s(town, "panel"))
    assert told(town) == [("panel", "missing", False)]


def test_a_change_in_the_registry_excuses_nobody_s_silence():
    town = town_with()
    town.connect("patrol-1")
    for _ in range(6):
        town.after(interval_s(town, "patrol-1") / 2)
        hear(town, "panel")
    for _ in range(4):  # a handheld that has been there for long is entered anew, now and then
        town.after(interval_s(town, "panel") / 2)
        town.handle(replace(town.city.registry.devices["patrol-1"], name="Patrulla 1"))
    assert told(town) == [("panel", "missing", False)]


def test_an_alert_does_not_wait_for_the_kit():
    town = Town([*residents(), *(Device(f"s{n}", Role.SIREN, "S") for n in range(100))])
    town.connect("patrol-1", "ana", *(f"s{n}" for n in range(100)))
    for number in range(100):
        town.disconnect(f"s{number}")
    town.after(150)
    alert = town.press("ana")
    town.mono_s += 12.5
    town.handle(Tick())
    assert (town.alert(alert).rounds, town.city.kit.open_count) == (1, 0)
    town.handle(Tick())
    assert 0 < town.city.kit.open_count <= DEVICES_PER_TICK


def test_the_journal_is_given_what_is_known_now_and_then():
    town = town_with()
    lines = len(town.lines)

    def entries() -> int:
        return sum(
            isinstance(line, Append) and line.entries[0].kind is FactKind.SEEN
            for line in town.lines[lines:]
        )

    for _ in range(int(4 * SEEN_KEPT_EVERY_S / 100)):
        hear(town, "panel")
        town.after(100)
    assert 2 * 3 <= entries() <= 2 * 4  # the panel and its gateway
    town.after(10_000)
    before = entries()
    town.disconnect("gateway")
    town.after(10 * SEEN_KEPT_EVERY_S)
    assert entries() <= before + 1, "nothing is new of what is not heard from"


def test_what_the_disk_refused_is_given_again():
    town = town_with()
    effects = town.handle(KeepAgain((), ("panel", "nobody")))
    (append,) = effects
    assert isinstance(append, Append)
    assert [entry.device_id for entry in append.entries] == ["panel"]


def test_a_press_of_a_telephone_costs_the_kit_nothing():
    town = Town()
    town.connect("ana")
    town.press("ana")
    assert town.city.kit.watched == {}
