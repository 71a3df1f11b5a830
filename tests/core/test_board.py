from dispatch.core import board as board_module
from dispatch.core.board import Board
from dispatch.core.limits import CLOSED_ALERT_KEPT_S
from protocol.vocabulary import Kind, Verdict
from tests.core.town import MIDDLE, Town, degrees, signal_id


def indexes(board: Board) -> dict[str, object]:
    return {name: value for name, value in vars(board).items() if name.startswith("_")}


def test_once_all_is_closed_and_forgotten_nothing_is_left():
    town = Town()
    town.connect("patrol-1", "operator", "ana", "beto", "carla")
    for kind in Kind:
        for device in ("ana", "beto", "carla"):
            town.press(device, at=MIDDLE, kind=kind)
            town.press(device, at=(2_400, 700), kind=kind)
    town.move("ana", to=(100, 100))
    town.after(25)
    for alert in list(town.city.board.open_alerts()):
        town.close("operator", alert.alert_id)
    assert town.city.board.open_count == 0
    assert town.city.board.alerts, "they stay known for late retries"
    town.asleep(CLOSED_ALERT_KEPT_S)
    assert town.city.board.alerts == {}
    assert not any(indexes(town.city.board).values())
    assert town.city.deadlines.next_s() is None


def test_closed_alerts_are_forgotten_when_they_are_too_many(monkeypatch):
    monkeypatch.setattr(board_module, "CLOSED_ALERTS_KEPT", 5)
    town = Town()
    town.connect("patrol-1", "operator", "ana")
    alerts = []
    for _ in range(8):
        alerts.append(town.press("ana", at=MIDDLE))
        town.close("operator", alerts[-1])
    town.after(10)
    assert list(town.city.board.alerts) == alerts[-5:], "the oldest go first"
    town.press("ana", at=MIDDLE, again=alerts[0])
    assert town.receipts("ana")[-1].verdict is Verdict.FIRST, "a press that we forgot is a press"


def test_a_signal_whose_id_was_used_anew_stays_with_the_alert_that_has_it_now():
    """As after a restart: the journal still has the alert that the board had forgotten."""
    town = Town()
    town.connect("patrol-1", "operator", "ana")
    reused = town.press("ana", at=MIDDLE)
    old = town.alert(reused)
    town.close("operator", reused)
    town.asleep(CLOSED_ALERT_KEPT_S)
    newer = town.alert(town.press("ana", at=MIDDLE))
    town.press("ana", at=MIDDLE, again=reused)
    board = Board()
    for alert in (old, newer):
        board.restore(alert)
    board.forget_old(town.now.mono_s)
    assert list(board.alerts.values()) == [newer]
    assert board.by_signal(reused) is newer


def test_an_alert_is_found_by_each_of_its_signals_and_those_who_sent_them():
    town = Town()
    town.connect("patrol-1", "ana", "beto")
    first = town.press("ana", at=MIDDLE)
    joined = town.press("beto", at=MIDDLE)
    board = town.city.board
    assert board.by_signal(first) is board.by_signal(joined) is board.alerts[first]
    assert board.by_signal(signal_id(999)) is None
    assert board.open_of_device("beto") == board.open_of_device("ana") == [board.alerts[first]]
    town.accept("patrol-1", first)
    town.close("patrol-1", first)
    assert board.by_signal(joined) is board.alerts[first]
    assert board.open_of_device("beto") == []


def test_what_is_near_is_found_across_the_lines_of_the_cells():
    town = Town()
    town.connect("operator", "ana")
    for east in range(0, 900, 45):
        alert = town.press("ana", at=(east, 500))
        for away_m in (-200, 200):
            lat, lon = degrees((east + away_m, 500 + away_m / 10))
            assert alert in [found.alert_id for found in town.city.board.open_near(lat, lon)]
        town.move("ana", to=(2_900, 2_900))
        assert town.city.board.open_near(*degrees((east, 500))) == []
        town.close("operator", alert)


def test_the_newest_open_ones_come_newest_first():
    town = Town()
    town.connect("operator", "ana", "beto", "carla")
    alerts = [
        town.press(device, at=at)
        for device, at in (("ana", (100, 100)), ("beto", (900, 900)), ("carla", (2_000, 2_000)))
    ]
    town.close("operator", alerts[1])
    newest = town.city.board.newest_open(5)
    assert [alert.alert_id for alert in newest] == [alerts[2], alerts[0]]
    assert len(town.city.board.newest_open(1)) == 1


def test_a_quadrant_is_shown_what_it_was_told_oldest_first():
    town = Town()
    town.connect("patrol-1", "ana", "beto")
    one = town.press("ana", at=MIDDLE)
    other = town.press("beto", at=(1_100, 1_100))
    board = town.city.board
    assert [alert.alert_id for alert in board.open_of_quadrant("B2")] == [one, other]
    assert board.open_of_quadrant("C2") == board.open_of_quadrant("") == []
