"""Saying something to everyone of a front: who may, who hears it, when, and what is told of it."""

import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.core.events import KeepAgain, Stored
from dispatch.core.facts import FactKind
from dispatch.core.limits import (
    KEEP_WITHIN_S,
    MESSAGE_SLICE,
    MESSAGE_USEFUL_S,
    MESSAGES_AT_ONCE,
    MESSAGES_EVERY_S,
    MESSAGES_PER_FRONT_MAX,
    MESSAGES_SHOWN_MAX,
    UPDATE_INTERVAL_S,
)
from dispatch.core.message import clean
from dispatch.core.registry import Device, Front
from dispatch.core.snapshot import thaw_message
from protocol.messages import (
    VISIBLE_PATTERN,
    FrontMessage,
    MessageFront,
    MessageReach,
    MessageShown,
    Notice,
)
from protocol.vocabulary import ErrorCode, Kind, Role
from tests.core.town import FRONT, MIDDLE, Town, residents, signal_id, spot

CARLA_2 = Device("carla-2", Role.APP, "Tableta de Carla", person_id="carla")
DAVID = Device("david", Role.APP, "Teléfono de David", person_id="david", front_id="frente-1")
PANEL = Device("panel-1", Role.BUTTON, "Panel 1", front_id="frente-1", gateway_id="gateway")
AWAY = Front("frente-2", "Frente Lejos", spot=spot((2_500, 500)))
MEMBERS = ("carla", "carla-2", "david", "wall")


def city() -> Town:
    """A front with four members that can show something, of which the coordinator has two."""
    return Town([*residents(), AWAY, CARLA_2, DAVID, PANEL])


def said_to(town: Town, who: str) -> list[str]:
    return [message.body for message in town.got(who, FrontMessage)]


def reach(town: Town, who: str = "operator") -> tuple[int, int, int, bool]:
    newest = town.got(who, MessageReach)[-1]
    return newest.members, newest.sent_to, newest.shown_by, newest.stored


# --- who hears it ---------------------------------------------------------------------------------


def test_everyone_of_the_front_and_the_control_room_hear_it_at_once_and_nobody_else():
    town = city()
    town.connect(*MEMBERS, "operator", "supervisor", "ana", "beto", "patrol-1", "siren", "gateway")
    message_id = town.tell_front("operator", "Cierren puertas.\n\x07La patrulla va.")
    for who in (*MEMBERS, "operator", "supervisor"):
        (heard,) = town.got(who, FrontMessage)
        assert heard.body == "Cierren puertas. La patrulla va."
    for who in ("ana", "beto", "patrol-1", "siren", "gateway"):
        assert said_to(town, who) == []
    assert (heard.message_id, heard.front, heard.by) == (message_id, FRONT.name, "Sala 1")
    assert heard.until_ms - heard.sent_at_ms == MESSAGE_USEFUL_S * 1000


def test_the_control_room_sees_how_far_it_has_got():
    town = city()
    town.connect("carla", "david", "operator", "supervisor")
    message_id = town.tell_front("operator")
    assert reach(town) == (4, 0, 0, False)
    town.after(UPDATE_INTERVAL_S)
    assert reach(town) == (4, 2, 0, False)
    town.say("carla", MessageShown(message_id))
    town.say("carla", MessageShown(message_id))
    town.after(UPDATE_INTERVAL_S)
    assert reach(town) == reach(town, "supervisor") == (4, 2, 1, False)
    assert not town.got("carla", MessageReach)


def test_it_is_told_in_slices_so_that_presses_have_their_turn():
    crowd = [
        Device(f"app-{number}", Role.APP, "Teléfono", front_id="frente-1")
        for number in range(2 * MESSAGE_SLICE + 1)
    ]
    town = Town([*residents(), *crowd])
    town.connect("operator", *(each.device_id for each in crowd))
    handle, at_once = town.handle, []
    town.handle = lambda event: at_once.append(handle(event)) or at_once[-1]  # type: ignore[method-assign]
    town.tell_front("operator")
    sizes = [
        len(effect.devices)
        for effects in at_once
        for effect in effects
        if isinstance(getattr(effect, "message", None), FrontMessage)
    ]
    assert max(sizes) <= MESSAGE_SLICE
    assert all(said_to(town, each.device_id) for each in crowd)


