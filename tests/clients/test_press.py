import pytest
import trio

from clients.errors import ActionRefused, NoLongerOpen
from clients.outbox import Kept
from clients.press import Press, has_reached
from protocol.messages import Position, Receipt
from protocol.vocabulary import ErrorCode, Kind, Stage, Verdict
from tests.clients.samples import an_id, error, receipt
from tests.patience import PATIENCE_S

AT = Position(4.65, -74.1)


def a_press(*, cancel: bool = False) -> Press:
    return Press(
        an_id(), Kind.PANIC, 1_760_000_000_000, AT, cancel=cancel, on_cancel=lambda _: None
    )


def take(press: Press, *receipts: Receipt) -> None:
    for each in receipts:
        press.take(each, in_sync=False)


async def test_receipts_come_in_order_to_the_end() -> None:
    press = a_press()
    reader = press.receipts()
    take(press, *(receipt(an_id(), n, stage) for n, stage in enumerate(Stage, 1)))
    assert [each.stage async for each in reader] == list(Stage)
    assert press.ended


async def test_an_older_receipt_never_replaces_a_newer_one() -> None:
    press = a_press()
    reader = press.receipts()
    take(
        press,
        receipt(an_id(), 3, Stage.ACCEPTED),
        receipt(an_id(), 2, Stage.DELIVERED),
        receipt(an_id(), 3, Stage.RECEIVED),
        receipt(an_id(), 4, Stage.CLOSED),
    )
    assert [each.version async for each in reader] == [3, 4]


async def test_whoever_comes_later_starts_with_the_newest() -> None:
    press = a_press()
    take(press, receipt(an_id(), 1), receipt(an_id(), 2, Stage.DELIVERED))
    assert (await anext(press.receipts())).version == 2


async def test_until_waits_for_the_stage_or_a_later_one() -> None:
    press = a_press()
    got: list[Receipt] = []

    async def wait() -> None:
        got.append(await press.until(Stage.DELIVERED))

    with trio.fail_after(PATIENCE_S):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(wait)
            await trio.testing.wait_all_tasks_blocked()
            take(press, receipt(an_id(), 1, Stage.RECEIVED))
            await trio.testing.wait_all_tasks_blocked()
            assert got == []
            take(press, receipt(an_id(), 2, Stage.ON_SCENE))
    assert got[0].stage is Stage.ON_SCENE


def test_closed_is_past_every_stage() -> None:
    assert all(has_reached(Stage.CLOSED, stage) for stage in Stage)
    assert not has_reached(Stage.RECEIVED, Stage.DELIVERED)


async def test_it_is_stored_when_a_receipt_of_its_own_says_so() -> None:
    press = a_press()
    reader = press.receipts()
    take(press, receipt(an_id(), 1, stored=False))
    assert press.unstored
    take(press, receipt(an_id(2), 2, alert_id=an_id(), verdict=Verdict.REPEAT_PRESS))
    assert not press.is_stored, "that was the next press"
    take(press, receipt(an_id(), 3))
    take(press, receipt(an_id(3), 4, Stage.CLOSED, alert_id=an_id(), stored=False))
    assert press.is_stored
    assert [each.stored async for each in reader] == [False, False, True, True]


async def test_the_answer_to_a_resent_press_may_say_no_more_than_that_it_is_stored() -> None:
    press = a_press()
    take(press, receipt(an_id(), 1, stored=False))
    take(press, receipt(an_id(2), 2, Stage.DELIVERED, alert_id=an_id(), stored=False))
    with trio.fail_after(PATIENCE_S):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(press.until_stored)
            await trio.testing.wait_all_tasks_blocked()
            take(press, receipt(an_id(), 2, Stage.DELIVERED))
    assert not press.unsettled


async def test_waiting_for_a_press_to_be_stored_ends_with_it() -> None:
    press = a_press()
    take(press, receipt(an_id(), 1, stored=False), receipt(an_id(), 2, Stage.CLOSED, stored=False))
    with pytest.raises(NoLongerOpen):
        await press.until_stored()
    assert not press.unsettled, "what is over is not sent again"


def test_what_another_process_pressed_cannot_be_sent_again() -> None:
    press = Press(an_id(), None, None, None, on_cancel=lambda _: None)
    take(press, receipt(an_id(), stored=False))
    assert not press.unsettled


async def test_a_press_that_vanished_ends_its_readers_and_fails_who_waits() -> None:
    press = a_press()
    take(press, receipt(an_id()))
    reader = press.receipts()
    press.vanish()
    assert [each.version async for each in reader] == [1]
    with pytest.raises(NoLongerOpen):
        await press.until(Stage.ACCEPTED)
    with pytest.raises(NoLongerOpen):
        await press.cancel()


async def test_a_refused_press_raises_the_servers_error() -> None:
    press = a_press()
    press.refuse(error(ErrorCode.NOT_ALLOWED, an_id()))
    with pytest.raises(ActionRefused) as refused:
        await press.until(Stage.RECEIVED)
    assert refused.value.code is ErrorCode.NOT_ALLOWED
    assert not press.unsettled


