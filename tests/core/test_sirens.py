"""Sirens sound for whom they should, never for a silent press, and always fall silent again."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from dispatch.core.events import Connected
from dispatch.core.facts import FactKind
from dispatch.core.limits import SIREN_ANSWER_S, SIREN_GRACE_S, UPDATE_INTERVAL_S
from dispatch.core.registry import Device, SirenTests
from dispatch.core.sirens import FOR_S, TRANSITIONS, SirenEvent, is_test_window
from dispatch.core.snapshot import freeze, thaw
from protocol.messages import Command, Siren
from protocol.vocabulary import Action, AlertState, ErrorCode, Kind, Outcome, Role, SirenState
from tests.core.town import BOOT, FRONT, MIDDLE, NOON_MS, Town

SOUND, SILENCE = Action.SOUND, Action.SILENCE
ASKED, SOUNDING, SILENT = SirenState.ASKED, SirenState.SOUNDING, SirenState.SILENT
FAILED, UNREACHABLE = SirenState.FAILED, SirenState.UNREACHABLE


def town_with(*devices: str) -> Town:
    town = Town()
    town.connect("patrol-1", "carla", "ana", *devices)
    return town


def states(town: Town, alert: str) -> dict[str, SirenState]:
    return {siren: sounding.state for siren, sounding in town.alert(alert).sirens.items()}


# --- who sounds -----------------------------------------------------------------------------------


def test_a_press_of_a_front_sounds_its_sirens_after_everyone_else_was_told():
    town = town_with("siren", "gateway")
    alert = town.press("carla", at=MIDDLE)
    assert town.commands("siren") == [Command(action=SOUND, alert_id=alert, for_s=120)]
    assert town.commands("gateway", SOUND) == [
        Command(action=SOUND, alert_id=alert, device_id="relay", for_s=120)
    ]
    assert states(town, alert) == {"siren": ASKED, "relay": ASKED}


@pytest.mark.parametrize("kind", Kind)
def test_each_kind_sounds_as_its_policy_says(kind):
    town = town_with("siren")
    town.press("carla", at=MIDDLE, kind=kind)
    expected = [] if kind is Kind.TEST or FOR_S[kind] is None else [FOR_S[kind]]
    assert [command.for_s for command in town.commands("siren")] == expected


def test_a_silent_press_sounds_nothing_and_no_member_hears_of_it():
    assert FOR_S[Kind.SILENT] is None
    town = town_with("siren", "gateway")
    alert = town.press("carla", at=MIDDLE, kind=Kind.SILENT)
    town.press("ana", at=MIDDLE)  # aloud, but the alert is a silent one
    town.press("wall")
    assert town.commands("siren") == town.commands("gateway", SOUND) == []
    assert states(town, alert) == {}
    assert town.got("carla", Siren) == []


def test_a_member_who_comes_while_a_siren_sounds_is_told_so_and_for_whom():
    town = town_with("siren")
    town.handle(Device("dora", Role.APP, "Teléfono de Dora", front_id="frente-1"))
    town.handle(Device("elsa", Role.APP, "Teléfono de Elsa", front_id="otro"))
    alert = town.press("carla", at=MIDDLE)
    town.connect("dora")
    assert town.got("dora", Siren) == []  # nobody has heard it yet
    town.sounded("siren", alert, SOUNDING)
    told = town.got("dora", Siren)
    town.connect("dora", "elsa")
    assert town.got("dora", Siren) == told * 2
    assert (told[0].state, told[0].by) == (SOUNDING, "Carla Mora")
    assert town.got("elsa", Siren) == []
    town.sounded("siren", alert, SILENT)
    town.forget_frames()
    town.connect("dora")
    assert town.got("dora", Siren) == []


def test_whoever_has_no_front_sounds_nothing():
    town = town_with("siren")
    town.press("ana", at=MIDDLE)
    assert town.commands("siren") == []


def test_the_front_of_whoever_corroborates_an_alert_without_one_sounds():
    town = town_with("siren")
    alert = town.press("ana", at=MIDDLE)
    town.press("carla", at=MIDDLE)
    assert [command.alert_id for command in town.commands("siren")] == [alert]
    town.after(UPDATE_INTERVAL_S)
    assert town.alerts("patrol-1")[-1].front.front_id == FRONT.front_id


def test_but_not_for_one_who_does_so_in_silence():
    town = town_with("siren", "gateway")
    town.press("ana", at=MIDDLE)
    town.press("carla", at=MIDDLE, kind=Kind.SILENT)
    assert town.commands("siren") == []
    assert len(town.commands("gateway", Action.LOOK)) == 1


def test_what_is_folded_in_does_not_sound_it_again():
    town = town_with("siren")
    alert = town.press("carla", at=MIDDLE)
    town.sounded("siren", alert, SOUNDING)
    town.press("carla", at=MIDDLE)
    town.press("wall")
    town.after(125)
    town.press("wall")
    assert len(town.commands("siren")) == 1


# --- tests ----------------------------------------------------------------------------------------


def test_a_test_sounds_it_briefly_within_the_window_of_the_front():
    town = town_with("siren")
    minute = NOON_MS // 60_000 - 5 * 60 + 3 * 24 * 60
    town.handle(replace(FRONT, siren_tests=SirenTests(minute % 10_080, 15)))
    town.press("carla", at=MIDDLE, kind=Kind.TEST)
    assert [command.for_s for command in town.commands("siren")] == [FOR_S[Kind.TEST]]


@pytest.mark.parametrize(
    ("utc", "is_within"),
    [
        ("2026-11-28T14:59:59", False),
        ("2026-11-28T15:00:00", True),  # Saturday, 10:00 in Colombia
        ("2026-11-28T15:14:59", True),
        ("2026-11-28T15:15:00", False),
        ("2026-11-27T15:05:00", False),
        ("2026-12-05T15:05:00", True),
    ],
)
def test_the_window_is_weekly_and_local(utc, is_within):
    wall_ms = round(datetime.fromisoformat(utc).replace(tzinfo=UTC).timestamp() * 1000)
    assert is_test_window(SirenTests((5 * 24 + 10) * 60, 15), wall_ms) is is_within
    assert not is_test_window(None, wall_ms)


def test_a_window_may_reach_into_the_next_week():
    monday_ms = 1_795_410_000_000 + 7 * 86_400_000  # 2026-11-30T05:00Z, 00:00 in Colombia
    window = SirenTests(10_080 - 5, 15)
    inside = [
        minute for minute in range(-8, 15) if is_test_window(window, monday_ms + minute * 60_000)
    ]
    assert inside == list(range(-5, 10))


# --- what they truly do ---------------------------------------------------------------------------


def test_the_patrol_sees_what_they_do_and_the_front_who_set_them_off():
    town = town_with("siren", "gateway")
    town.handle(Device("dora", Role.APP, "Teléfono de Dora", front_id="frente-1"))
    town.connect("dora")
    alert = town.press("carla", at=MIDDLE)
    town.sounded("siren", alert, SOUNDING)
    town.sounded("gateway", alert, FAILED, "relay")
    town.after(UPDATE_INTERVAL_S)
    shown = {siren.name: siren for siren in town.alerts("patrol-1")[-1].sirens}
    assert {name: siren.state for name, siren in shown.items()} == {
        "Sirena": SOUNDING,
        "Relé": FAILED,
    }
    assert shown["Sirena"].until_ms == NOON_MS + 120_000
    assert shown["Relé"].until_ms is None
    for member in ("carla", "dora"):
        (heard,) = town.got(member, Siren)
        assert (heard.device, heard.state, heard.by) == ("Sirena", SOUNDING, "Carla Mora")
        assert heard.text.es == "Sirena suena: la activó Carla Mora."
    assert town.got("ana", Siren) == []
    assert town.reasons(FactKind.SIREN) == [ASKED, ASKED, SOUNDING, FAILED]


def test_it_falls_silent_by_itself_and_says_so():
    town = town_with("siren")
    alert = town.press("carla", at=MIDDLE)
    town.sounded("siren", alert, SOUNDING)
    town.after(120)
    town.sounded("siren", alert, SILENT)
    town.after(UPDATE_INTERVAL_S)
    assert states(town, alert)["siren"] is SILENT
    assert town.alerts("patrol-1")[-1].sirens[0].until_ms is None
    assert [heard.state for heard in town.got("carla", Siren)] == [SOUNDING, SILENT]


def test_one_that_says_no_more_counts_as_silent_a_while_after_its_time():
    town = town_with("siren")
    alert = town.press("carla", at=MIDDLE)
    town.sounded("siren", alert, SOUNDING)
    town.disconnect("siren")
    town.after(120 + SIREN_GRACE_S - 0.1)
    assert states(town, alert)["siren"] is SOUNDING
    town.after(0.1)
    assert states(town, alert)["siren"] is SILENT


def test_one_that_nobody_can_reach_is_known_at_once():
    town = town_with()
    alert = town.press("carla", at=MIDDLE)
    assert states(town, alert) == {"siren": UNREACHABLE, "relay": UNREACHABLE}


def test_one_that_does_not_answer_is_unreachable():
    town = town_with("siren")
    alert = town.press("carla", at=MIDDLE)
    town.after(SIREN_ANSWER_S - 0.1)
    assert states(town, alert)["siren"] is ASKED
    town.after(0.1)
    assert states(town, alert)["siren"] is UNREACHABLE
    town.sounded("siren", alert, SOUNDING)  # late, and true
    assert states(town, alert)["siren"] is SOUNDING


def test_the_table_leaves_silent_for_good_and_every_state_can_be_reached():
    assert {state for _, state in TRANSITIONS.items()} == set(SirenState)
    assert not any(state is SILENT for state, _ in TRANSITIONS)
    assert {event for _, event in TRANSITIONS} == set(SirenEvent)


# --- being silenced -------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["patrol-1", "operator", "supervisor"])
def test_whoever_answers_or_the_control_room_silences_it(who):
    town = town_with("siren", "gateway", "operator", "supervisor")
    alert = town.press("carla", at=MIDDLE)
    town.sounded("siren", alert, SOUNDING)
    town.accept("patrol-1", alert)
    town.silence(who, alert)
    assert town.commands("siren", SILENCE) == [Command(action=SILENCE, alert_id=alert)]
    assert town.commands("gateway", SILENCE) == [
        Command(action=SILENCE, alert_id=alert, device_id="relay")
    ]
    assert states(town, alert)["siren"] is SOUNDING  # until it says so itself
    town.sounded("siren", alert, SILENT)
    assert states(town, alert)["siren"] is SILENT
    assert [fact.device_id for fact in town.facts if fact.kind is FactKind.SILENCED] == [who]
    town.silence(who, alert)
    assert len(town.commands("siren", SILENCE)) == 1
    assert len(town.reasons(FactKind.SILENCED)) == 1
    assert town.frames[who][-1].alert_id == alert  # confirmed by the alert that shows it


@pytest.mark.parametrize(
    ("who", "error"),
    [
        ("patrol-2", ErrorCode.NOT_OWNER),
        ("patrol-far", ErrorCode.UNKNOWN_ALERT),
        ("carla", ErrorCode.NOT_ALLOWED),
        ("siren", ErrorCode.NOT_ALLOWED),
    ],
)
def test_nobody_else_does(who, error):
    town = town_with("siren", "patrol-2", "patrol-far")
    alert = town.press("carla", at=MIDDLE)
    town.accept("patrol-1", alert)
    town.silence(who, alert)
    assert town.errors(who) == [error]
    assert town.commands("siren", SILENCE) == []


def test_an_alert_that_is_not_there_has_no_sirens():
    town = town_with("siren")
    town.silence("patrol-1", "01932f7a-5c00-7abc-8def-00000000dead")
    assert town.errors("patrol-1") == [ErrorCode.UNKNOWN_ALERT]


def test_closing_the_alert_silences_it():
    town = town_with("siren")
    alert = town.press("carla", at=MIDDLE)
    town.sounded("siren", alert, SOUNDING)
    town.accept("patrol-1", alert)
    town.close("patrol-1", alert)
    assert town.commands("siren")[-1].action is SILENCE
    shown = len(town.alerts("patrol-1"))
    town.sounded("siren", alert, SILENT)
    assert states(town, alert)["siren"] is SILENT
    assert [heard.state for heard in town.got("carla", Siren)] == [SOUNDING, SILENT]
    assert len(town.alerts("patrol-1")) == shown  # what is over is not shown again
    assert town.alert(alert).state is AlertState.CLOSED


def test_a_siren_sounds_on_for_another_alert_that_wants_it():
    town = town_with("siren")
    town.handle(Device("dora", Role.APP, "Dora", front_id="frente-1"))
    town.connect("dora", "operator")
    first = town.press("carla", at=MIDDLE)
    town.after(60)
    other = town.press("dora", at=(2_500, 2_500), kind=Kind.FIRE)
    town.sounded("siren", other, SOUNDING)
    assert [command.for_s for command in town.commands("siren", SOUND)] == [120, 180]
    assert states(town, first)["siren"] is SOUNDING  # it is heard in both
    town.after(10)
    town.silence("operator", first)
    assert town.commands("siren")[-1] == Command(action=SOUND, alert_id=other, for_s=170)
    town.close("operator", other)
    assert town.commands("siren")[-1] == Command(action=SILENCE, alert_id=other)


# --- who may say so -------------------------------------------------------------------------------


def test_a_siren_speaks_for_itself_and_a_gateway_for_those_behind_it():
    town = town_with("siren", "gateway")
    alert = town.press("carla", at=MIDDLE)
    town.sounded("gateway", alert, SOUNDING, "siren")
    town.sounded("gateway", alert, SOUNDING)
    assert town.errors("gateway") == [ErrorCode.NOT_ALLOWED] * 2
    assert town.reasons(FactKind.DENIED) == ["not_behind_gateway"] * 2
    town.sounded("siren", alert, SOUNDING, "relay")
    assert states(town, alert) == {"siren": SOUNDING, "relay": ASKED}


def test_what_a_siren_was_not_asked_about_is_refused():
    town = town_with("siren")
    alert = town.press("ana", at=MIDDLE)
    town.sounded("siren", alert, SOUNDING)
    town.sounded("siren", "01932f7a-5c00-7abc-8def-00000000dead", SOUNDING)
    assert town.errors("siren") == [ErrorCode.UNKNOWN_ALERT] * 2
    assert town.reasons(FactKind.DENIED) == ["not_your_alert", "unknown_alert"]


def test_what_is_said_twice_or_makes_no_sense_changes_nothing():
    town = town_with("siren")
    alert = town.press("carla", at=MIDDLE)
    town.sounded("siren", alert, SOUNDING)
    kept = len(town.lines)
    town.sounded("siren", alert, SOUNDING)
    town.sounded("siren", alert, ASKED)
    town.sounded("siren", alert, FAILED)
    assert len(town.lines) == kept
    assert states(town, alert)["siren"] is SOUNDING


# --- coming back ----------------------------------------------------------------------------------


def test_a_siren_that_comes_back_is_asked_for_the_time_that_is_left():
    town = town_with()
    alert = town.press("carla", at=MIDDLE)
    town.after(30)
    town.connect("siren")
    assert town.commands("siren") == [Command(action=SOUND, alert_id=alert, for_s=90)]
    assert states(town, alert)["siren"] is ASKED
    town.sounded("siren", alert, SOUNDING)
    town.connect("siren")
    assert town.commands("siren")[-1].for_s == 90
    assert states(town, alert)["siren"] is SOUNDING


def test_a_gateway_that_comes_back_is_asked_for_its_sirens_alone():
    town = town_with("siren")
    alert = town.press("carla", at=MIDDLE)
    town.connect("gateway")
    assert [command.device_id for command in town.commands("gateway", SOUND)] == ["relay"]
    assert len(town.commands("siren")) == 1
    assert states(town, alert)["relay"] is ASKED


def test_one_that_was_silenced_while_away_is_told_so():
    town = town_with("siren", "operator")
    alert = town.press("carla", at=MIDDLE)
    town.sounded("siren", alert, SOUNDING)
    town.disconnect("siren")
    town.close("operator", alert, Outcome.CANCELLED)
    town.connect("siren")
    assert [command.action for command in town.commands("siren")] == [SOUND, SILENCE]
    assert states(town, alert)["siren"] is SOUNDING
    town.sounded("siren", alert, SILENT)
    town.connect("siren")
    assert len(town.commands("siren")) == 2


def test_after_its_time_nothing_is_asked_any_more():
    town = town_with()
    town.press("carla", at=MIDDLE)
    town.after(130)
    town.connect("siren", "gateway")
    assert town.commands("siren") == town.commands("gateway", SOUND) == []


def test_a_crash_forgets_nothing_of_it():
    before = town_with("siren")
    alert = before.press("carla", at=MIDDLE)
    before.sounded("siren", alert, SOUNDING)
    state = freeze(before.alert(alert), before.now, BOOT)
    after = Town()
    after.mono_s = before.mono_s + 50
    after.dispatcher.restore([thaw(state, after.now, BOOT)])
    after.handle(Connected(9, "siren"))
    assert [command.for_s for command in after.commands("siren")] == [70]
    after.after(70 + SIREN_GRACE_S)
    assert states(after, alert)["siren"] is SILENT
    assert after.city.sounding == {}


def test_after_a_reboot_its_end_is_where_it_was():
    town = town_with("siren")
    alert = town.press("carla", at=MIDDLE)
    town.sounded("siren", alert, SOUNDING)
    state = freeze(town.alert(alert), town.now, BOOT)
    booted = town.now._replace(mono_s=7.0, wall_ms=town.now.wall_ms + 20_000)
    thawed = thaw(state, booted, "boot-2")
    assert thawed.sirens["siren"].until_s == pytest.approx(7.0 + 100)
    assert thawed.sirens_due_s == pytest.approx(7.0 + 100 + SIREN_GRACE_S)
