from dispatch.gateway.bounds import STORED_WITHIN_S, UNSETTLED_FOR_S, UNSETTLED_MAX
from dispatch.gateway.calls import CANCEL_REF, Call, Calls
from protocol.messages import Cancel, Error, Signal, Text
from protocol.vocabulary import ErrorCode, Kind, Stage
from tests.clients.samples import an_id
from tests.gateway.rig import PANEL, receipt


def signal(number: int = 1) -> Signal:
    signal_id = an_id(number)
    return Signal(signal_id=signal_id, ref=signal_id, kind=Kind.PANIC, source_device_id=PANEL)


def error(code: ErrorCode, ref: str, field: str | None = None) -> Error:
    return Error(code=code, text=Text("", ""), ref=ref, field=field)


class Sent:
    """A link that is up, and what was put on it."""

    def __init__(self) -> None:
        self.messages: list[Signal | Cancel] = []

    def __call__(self, message: Signal | Cancel) -> bool:
        self.messages.append(message)
        return True


def test_a_press_goes_out_at_once_and_the_same_again_is_the_one_that_is_known() -> None:
    sent = Sent()
    calls = Calls(sent)
    call = calls.take(signal(), 0.0)
    assert calls.take(signal(), 0.1) is call
    assert sent.messages == [signal()]
    assert calls.unsettled == 1


def test_it_is_sent_again_until_it_is_stored() -> None:
    sent = Sent()
    calls = Calls(sent)
    call = calls.take(signal(), 0.0)
    assert call is not None
    calls.receive(receipt(an_id(), stored=False))
    calls.beat(STORED_WITHIN_S - 0.1)
    assert len(sent.messages) == 1
    calls.beat(STORED_WITHIN_S)
    assert sent.messages == [signal()] * 2
    calls.receive(receipt(an_id(), version=2))
    calls.beat(10 * STORED_WITHIN_S)
    assert len(sent.messages) == 2
    assert (call.stored, calls.unsettled) == (True, 0)
    assert calls.find(an_id()) is call


def test_a_core_that_comes_anew_is_told_what_is_not_stored() -> None:
    sent = Sent()
    calls = Calls(sent)
    calls.take(signal(1), 0.0)
    calls.take(signal(2), 0.0)
    calls.receive(receipt(an_id(1)))
    sent.messages.clear()
    calls.greeted(1.0)
    assert sent.messages == [signal(2)]


def test_a_core_that_forgot_its_last_second_is_believed_though_it_counts_from_before() -> None:
    calls = Calls(Sent())
    call = calls.take(signal(), 0.0)
    assert call is not None
    calls.receive(receipt(an_id(), version=9, stored=False))
    calls.receive(receipt(an_id(), version=8))
    assert not call.stored  # older than what is known, on the same link
    calls.greeted(1.0)
    calls.receive(receipt(an_id(), version=2))
    assert call.stored


def test_there_is_room_for_so_many_and_what_nobody_could_take_is_given_up() -> None:
    calls = Calls(Sent())
    for number in range(UNSETTLED_MAX):
        assert calls.take(signal(number), 0.0) is not None
    assert calls.take(signal(UNSETTLED_MAX), 0.0) is None
    calls.beat(UNSETTLED_FOR_S + 1)
    assert calls.unsettled == 0
    assert calls.take(signal(UNSETTLED_MAX), 0.0) is not None


def test_an_error_ends_a_press_only_if_it_can_never_be_taken() -> None:
    sent = Sent()
    calls = Calls(sent)
    call = calls.take(signal(), 0.0)
    assert call is not None
    calls.blame(error(ErrorCode.OVERLOADED, an_id()), 1.0)
    calls.blame(error(ErrorCode.BAD_FIELD, an_id(), "position.lat"), 1.0)
    assert (call.refused, calls.unsettled) == (None, 1)
    calls.beat(1.0 + STORED_WITHIN_S)
    assert len(sent.messages) == 2
    calls.blame(error(ErrorCode.NOT_ALLOWED, an_id()), 7.0)
    assert (call.refused, calls.unsettled) == (ErrorCode.NOT_ALLOWED, 0)
    calls.blame(error(ErrorCode.NOT_ALLOWED, "nobody's"), 7.0)


def test_whoever_watches_hears_of_every_change_and_of_many_the_latest_do() -> None:
    calls = Calls(Sent())
    call = calls.take(signal(), 0.0)
    assert call is not None
    heard: list[str] = []

    def watcher(name: str) -> None:
        call.watch(lambda of: heard.append(f"{name} {of.receipt and of.receipt.stage}"))

    for name in "abcdef":
        watcher(name)
    calls.receive(receipt(an_id(), stage=Stage.DELIVERED))
    assert heard == [f"{name} delivered" for name in "cdef"]


def test_one_that_is_not_watched_any_more_is_not_told() -> None:
    calls = Calls(Sent())
    call = calls.take(signal(), 0.0)
    assert call is not None
    heard: list[Call] = []
    call.watch(heard.append)
    call.unwatch(heard.append)
    calls.receive(receipt(an_id()))
    assert heard == []


def test_a_cancel_is_answered_when_it_is_shown_or_can_never_be() -> None:
    sent = Sent()
    calls = Calls(sent)
    call = calls.cancel(an_id(), 0.0)
    assert sent.messages == [Cancel(signal_id=an_id(), ref=CANCEL_REF + an_id())]
    assert not call.cancel_answered
    calls.blame(error(ErrorCode.UNAVAILABLE, CANCEL_REF + an_id()), 0.0)
    assert not call.cancel_answered
    calls.receive(receipt(an_id(), cancel_requested=True))
    assert call.cancel_answered
    gone = calls.cancel(an_id(2), 0.0)
    calls.blame(error(ErrorCode.UNKNOWN_ALERT, CANCEL_REF + an_id(2)), 0.0)
    assert gone.cancel_answered
    assert calls.unsettled == 0
