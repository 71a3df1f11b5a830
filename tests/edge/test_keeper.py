"""Who waits for the disk hears of it in order, once, and truly."""

from collections.abc import Callable, Sequence

from dispatch.core.alert import Alert
from dispatch.core.effects import Append
from dispatch.core.entry import MESSAGE, Entry
from dispatch.core.events import Journaled, KeepAgain, NotStored, Stored
from dispatch.core.message_box import Message
from dispatch.edge.keeper import KEPT_AGAIN_MAX, Keeper
from dispatch.journal import faults
from dispatch.journal.faults import Failure, Reason
from tests.core.town import MIDDLE, Town

LINE = Entry("signal", 1)


class Numbers:
    """A log that numbers what it is given, or refuses: what comes of it the test decides."""

    def __init__(self) -> None:
        self.seq = 0
        self.refuses = False

    def append(self, entries: Sequence[Entry]) -> int:
        if self.refuses:
            raise faults.NotStored(Reason.QUEUE_FULL)
        self.seq += len(entries)
        return self.seq


def keeping(*, held_by_database: bool = False) -> tuple[Keeper, Numbers, list[object]]:
    told: list[object] = []
    later: list[Callable[[], None]] = []
    keeper = Keeper(told.append, later.append, held_by_database=held_by_database)
    numbers = Numbers()
    keeper.log = numbers  # type: ignore[assignment]
    keeper.later = later  # type: ignore[attr-defined]
    return keeper, numbers, told


def press(name: str) -> Append:
    return Append((LINE, LINE), ((name, name),))


def test_a_press_is_told_once_its_last_line_is_on_the_disk() -> None:
    keeper, _, told = keeping()
    keeper.append(press("a"))  # lines 1 and 2
    keeper.append(Append((LINE,)))  # 3
    keeper.append(press("b"))  # 4 and 5
    keeper.stored(1)
    assert told == []
    keeper.stored(3)
    assert told == [Stored((("a", "a"),))]
    keeper.stored(5)
    keeper.stored(5)
    assert told[1:] == [Stored((("b", "b"),))]
    assert keeper.waiting == 0


def test_what_the_disk_refused_is_told_and_the_rest_still_waits() -> None:
    keeper, _, told = keeping()
    for name in "abc":
        keeper.append(press(name))
    keeper.failed(Failure(Reason.SYNC_FAILED, 3, 4))
    assert told == [NotStored((("b", "b"),))]
    keeper.stored(6)
    assert told[1:] == [Stored((("a", "a"), ("c", "c")))]


def test_a_refusal_is_told_on_the_next_turn_and_never_within() -> None:
    keeper, numbers, told = keeping()
    numbers.refuses = True
    keeper.append(press("a"))
    assert told == []
    [turn] = keeper.later  # type: ignore[attr-defined]
    turn()
    assert told == [NotStored((("a", "a"),))]
    keeper.log = None
    keeper.append(press("b"))
    keeper.later[1]()  # type: ignore[attr-defined]
    assert told[1:] == [NotStored((("b", "b"),))]


def test_held_by_the_database_only_its_commit_counts() -> None:
    keeper, _, told = keeping(held_by_database=True)
    keeper.append(press("a"))
    keeper.stored(2)
    assert told == []
    keeper.drained(2)
    assert told == [Stored((("a", "a"),))]


def test_what_the_database_keeps_waiting_is_told_to_be_in_the_journal_at_least() -> None:
    keeper, _, told = keeping(held_by_database=True)
    keeper.append(press("a"))
    keeper.look()
    keeper.stored(2)
    keeper.look()
    assert told == [], "it may still be on its way"
    keeper.append(press("b"))
    keeper.look()
    assert told == [Journaled((("a", "a"),))]
    keeper.drained(4)
    assert told[1:] == [Stored((("a", "a"), ("b", "b")))]


def test_without_the_database_nobody_waits_for_it() -> None:
    keeper, _, told = keeping()
    keeper.append(press("a"))
    for _ in range(3):
        keeper.look()
    assert told == []


def state_of(*alert_ids: str) -> Append:
    return Append(tuple(Entry("accepted", 1, alert_id=each, state=b"s") for each in alert_ids))


def test_what_an_alert_became_is_kept_again_where_its_line_failed() -> None:
    """No press waits for it, but without it a restart would undo what a patrol did."""
    keeper, numbers, told = keeping()
    keeper.append(state_of("a"))
    keeper.append(state_of("b", "c"))
    keeper.append(state_of("d"))
    keeper.failed(Failure(Reason.DISK_FULL, 2, 3))
    numbers.refuses = True
    keeper.append(state_of("e"))
    assert told == []
    keeper.look()
    keeper.look()
    assert told == [KeepAgain(("b", "c", "e"))]


def test_what_is_known_of_a_device_is_kept_again_too() -> None:
    keeper, _, told = keeping()
    keeper.append(Append((Entry("seen", 1, device_id="wall", state=b"s"),)))
    keeper.append(state_of("a"))
    keeper.failed(Failure(Reason.DISK_FULL, 1, 2))
    keeper.look()
    assert told == [KeepAgain(("a",), ("wall",))]


def test_what_was_stored_is_not_kept_again() -> None:
    keeper, _, told = keeping()
    keeper.append(state_of("a"))
    keeper.stored(1)
    keeper.failed(Failure(Reason.LOST, 1, 1))
    keeper.look()
    assert told == []


def test_what_is_kept_again_at_once_is_bounded() -> None:
    keeper, numbers, told = keeping()
    numbers.refuses = True
    keeper.append(state_of(*(f"alert-{number}" for number in range(KEPT_AGAIN_MAX + 1))))
    keeper.look()
    keeper.look()
    assert [len(each.alert_ids) for each in told] == [KEPT_AGAIN_MAX, 1]  # type: ignore[attr-defined]


def test_presses_of_an_earlier_run_are_stored_by_the_log_that_holds_them() -> None:
    keeper, _, _ = keeping()
    alert = pressed()
    keeper.recovered([alert])
    assert alert.unstored == {}
    assert keeper.waiting == 0


def test_presses_of_an_earlier_run_wait_for_the_database_that_may_not_have_them() -> None:
    keeper, numbers, told = keeping(held_by_database=True)
    alert = pressed()
    presses = tuple((alert.alert_id, signal_id) for signal_id in alert.unstored)
    numbers.seq = 7
    keeper.recovered([alert])
    assert list(alert.unstored.values()) == [True], "the journal has it"
    keeper.drained(6)
    assert told == []
    keeper.drained(7)
    assert told == [Stored(presses)]


def test_messages_of_an_earlier_run_are_stored_as_presses_are() -> None:
    keeper, numbers, told = keeping()
    message = said()
    keeper.recovered([], [message])
    assert message.is_stored
    keeper, numbers, told = keeping(held_by_database=True)
    numbers.seq = 7
    keeper.recovered([], [message])
    assert not message.is_stored
    keeper.drained(7)
    assert told == [Stored(((MESSAGE + message.message_id, message.message_id),))]


def said() -> Message:
    town = Town()
    town.connect("operator")
    return town.city.messages.messages[town.tell_front("operator")]


def pressed() -> Alert:
    town = Town()
    town.connect("ana")
    return town.alert(town.press("ana", at=MIDDLE))