def test_a_flood_of_confirmations_is_told_once_a_second_and_kept_once():
    town = city()
    town.connect(*MEMBERS, "operator")
    message_id = town.tell_front("operator")
    town.after(KEEP_WITHIN_S + UPDATE_INTERVAL_S)
    town.forget_frames()
    town.lines.clear()
    for who in MEMBERS:
        town.say(who, MessageShown(message_id))
    town.after(KEEP_WITHIN_S)
    assert len(town.got("operator", MessageReach)) == 1
    assert len(town.lines) == 1


# --- who was away ---------------------------------------------------------------------------------


def test_whoever_was_away_hears_it_on_coming_and_once_shown_not_again():
    town = city()
    town.connect("operator")
    message_id = town.tell_front("operator")
    town.connect("carla")
    assert said_to(town, "carla") == ["Cierren puertas"]
    town.connect("carla")
    assert len(said_to(town, "carla")) == 2, "not shown yet"
    town.say("carla", MessageShown(message_id))
    town.connect("carla")
    assert len(said_to(town, "carla")) == 2
    town.connect("ana")
    assert said_to(town, "ana") == []


def test_it_ends_when_it_is_of_no_use_any_more():
    town = city()
    town.connect("operator")
    message_id = town.tell_front("operator")
    town.after(MESSAGE_USEFUL_S)
    town.connect("carla")
    assert said_to(town, "carla") == []
    town.say("carla", MessageShown(message_id))
    assert town.errors("carla") == [], "it comes too late, and that is nobody's fault"
    assert not town.lines[-1].entries[0].is_open
    assert town.city.messages.messages == {}


def test_what_was_said_of_an_alert_is_not_told_once_that_is_over():
    town = city()
    town.connect("operator", "carla", "patrol-1")
    alert = town.press("carla", at=MIDDLE)
    town.tell_front("operator", about=alert)
    assert town.got("carla", FrontMessage)[-1].alert_id == alert
    town.connect("david")
    town.close("operator", alert)
    town.connect("carla-2")
    assert (len(said_to(town, "david")), said_to(town, "carla-2")) == (1, [])


def test_a_front_is_kept_only_its_newest_messages():
    town = city()
    town.connect("operator")
    for number in range(MESSAGES_PER_FRONT_MAX + 2):
        town.tell_front("operator", f"Aviso {number}")
        town.after(MESSAGES_EVERY_S)
    town.connect("carla")
    assert said_to(town, "carla") == [f"Aviso {n + 2}" for n in range(MESSAGES_PER_FRONT_MAX)]
    ended = [line for line in town.lines if line.entries[0].kind is FactKind.MESSAGE_ENDED]
    assert len(ended) == 2


def test_a_control_room_that_comes_is_shown_the_newest_before_it_is_up_to_date():
    fronts = [Front(f"frente-{n}", f"Frente {n}") for n in range(3, 3 + MESSAGES_SHOWN_MAX)]
    town = Town([*residents(), *fronts])
    town.connect("operator")
    for front in (FRONT, *fronts):
        town.tell_front("operator", front=front.front_id)
        town.after(MESSAGES_EVERY_S)
    town.connect("supervisor")
    shown = town.got("supervisor", FrontMessage)
    assert [each.front_id for each in shown] == [front.front_id for front in fronts]
    assert len(town.got("supervisor", MessageReach)) == MESSAGES_SHOWN_MAX
    assert isinstance(town.frames["supervisor"][-1], Notice)
    town.connect("operator", on_duty=False)
    town.forget_frames()
    town.connect("operator", on_duty=None)
    assert town.got("operator", FrontMessage) == []


# --- once ----------------------------------------------------------------------------------------


