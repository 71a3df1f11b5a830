from hypothesis import given
from hypothesis import strategies as st

from clients.board import CLOSED_REMEMBERED, Board
from protocol.vocabulary import AlertState
from tests.clients.samples import alert, an_id

CLOSED = AlertState.CLOSED


def test_the_highest_version_wins() -> None:
    board = Board()
    assert board.take(alert(version=2))
    assert not board.take(alert(version=1))
    assert not board.take(alert(version=2))
    assert board.open[an_id()].version == 2


@given(st.lists(st.integers(1, 50), min_size=1))
def test_in_whatever_order_they_come_the_newest_is_shown(versions: list[int]) -> None:
    board = Board()
    for version in versions:
        board.take(alert(version=version))
    assert board.open[an_id()].version == max(versions)


def test_a_closed_alert_is_news_once_and_does_not_come_back() -> None:
    board = Board()
    board.take(alert(version=1))
    assert board.take(alert(version=3, state=CLOSED))
    assert not board.take(alert(version=3, state=CLOSED))
    assert not board.take(alert(version=2))
    assert board.open == {}


def test_what_was_not_sent_again_is_gone() -> None:
    board = Board()
    stays, goes = alert(an_id(1)), alert(an_id(2))
    board.take(stays)
    board.take(goes)
    board.begin()
    assert not board.take(stays)
    assert board.take(alert(an_id(3)))
    assert board.end() == [goes]
    assert set(board.open) == {an_id(1), an_id(3)}


def test_until_synced_everything_stays_on_show() -> None:
    board = Board()
    board.take(alert())
    board.begin()
    assert set(board.open) == {an_id()}


def test_synced_without_a_welcome_takes_nothing_away() -> None:
    board = Board()
    board.take(alert())
    assert board.end() == []
    assert set(board.open) == {an_id()}


def test_a_server_that_lost_its_last_second_is_believed_when_it_says_all() -> None:
    board = Board()
    board.take(alert(version=7))
    board.begin()
    assert board.take(alert(version=6))
    assert not board.take(alert(version=5))
    board.end()
    assert board.open[an_id()].version == 6
    assert board.take(alert(version=7))


def test_clearing_returns_what_was_open() -> None:
    board = Board()
    board.take(alert())
    assert board.clear() == [alert()]
    assert board.open == {}


def test_what_is_remembered_of_closed_alerts_is_bounded() -> None:
    board = Board()
    for number in range(CLOSED_REMEMBERED + 1):
        board.take(alert(an_id(number), 5, CLOSED))
    assert board.take(alert(an_id(0), 4))  # forgotten
    assert not board.take(alert(an_id(1), 4))


def test_an_alert_that_the_server_lost_and_raises_anew_is_shown():
    board = Board()
    board.begin()
    board.take(alert(version=2, state=AlertState.CLOSED))
    board.begin()
    assert board.end() == []
    assert board.take(alert(version=1))
    assert list(board.open) == [alert().alert_id]
