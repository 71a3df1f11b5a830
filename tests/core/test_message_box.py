"""What was said to fronts: found by front, bounded, and no faster than a sender may."""

from dispatch.core.limits import MESSAGES_AT_ONCE, MESSAGES_EVERY_S, MESSAGES_PER_FRONT_MAX
from dispatch.core.message_box import Message, MessageBox


def message(number: int, front_id: str = "front") -> Message:
    return Message(f"m-{number}", front_id, "operator", "Sala", "Hola", None, 0, 1_000, 1.0)


def test_what_a_front_has_too_many_of_are_its_oldest():
    box = MessageBox()
    for number in range(MESSAGES_PER_FRONT_MAX):
        assert box.add(message(number)) == []
    assert box.add(message(99, "other")) == []
    (oldest,) = box.add(message(100))
    assert oldest.message_id == "m-0"
    box.forget(oldest)
    assert len(box.of_front("front")) == MESSAGES_PER_FRONT_MAX
    assert [each.message_id for each in box.newest(2)] == ["m-99", "m-100"]


def test_a_front_that_nothing_is_said_to_any_more_is_forgotten():
    box = MessageBox()
    said = message(1)
    box.add(said)
    box.forget(said)
    assert box.of_front("front") == []
    assert box._of_front == {}


def test_the_soonest_of_what_is_due_counts():
    said = message(1)
    assert said.due_s == said.until_s
    said.keep_at_s = 0.5
    said.tell_at_s = 0.25
    assert said.due_s == 0.25


def test_a_sender_is_allowed_a_few_at_once_and_then_one_at_a_time():
    box = MessageBox()
    assert [box.may_say("a", 0.0) for _ in range(MESSAGES_AT_ONCE + 1)][-2:] == [True, False]
    assert box.may_say("b", 0.0)
    assert not box.may_say("a", MESSAGES_EVERY_S / 2)
    assert box.may_say("a", MESSAGES_EVERY_S)
    assert not box.may_say("a", MESSAGES_EVERY_S)
    assert all(box.may_say("a", 1e6) for _ in range(MESSAGES_AT_ONCE))
    assert not box.may_say("a", 1e6), "no more than so many, however long it was silent"
    assert list(box._allowances) == ["a"], "b has all of it back, and is forgotten"