def test_said_again_it_is_said_once_and_its_sender_hears_how_far_it_has_got():
    town = city()
    town.connect("operator", "supervisor", "carla")
    message_id = town.tell_front("operator")
    town.after(UPDATE_INTERVAL_S)
    town.forget_frames()
    town.tell_front("operator", again=message_id)
    assert said_to(town, "operator") == ["Cierren puertas"]
    assert reach(town) == (4, 1, 0, False)
    assert said_to(town, "carla") == said_to(town, "supervisor") == []
    assert len(town.reasons(FactKind.MESSAGED)) == 1


def test_something_else_under_the_same_id_is_a_conflict():
    town = city()
    town.connect("operator", "supervisor", "carla")
    message_id = town.tell_front("operator")
    town.tell_front("operator", "Otra cosa", again=message_id)
    town.tell_front("operator", front="frente-2", again=message_id)
    town.tell_front("supervisor", again=message_id)
    assert town.errors("operator") == [ErrorCode.MESSAGE_ID_CONFLICT] * 2
    assert town.errors("supervisor") == [ErrorCode.MESSAGE_ID_CONFLICT]
    assert said_to(town, "carla") == ["Cierren puertas"]


def test_it_is_stored_once_the_journal_says_so():
    town = city()
    town.connect("operator", "supervisor")
    town.tell_front("operator")
    (append,) = (line for line in town.lines if line.presses)
    town.handle(Stored(append.presses))
    assert reach(town) == reach(town, "supervisor") == (4, 0, 0, True)
    town.handle(Stored(append.presses))
    assert len(town.got("operator", MessageReach)) == 2


def test_what_the_journal_could_not_take_is_given_to_it_again():
    town = city()
    town.connect("operator")
    town.tell_front("operator")
    (first,) = (line for line in town.lines if line.presses)
    town.handle(KeepAgain((first.entries[0].alert_id or "",)))
    again = town.lines[-1]
    assert again.presses == first.presses
    assert again.entries[0].state is not None


def test_what_a_front_has_too_many_of_after_a_crash_ends_at_once():
    before, town = city(), city()
    before.connect("operator")
    for number in range(MESSAGES_PER_FRONT_MAX + 1):
        before.tell_front("operator", f"Aviso {number}")
        before.after(MESSAGES_EVERY_S)
    states = [line.entries[0].state for line in before.lines]
    kept = [thaw_message(state, town.now, "") for state in states if state is not None]
    by_id = {message.message_id: message for message in kept}
    assert len(by_id) == MESSAGES_PER_FRONT_MAX + 1
    town.dispatcher.post(by_id.values())
    town.after(0)
    ended = [line for line in town.lines if line.entries[0].kind is FactKind.MESSAGE_ENDED]
    assert len(ended) == 1
    town.connect("carla")
    assert said_to(town, "carla") == [f"Aviso {n + 1}" for n in range(MESSAGES_PER_FRONT_MAX)]


# --- who may -------------------------------------------------------------------------------------


def test_a_supervisor_of_a_quadrant_speaks_to_the_fronts_in_it():
    town = city()
    supervisor = town.city.registry.devices["supervisor"]
    town.handle(replace(supervisor, quadrant="B2"))
    town.connect("supervisor")
    town.tell_front("supervisor")
    town.tell_front("supervisor", front="frente-2")
    assert [each.front_id for each in town.got("supervisor", FrontMessage)] == ["frente-1"]
    assert town.errors("supervisor") == [ErrorCode.NOT_ALLOWED]
    assert town.reasons(FactKind.DENIED) == ["not_your_front"]


def test_a_supervisor_of_a_quadrant_does_not_speak_to_a_front_that_is_nowhere():
    town = Town([*residents(), Front("frente-3", "Frente Sin Sitio")])
    town.handle(replace(town.city.registry.devices["supervisor"], quadrant="B2"))
    town.connect("supervisor")
    town.tell_front("supervisor", front="frente-3")
    assert town.reasons(FactKind.DENIED) == ["not_your_front"]


