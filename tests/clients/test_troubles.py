"""A screen knows what is wrong with the kit, through storms and disconnects."""

from clients.troubles import Troubles
from protocol.messages import AnyServerMessage
from tests.clients.samples import SYNCED, trouble, troubles_in_all


def hearing(*messages: AnyServerMessage) -> Troubles:
    troubles = Troubles()
    tell(troubles, *messages)
    return troubles


def tell(troubles: Troubles, *messages: AnyServerMessage) -> None:
    for message in messages:
        troubles.heard(message)


async def test_what_opens_and_closes_is_followed_each_once() -> None:
    troubles = hearing(trouble("t1"))
    news = troubles.reader()
    tell(troubles, trouble("t1"), trouble("t2"))
    assert [(await anext(news)).trouble_id for _ in range(2)] == ["t1", "t2"]
    tell(troubles, trouble("t2"), trouble("t1", closed_at_ms=9))
    assert (await anext(news)).closed_at_ms == 9
    assert set(troubles.open) == {"t2"}


def test_after_a_welcome_what_is_not_sent_again_has_ended() -> None:
    troubles = hearing(trouble("t1"), trouble("t2"))
    troubles.greeted()
    tell(troubles, trouble("t2"), troubles_in_all(1), SYNCED)
    assert set(troubles.open) == {"t2"}
    troubles.greeted()
    tell(troubles, SYNCED)
    assert (troubles.open, troubles.count) == ({}, 0)


def test_of_more_than_was_sent_the_older_ones_may_last() -> None:
    troubles = hearing(trouble("t1"))
    troubles.greeted()
    tell(troubles, trouble("t2"), troubles_in_all(700), SYNCED)
    assert set(troubles.open) == {"t1", "t2"}
    assert troubles.count == 700
    tell(troubles, trouble("t1", closed_at_ms=9))
    assert troubles.count == 699
