"""The same events give the same effects, and whatever happens the town's invariants hold."""

import pytest

from dispatch.core.authorise import MAY_SAY
from dispatch.core.dispatcher import _DO
from dispatch.core.events import Received, Written
from protocol.messages import Ping, Signal
from tests.core.chance import Chance
from tests.core.town import MIDDLE, Town, signal_id

SEEDS = range(250)
FEW = range(60)
STEPS = 60


@pytest.mark.parametrize("first", range(0, len(SEEDS), 25))
def test_whatever_happens_nothing_breaks_and_nothing_is_left_behind(first):
    """Each step is checked by `tests.core.invariants`; a failure names its seed."""
    for seed in SEEDS[first : first + 25]:
        story = Chance(seed)
        try:
            story.play(STEPS)
            story.check_versions()
            story.end()
        except Exception as error:
            error.add_note(f"seed {seed}")
            raise
        board = story.town.city.board
        left = {name: index for name, index in vars(board).items() if index}
        assert left == {}, f"seed {seed}"
        assert story.town.city.sounding == {}, f"seed {seed}"
        assert story.town.city.deadlines.next_s() is None, f"seed {seed}"


def test_the_same_events_give_the_same_effects():
    for seed in FEW:
        one, other = Chance(seed), Chance(seed)
        one.play(STEPS)
        other.play(STEPS)
        assert one.effects == other.effects, f"seed {seed}"


def test_chance_is_worth_its_name():
    """The stories reach every state, verdict, step and outcome; or they prove little."""
    facts = {(fact.kind, fact.reason) for seed in FEW for fact in _played(seed)}
    kinds = {str(kind) for kind, _ in facts}
    assert kinds >= {
        "signal", "dispatched", "delivered", "accepted", "arrived", "closed", "owner_lost",
        "escalated", "cancel_asked", "false_alarm", "denied", "duty", "revoked", "greeted",
        "siren", "silenced", "picture", "assigned", "messaged", "message_shown",
    }  # fmt: skip
    reasons = {str(reason) for _, reason in facts}
    assert reasons >= {
        "first", "retransmission", "repeat_press", "corroboration", "signal_id_conflict",
        "on_duty", "none_connected", "no_quadrant", "repeated", "widened", "supervisors",
        "insisted", "arrival_overdue", "already_owned", "not_owner", "automatic", "off_duty",
        "asked", "sounding", "silent", "failed", "unreachable", "enough_pictures",
        "not_on_call", "unknown_front", "message_id_conflict", "not_your_message",
    }  # fmt: skip


def _played(seed: int) -> list:
    story = Chance(seed)
    story.play(STEPS)
    return story.town.facts


def test_a_device_that_nobody_enrolled_is_not_heard():
    town = Town()
    assert town.handle(Received("nobody", Ping(), 0)) == []


def test_whatever_a_device_may_say_something_is_done_about():
    assert set(_DO) | {Signal} == set.union(*map(set, MAY_SAY.values()))


def test_it_says_when_it_wants_to_be_woken():
    town = Town()
    town.connect("patrol-1", "ana")
    assert town.dispatcher.next_deadline_s() == town.city.kit.next_s()
    town.press("ana", at=MIDDLE)
    assert town.dispatcher.next_deadline_s() == town.mono_s + 10


def test_word_of_an_alert_that_is_no_more_means_nothing():
    assert Town().handle(Written(signal_id(1))) == []
