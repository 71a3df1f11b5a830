from dispatch.gateway.bounds import CONFIRMATIONS_MAX
from dispatch.gateway.conditions import TAKEN, Conditions
from protocol.messages import Condition, Ping, Pong
from protocol.vocabulary import TroubleKind
from tests.gateway.rig import PANEL

LOW = Condition(device_id=PANEL, trouble=TroubleKind.LOW_BATTERY, present=True)
ASK = Ping(ref=TAKEN)
ANSWER = Pong(now_ms=0, ref=TAKEN)


class Sent:
    """A link, and what was put on it while it was up."""

    def __init__(self) -> None:
        self.up = True
        self.messages: list[Condition | Ping] = []

    def __call__(self, message: Condition | Ping) -> bool:
        if self.up:
            self.messages.append(message)
        return self.up


def test_it_is_taken_once_the_ping_after_it_is_answered() -> None:
    sent, taken = Sent(), list[str]()
    conditions = Conditions(sent)
    conditions.tell(PANEL, TroubleKind.LOW_BATTERY, present=True)
    conditions.when_taken(lambda: taken.append("low"))
    assert sent.messages == [LOW, ASK]
    conditions.answered(Pong(now_ms=0, ref="another's"))
    assert taken == []
    conditions.answered(ANSWER)
    assert taken == ["low"]
    conditions.answered(ANSWER)
    assert taken == ["low"]


def test_a_ping_speaks_only_for_what_came_before_it_and_one_is_under_way_at_a_time() -> None:
    sent, taken = Sent(), list[int]()
    conditions = Conditions(sent)
    for number in range(5):
        conditions.when_taken(lambda number=number: taken.append(number))
    assert sent.messages == [ASK]
    conditions.answered(ANSWER)
    assert (taken, sent.messages) == ([0], [ASK, ASK])
    conditions.answered(ANSWER)
    assert (taken, sent.messages) == ([0, 1, 2, 3, 4], [ASK, ASK])


def test_what_is_wrong_is_told_again_to_a_core_that_comes_anew() -> None:
    sent = Sent()
    conditions = Conditions(sent)
    for trouble in (TroubleKind.LOW_BATTERY, TroubleKind.TAMPER):
        conditions.tell(PANEL, trouble, present=True)
    conditions.tell("panel-2", TroubleKind.FAULT, present=True)
    conditions.tell(PANEL, TroubleKind.TAMPER, present=False)
    conditions.forget("panel-2")
    sent.messages.clear()
    conditions.greeted()
    assert sent.messages == [LOW]


def test_whoever_waits_when_the_link_is_lost_is_told_nothing() -> None:
    sent, taken = Sent(), list[str]()
    conditions = Conditions(sent)
    conditions.when_taken(lambda: taken.append("asked"))
    conditions.when_taken(lambda: taken.append("waiting"))
    conditions.lost()
    conditions.answered(ANSWER)
    assert taken == []
    conditions.when_taken(lambda: taken.append("new"))
    conditions.answered(ANSWER)
    assert taken == ["new"]


def test_there_is_room_for_so_many() -> None:
    conditions = Conditions(Sent())
    conditions.when_taken(lambda: None)  # under way
    assert all(conditions.when_taken(lambda: None) for _ in range(CONFIRMATIONS_MAX))
    assert not conditions.when_taken(lambda: None)
