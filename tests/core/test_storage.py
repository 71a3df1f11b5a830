"""Senders are told that their press is stored when it is, and not before."""

import pytest

from dispatch.core.effects import Append
from dispatch.core.events import Journaled, KeepAgain, NotStored, Stored
from dispatch.core.snapshot import thaw
from tests.core.town import BOOT, MIDDLE, Town


def stored_flags(town: Town, device: str) -> list[bool]:
    return [receipt.stored for receipt in town.receipts(device)]


def waiting(town: Town, device: str, again: str | None = None) -> tuple[tuple[str, str], ...]:
    """Press, and return what the journal was asked to report on."""
    before = len(town.lines)
    town.press(device, at=MIDDLE, again=again)
    return tuple(press for append in town.lines[before:] for press in append.presses)


@pytest.fixture
def town() -> Town:
    town = Town()
    town.connect("patrol-1", "ana", "beto")
    return town


def test_the_receipt_says_stored_once_the_journal_does(town: Town) -> None:
    presses = waiting(town, "ana")
    assert stored_flags(town, "ana") == [False]
    town.handle(Stored(presses))
    assert stored_flags(town, "ana") == [False, True]
    versions = [receipt.version for receipt in town.receipts("ana")]
    assert versions == sorted(set(versions))
    town.handle(Stored(presses))
    assert stored_flags(town, "ana") == [False, True], "told twice"


def test_each_sender_hears_of_its_own_press(town: Town) -> None:
    first, second = waiting(town, "ana"), waiting(town, "beto")
    town.handle(Stored(second))
    assert stored_flags(town, "ana")[-1] is False
    assert stored_flags(town, "beto")[-1] is True
    town.handle(Stored(first))
    assert stored_flags(town, "ana")[-1] is True


def test_what_could_not_be_stored_is_said_and_a_retry_tries_again(town: Town) -> None:
    presses = waiting(town, "ana")
    town.handle(NotStored(presses))
    assert town.errors("ana") == ["unable_to_store"]
    [(_, signal_id)] = presses
    again = waiting(town, "ana", again=signal_id)
    assert again == presses
    assert stored_flags(town, "ana")[-1] is False
    town.handle(Stored(again))
    assert stored_flags(town, "ana")[-1] is True
    assert len(town.alerts("patrol-1")) == 1, "a retry for the disk rings nobody again"


def test_what_is_stored_is_not_stored_again_by_a_retransmission(town: Town) -> None:
    presses = waiting(town, "ana")
    town.handle(Stored(presses))
    assert waiting(town, "ana", again=presses[0][1]) == ()
    assert stored_flags(town, "ana")[-1] is True


def test_what_the_journal_holds_is_said_while_the_database_is_away(town: Town) -> None:
    presses = waiting(town, "ana")
    town.handle(Journaled(presses))
    town.handle(Journaled(presses))
    town.handle(Stored(presses))
    flags = [(receipt.journaled, receipt.stored) for receipt in town.receipts("ana")]
    assert flags == [(False, False), (True, False), (True, True)]


def test_a_retry_takes_nothing_back_of_what_was_said(town: Town) -> None:
    presses = waiting(town, "ana")
    town.handle(Journaled(presses))
    assert waiting(town, "ana", again=presses[0][1]) == presses
    assert [receipt.journaled for receipt in town.receipts("ana")] == [False, True, True]


def test_what_an_alert_has_become_is_appended_again(town: Town) -> None:
    [(alert_id, _)] = waiting(town, "ana")
    town.accept("patrol-1", alert_id)
    before = len(town.lines)
    effects = town.handle(KeepAgain((alert_id, "gone")))
    [append] = effects
    assert isinstance(append, Append)
    [line] = append.entries
    assert (line.alert_id, line.version, append.presses) == (alert_id, 2, ())
    assert thaw(line.state or b"", town.now, BOOT) == town.alert(alert_id)
    assert town.lines[before:] == [append]


def test_an_alert_that_is_forgotten_meanwhile_costs_nothing(town: Town) -> None:
    assert town.handle(Stored((("gone", "gone"),))) == []
    assert town.handle(NotStored((("gone", "gone"),))) == []
    assert town.handle(Journaled((("gone", "gone"),))) == []
    assert town.handle(KeepAgain(("gone",))) == []


def test_the_fan_out_comes_before_the_journal(town: Town) -> None:
    effects = town.say("ana", town.signal(at=MIDDLE))
    assert isinstance(effects[-1], Append)
    assert sum(isinstance(effect, Append) for effect in effects) == 1
