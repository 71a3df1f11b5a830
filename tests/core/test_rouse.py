"""A front is seen to after everything else, and nothing else is lost with it."""

import pytest

from dispatch.core import cameras, sirens
from dispatch.core.effects import Send
from dispatch.core.events import Connected, Received, Tick
from dispatch.core.limits import SIREN_ANSWER_S
from dispatch.core.sirens import FOR_S
from dispatch.core.snapshot import freeze, thaw
from protocol.messages import Accept, Alert, Close, Command, Receipt, Welcome
from protocol.vocabulary import Action, Kind, Outcome
from tests.core.town import BOOT, MIDDLE, NOON_MS, Town

SOUND, LOOK = Action.SOUND, Action.LOOK


def town_with(*devices: str) -> Town:
    town = Town()
    town.connect("patrol-1", "carla", *devices)
    town.after(0)
    return town


def a_bug(*_: object) -> None:
    raise ZeroDivisionError


def pressed(town: Town) -> tuple[str, list[type]]:
    """Press on the front, and see what that alone sends."""
    signal = town.signal(at=MIDDLE)
    effects = town.dispatcher.handle(Received("carla", signal, NOON_MS), town.now)
    town.apply(effects)
    return signal.signal_id, [type(each.message) for each in effects if isinstance(each, Send)]


def test_a_press_alone_sends_what_people_wait_for_and_its_front_is_due_at_once():
    town = town_with("siren", "gateway")
    alert, sent = pressed(town)
    assert sent == [Alert, Receipt]
    assert town.commands("siren") == town.commands("gateway") == []
    assert town.dispatcher.next_deadline_s() == town.mono_s
    town.handle(Tick())
    assert [command.action for command in town.commands("siren")] == [SOUND]
    assert [command.action for command in town.commands("gateway")] == [SOUND, LOOK]
    assert town.alert(alert).front_at_s is None


@pytest.mark.parametrize("where", [(sirens, "sound"), (cameras, "look")])
def test_a_bug_in_the_kit_loses_neither_the_fan_out_nor_an_escalation(where, monkeypatch):
    town = town_with("siren", "gateway")
    monkeypatch.setattr(*where, a_bug)
    alert, sent = pressed(town)
    assert sent == [Alert, Receipt]
    with pytest.raises(ZeroDivisionError):
        town.handle(Tick())
    assert town.dispatcher.next_deadline_s() == town.alert(alert).escalate_at_s
    town.after(10)
    assert town.rings("patrol-1") == 1


def test_a_bug_in_the_kit_keeps_no_alert_from_being_closed(monkeypatch):
    town = town_with("siren")
    alert = town.press("carla", at=MIDDLE)
    town.accept("patrol-1", alert)
    monkeypatch.setattr(sirens, "hush", a_bug)
    closing = Received("patrol-1", Close(alert, Outcome.REAL), NOON_MS)
    town.apply(town.dispatcher.handle(closing, town.now))
    assert town.receipts("carla")[-1].outcome is Outcome.REAL
    with pytest.raises(ZeroDivisionError):
        town.handle(Tick())


def test_a_bug_in_the_kit_keeps_no_gateway_out(monkeypatch):
    town = town_with()
    town.press("carla", at=MIDDLE)
    monkeypatch.setattr(sirens, "returned", a_bug)
    effects = town.dispatcher.handle(Connected(9, "gateway"), town.now)
    assert Welcome in [type(getattr(effect, "message", None)) for effect in effects]
    with pytest.raises(ZeroDivisionError):
        town.handle(Tick())
    town.after(0)
    assert town.city.came_back == {}


def restarted(town: Town, away_s: float) -> Town:
    """Another run of the core, from the newest state that the journal was given."""
    (state,) = [entry.state for entry in town.lines[-1].entries if entry.state]
    after = town_with("siren", "gateway")
    after.mono_s = town.mono_s + away_s
    after.dispatcher.restore([thaw(state, after.now, BOOT)])
    after.after(0)
    return after


def test_after_a_crash_in_between_the_front_is_roused_by_the_next_run():
    town = town_with("siren", "gateway")
    alert, _ = pressed(town)
    after = restarted(town, away_s=20)
    assert after.commands("siren") == [
        Command(action=SOUND, alert_id=alert, for_s=FOR_S[Kind.PANIC] - 20)
    ]
    assert [command.action for command in after.commands("gateway")] == [SOUND, LOOK]


def test_long_after_the_press_the_street_is_not_woken_any_more():
    town = town_with("siren", "gateway")
    pressed(town)
    after = restarted(town, away_s=FOR_S[Kind.PANIC])
    assert after.commands("siren") == []
    assert [command.action for command in after.commands("gateway")] == [LOOK]


def test_what_was_roused_is_not_roused_again_by_the_next_run():
    town = town_with("siren", "gateway")
    pressed(town)
    town.handle(Tick())
    after = restarted(town, away_s=1)
    assert after.commands("siren", SOUND) == after.commands("gateway", LOOK) == []


def test_an_alert_that_ended_before_its_turn_sounds_nothing():
    town = town_with("siren", "gateway")
    alert, _ = pressed(town)
    for answer in (Accept(alert), Close(alert, Outcome.REAL)):
        said = Received("patrol-1", answer, NOON_MS)
        town.apply(town.dispatcher.handle(said, town.now))
    assert not town.alert(alert).is_open
    town.after(SIREN_ANSWER_S)
    assert town.commands("siren") == town.commands("gateway") == []


def test_whoever_waits_longest_has_the_turn_an_alert_or_a_front():
    town = town_with("siren")
    alert = town.press("carla", at=MIDDLE)
    town.after(2)
    town.mono_s += 60  # its siren has not answered for longer than its patrol
    town.handle(Tick())
    assert town.alert(alert).sirens["siren"].answer_by_s is None
    assert town.rings("patrol-1") == 0
    town.handle(Tick())
    assert town.rings("patrol-1") == 1


def test_it_survives_being_frozen_over_a_reboot():
    town = town_with()
    alert, _ = pressed(town)
    town.alert(alert).front_at_s = 1_000.0
    state = freeze(town.alert(alert), town.now, "boot-1")
    booted = town.now._replace(mono_s=7.0)
    assert thaw(state, booted, "boot-2").front_at_s == pytest.approx(7.0)
