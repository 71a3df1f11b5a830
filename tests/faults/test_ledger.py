"""What counts as a duplicate, and what a killed core may have forgotten."""

from tests.faults.ledger import Ledger
from tests.faults.load import Line, Plan

ALERT, HANDHELD = "01932f7a-5c00-7abc-8def-0123456789ab", "patrol-1"


def shown_again(*lines: tuple[str, float], kills_s: tuple[float, ...] = ()) -> bool:
    with Ledger(Plan("ws://localhost:1/v1", 1.0, (), ())) as ledger:
        for what, at_s in lines:
            ledger._take(Line(what, at_s, HANDHELD, ALERT))
        ledger.kills_s.extend(kills_s)
        return ledger.shown_again() == [(HANDHELD, ALERT)]


SHOWN_AND_AGAIN = (("shown", 1.0), ("gone", 5.0), ("shown", 6.0))


def test_shown_once_is_no_duplicate() -> None:
    assert not shown_again(("shown", 1.0), ("gone", 2.0))


def test_shown_again_for_no_reason_is_a_duplicate() -> None:
    assert shown_again(*SHOWN_AND_AGAIN)
    assert shown_again(*SHOWN_AND_AGAIN, kills_s=(0.5, 7.0))


def test_what_was_not_said_to_be_stored_may_be_forgotten() -> None:
    assert not shown_again(*SHOWN_AND_AGAIN, kills_s=(3.0,))
    assert not shown_again(*SHOWN_AND_AGAIN, ("stored", 6.1), kills_s=(3.0,))


def test_what_was_said_to_be_stored_may_not() -> None:
    assert shown_again(("stored", 1.1), *SHOWN_AND_AGAIN, kills_s=(3.0,))


def test_a_close_just_before_the_kill_may_be_forgotten() -> None:
    assert not shown_again(("stored", 1.1), *SHOWN_AND_AGAIN, kills_s=(5.1,))
    assert shown_again(("stored", 1.1), *SHOWN_AND_AGAIN, kills_s=(5.9,))


def test_what_a_killed_core_had_sent_is_read_a_moment_later() -> None:
    assert not shown_again(("stored", 1.1), *SHOWN_AND_AGAIN, kills_s=(4.9,))
    assert shown_again(("stored", 1.1), *SHOWN_AND_AGAIN, kills_s=(4.1,))