async def test_a_receipt_of_the_same_alert_is_news_in_this_presss_own_name() -> None:
    press = a_press()
    other = an_id(2)
    take(press, receipt(an_id(), 1))
    take(press, receipt(other, 2, alert_id=an_id(), verdict=Verdict.REPEAT_PRESS))
    assert press.receipt is not None
    assert (press.receipt.version, press.receipt.signal_id) == (2, an_id())
    assert press.receipt.verdict is Verdict.FIRST


def test_it_is_unreceipted_until_its_receipt_and_again_when_asked_about() -> None:
    press = a_press()
    assert press.unreceipted
    take(press, receipt(an_id(), 5, Stage.ACCEPTED))
    assert not press.unreceipted
    press.ask_again()
    assert press.unreceipted
    assert not press.is_stored, "for all we know"
    take(press, receipt(an_id(2), 1, alert_id=an_id()))
    assert press.unreceipted, "that was about another press"
    # The server may have lost what it said before: what it says now is the truth.
    take(press, receipt(an_id(), 1, Stage.RECEIVED))
    assert not press.unreceipted
    assert press.receipt is not None
    assert press.receipt.stage is Stage.RECEIVED


def test_before_synced_a_server_that_was_killed_may_count_from_an_earlier_version() -> None:
    press = a_press()
    take(press, receipt(an_id(), 2))
    press.take(receipt(an_id(), 1), in_sync=True)
    take(press, receipt(an_id(), 2, Stage.DELIVERED))
    assert press.receipt is not None
    assert press.receipt.stage is Stage.DELIVERED


async def _cancelled(press: Press, *answers: Receipt, in_sync: bool = False) -> list[Receipt]:
    got: list[Receipt] = []

    async def cancel() -> None:
        got.append(await press.cancel())

    async with trio.open_nursery() as nursery:
        nursery.start_soon(cancel)
        await trio.testing.wait_all_tasks_blocked()
        for answer in answers:
            press.take(answer, in_sync=in_sync)
        await trio.testing.wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()
    return got


async def test_a_cancel_is_answered_by_the_receipt_that_shows_it() -> None:
    press = a_press()
    take(press, receipt(an_id(), 1))
    shown = receipt(an_id(), 3, cancel_requested=True)
    assert await _cancelled(press, receipt(an_id(), 2, Stage.DELIVERED), shown) == [shown]
    assert not press.unsettled


async def test_a_cancel_that_does_not_count_is_answered_by_the_same_receipt_again() -> None:
    press = a_press()
    take(press, receipt(an_id(), 1))
    assert await _cancelled(press, receipt(an_id(), 1)) == [receipt(an_id(), 1)]


async def test_the_state_sent_after_a_welcome_does_not_answer_a_cancel() -> None:
    press = a_press()
    take(press, receipt(an_id(), 1))
    assert await _cancelled(press, receipt(an_id(), 1), in_sync=True) == []
    assert press.unsettled


async def test_the_answer_to_a_press_sent_again_does_not_answer_a_cancel() -> None:
    press = a_press()
    take(press, receipt(an_id(), 1, stored=False))
    assert await _cancelled(press, receipt(an_id(), 1, stored=False)) == []
    assert press.uncancelled


async def test_an_answered_cancel_is_not_asked_for_again_though_the_press_is() -> None:
    press = a_press()
    take(press, receipt(an_id(), 1, stored=False))
    await _cancelled(press, receipt(an_id(), 2, cancel_requested=True, stored=False))
    assert press.unstored
    assert press.kept() == Kept(an_id(), Kind.PANIC, 1_760_000_000_000, AT, cancel=False)


async def test_a_refused_cancel_leaves_the_press_as_it_is() -> None:
    press = a_press()
    take(press, receipt(an_id(), 1))
    with trio.fail_after(PATIENCE_S):
        async with trio.open_nursery() as nursery:

            async def cancel() -> None:
                with pytest.raises(ActionRefused):
                    await press.cancel()

            nursery.start_soon(cancel)
            await trio.testing.wait_all_tasks_blocked()
            press.refuse_cancel(error(ErrorCode.UNKNOWN_ALERT, None))
    assert not press.ended
    assert not press.unsettled


def test_what_the_outbox_keeps() -> None:
    assert a_press().kept() == Kept(an_id(), Kind.PANIC, 1_760_000_000_000, AT)
    assert a_press(cancel=True).kept() == Kept(an_id(), Kind.PANIC, 1_760_000_000_000, AT, True)
    of_another_process = Press(an_id(), None, None, None, on_cancel=lambda _: None)
    assert of_another_process.kept() is None


def test_complaints_do_not_end_it() -> None:
    press = a_press()
    press.complain(error(ErrorCode.BAD_FIELD, an_id(), "position.lat"))
    assert press.complaints[0].field == "position.lat"
    assert press.unreceipted