def test_why_a_message_is_refused():
    town = city()
    town.connect("operator", "carla", "ana", "patrol-1")
    alert, elsewhere = town.press("carla", at=MIDDLE), town.press("ana", kind=Kind.MEDICAL)
    town.tell_front("operator", front="frente-9")
    town.tell_front("operator", about=signal_id(999))
    town.tell_front("operator", about=elsewhere)
    town.close("operator", alert)
    town.tell_front("operator", about=alert)
    town.tell_front("carla")
    town.tell_front("patrol-1")
    town.duty("operator", on_duty=False)
    town.tell_front("operator")
    assert town.reasons(FactKind.DENIED) == [
        *("unknown_front", "unknown_alert", "not_your_alert", "already_closed"),
        *("role", "role", "off_duty"),
    ]
    assert said_to(town, "carla") == []


def test_nobody_speaks_without_end():
    town = city()
    town.connect("operator", "supervisor", "carla")
    for _ in range(MESSAGES_AT_ONCE + 2):
        town.tell_front("operator")
    town.tell_front("supervisor")
    assert town.errors("operator") == [ErrorCode.TOO_SOON] * 2
    assert town.errors("supervisor") == []
    town.after(MESSAGES_EVERY_S)
    town.tell_front("operator")
    assert len(said_to(town, "carla")) == MESSAGES_AT_ONCE + 2


def test_the_console_says_it_in_the_name_of_whoever_is_logged_in_and_hears_how_far_it_got():
    town = Town([*residents(), Device("console", Role.CONSOLE, "HTTP")])
    town.connect("carla", "operator")
    town.connect("console", on_duty=None)
    said = MessageFront(signal_id(500), "frente-1", "Salgan", source_device_id="supervisor")
    town.say("console", said)
    assert town.got("carla", FrontMessage)[-1].by == "Jefe"
    assert reach(town, "console") == (2, 0, 0, False)
    town.say("console", said)
    assert len(said_to(town, "carla")) == 1
    (append,) = (line for line in town.lines if line.presses)
    town.handle(Stored(append.presses))
    assert reach(town, "console")[-1]
    assert town.city.spoken_for == {}
    town.forget_frames()
    town.say("carla", MessageShown(signal_id(500)))
    town.after(UPDATE_INTERVAL_S)
    assert town.got("console", MessageReach) == [], "stored is all that it waits for"


@pytest.mark.parametrize("source", [None, "nobody", "ana", "patrol-1", "console"])
def test_the_console_says_nothing_in_any_other_name(source: str | None):
    town = Town([*residents(), Device("console", Role.CONSOLE, "HTTP")])
    town.connect("carla")
    town.connect("console", on_duty=None)
    town.say("console", MessageFront(signal_id(500), "frente-1", "Hola", source_device_id=source))
    assert town.reasons(FactKind.DENIED) == ["not_behind_gateway"]
    assert said_to(town, "carla") == []


def test_only_whoever_it_is_for_confirms_it():
    town = city()
    town.connect("operator", "carla", "ana")
    message_id = town.tell_front("operator")
    town.say("ana", MessageShown(message_id))
    assert town.reasons(FactKind.DENIED) == ["not_your_message"]
    town.after(UPDATE_INTERVAL_S)
    assert reach(town) == (4, 1, 0, False)


# --- the words -----------------------------------------------------------------------------------


@given(st.from_regex(VISIBLE_PATTERN))
def test_what_is_left_of_a_text_can_be_seen_and_reads_as_it_was_written(body: str) -> None:
    cleaned = clean(body)
    assert cleaned
    assert clean(cleaned) == cleaned
    assert not any(unicodedata.category(each) == "Cc" for each in cleaned)
    assert not any(unicodedata.bidirectional(each) in ("RLO", "LRO", "PDF") for each in cleaned)
    assert len(cleaned) <= len(body)


def test_letters_signs_and_joined_emoji_are_left_as_they_are():
    said = "¡Atención, señores! 👩‍👩‍👧 — 50 % «ya»"
    assert clean(said) == said
