"""Presses through disconnects, over real sockets, with a server that the test plays."""

from pathlib import Path

import pytest
import trio

from clients.app import App
from clients.errors import ActionRefused, NoLongerOpen, NotReceived, NotStored, OutboxError
from clients.outbox import Kept, Outbox
from clients.press import Press
from clients.sender import MAX_UNSETTLED
from link.errors import Refused
from link.outbound import MAX_URGENT
from protocol.close_codes import CloseCode
from protocol.limits import FRAMES_BURST
from protocol.messages import Cancel, Position, Receipt, Signal
from protocol.vocabulary import ErrorCode, Kind, Stage, Verdict
from tests.clients.samples import APP, an_id, error, receipt
from tests.link.peer import PATIENCE_S, Guest, Peer, peer

AT = Position(lat=4.65, lon=-74.1, accuracy_m=12.0)


async def back(server: Peer) -> Guest:
    """Welcome the next connection."""
    guest = await server.visit()
    await guest.welcome()
    return guest


async def follow(press: Press) -> list[Receipt]:
    with trio.fail_after(PATIENCE_S):
        return [each async for each in press.receipts()]


async def next_is_new(app: App, guest: Guest) -> None:
    """Nothing old was sent: the next signal that the server hears is one pressed now."""
    press = await app.press()
    assert (await guest.hear(Signal)).signal_id == press.signal_id
    await guest.say(receipt(press.signal_id))


async def test_a_press_goes_out_and_its_receipts_come_back_in_order() -> None:
    async with peer() as server, App(server.url, APP) as app:
        guest = await back(server)
        press = await app.press(Kind.PANIC, position=AT)
        signal = await guest.hear(Signal)
        assert (signal.signal_id, signal.kind, signal.position) == (press.signal_id, "panic", AT)
        assert signal.pressed_at_ms == press.pressed_at_ms
        reader = press.receipts()
        await guest.say(*(receipt(press.signal_id, n, stage) for n, stage in enumerate(Stage, 1)))
        assert [each.stage async for each in reader] == list(Stage)
        assert app.presses == {}


async def test_one_press_survives_any_number_of_disconnects_with_its_id() -> None:
    async with peer() as server, App(server.url, APP) as app:
        press = await app.press(Kind.MEDICAL, position=AT)
        heard = []
        for how in ("cut", "close", "cut"):
            guest = await back(server)
            heard.append(await guest.hear(Signal))
            await (guest.cut() if how == "cut" else guest.close(CloseCode.DRAINING))
        guest = await back(server)
        heard.append(await guest.hear(Signal))
        await guest.say(receipt(press.signal_id))
        with trio.fail_after(PATIENCE_S):
            await press.until(Stage.RECEIVED)
        assert len(heard) == 4
        assert set(heard) == {heard[0]}
        assert heard[0].signal_id == press.signal_id


async def test_what_is_received_but_not_stored_is_sent_again_as_it_was() -> None:
    async with peer() as server, App(server.url, APP) as app:
        guest = await back(server)
        press = await app.press(Kind.FIRE, position=AT)
        first = await guest.hear(Signal)
        await guest.say(receipt(press.signal_id, stored=False))
        with trio.fail_after(PATIENCE_S):
            await press.until(Stage.RECEIVED)
        await guest.cut()
        guest = await server.visit()
        await guest.welcome(receipt(press.signal_id, stored=False))
        assert await guest.hear(Signal) == first
        await guest.say(receipt(press.signal_id, stored=False), receipt(press.signal_id, 2))
        with trio.fail_after(PATIENCE_S):
            assert (await press.until_stored()).version == 2
        await next_is_new(app, guest)


async def test_a_server_that_could_not_store_a_press_is_sent_it_again_ever_later() -> None:
    async with peer() as server, App(server.url, APP) as app:
        guest = await back(server)
        press = await app.press()
        first = await guest.hear(Signal)
        for attempt in range(1, 4):
            await guest.say(
                receipt(press.signal_id, stored=False),
                error(ErrorCode.UNABLE_TO_STORE, None, alert_id=press.signal_id),
            )
            assert await guest.hear(Signal) == first
            assert press.attempts == attempt + 1, "so that the next wait is longer"
        await guest.say(receipt(press.signal_id, 2))
        with trio.fail_after(PATIENCE_S):
            await press.until_stored()
        assert press.attempts == 0
        await next_is_new(app, guest)


async def test_what_is_stored_is_not_sent_again() -> None:
    async with peer() as server, App(server.url, APP) as app:
        guest = await back(server)
        press = await app.press()
        await guest.hear(Signal)
        await guest.say(receipt(press.signal_id))
        with trio.fail_after(PATIENCE_S):
            await press.until(Stage.RECEIVED)
        await guest.cut()
        guest = await server.visit()
        await guest.welcome(receipt(press.signal_id, 2, Stage.DELIVERED))
        with trio.fail_after(PATIENCE_S):
            await press.until(Stage.DELIVERED)
            await app.synced()
        await next_is_new(app, guest)


async def test_presses_made_offline_go_first_and_in_order() -> None:
    async with peer() as server, App(server.url, APP) as app:
        first = await app.press(Kind.PANIC)
        second = await app.press(Kind.FIRE)
        guest = await back(server)
        ids = [(await guest.hear(Signal)).signal_id for _ in range(2)]
        assert ids == [first.signal_id, second.signal_id]
        await guest.say(*(receipt(each) for each in ids))


async def test_an_id_that_another_device_used_is_replaced() -> None:
    async with peer() as server, App(server.url, APP) as app:
        guest = await back(server)
        press = await app.press(position=AT)
        first = await guest.hear(Signal)
        await guest.say(error(ErrorCode.SIGNAL_ID_CONFLICT, first.ref))
        second = await guest.hear(Signal)
        assert second.signal_id != first.signal_id
        assert second.signal_id == press.signal_id
        assert second.pressed_at_ms == first.pressed_at_ms
        await guest.say(receipt(second.signal_id))
        with trio.fail_after(PATIENCE_S):
            assert (await press.until(Stage.RECEIVED)).signal_id == second.signal_id


@pytest.mark.parametrize(
    "code", [ErrorCode.OVERLOADED, ErrorCode.UNAVAILABLE, ErrorCode.NOT_GREETED]
)
async def test_a_server_without_room_is_asked_again(code: ErrorCode) -> None:
    async with peer() as server, App(server.url, APP) as app:
        guest = await back(server)
        press = await app.press()
        first = await guest.hear(Signal)
        await guest.say(error(code, first.ref))
        assert await guest.hear(Signal) == first
        await guest.say(receipt(press.signal_id))


async def test_details_left_out_are_told_and_the_press_goes_on() -> None:
    async with peer() as server, App(server.url, APP) as app:
        guest = await back(server)
        press = await app.press()
        signal = await guest.hear(Signal)
        await guest.say(
            error(ErrorCode.BAD_FIELD, signal.ref, "position.lat"), receipt(press.signal_id)
        )
        with trio.fail_after(PATIENCE_S):
            await press.until(Stage.RECEIVED)
        assert [complaint.field for complaint in press.complaints] == ["position.lat"]


@pytest.mark.parametrize(
    ("code", "field"), [(ErrorCode.NOT_ALLOWED, None), (ErrorCode.BAD_FIELD, "kind")]
)
async def test_a_press_that_can_never_be_taken_fails(code: ErrorCode, field: str | None) -> None:
    async with peer() as server, App(server.url, APP) as app:
        guest = await back(server)
        press = await app.press()
        signal = await guest.hear(Signal)
        await guest.say(error(code, signal.ref, field))
        with trio.fail_after(PATIENCE_S), pytest.raises(ActionRefused):
            await press.until(Stage.RECEIVED)
        assert app.presses == {}


async def test_one_receipt_is_news_for_every_press_in_its_alert() -> None:
    async with peer() as server, App(server.url, APP) as app:
        guest = await back(server)
        first, second = await app.press(), await app.press()
        await guest.hear(Signal)
        await guest.hear(Signal)
        repeat = receipt(
            second.signal_id, 1, alert_id=first.signal_id, verdict=Verdict.REPEAT_PRESS
        )
        accepted = receipt(second.signal_id, 2, Stage.ACCEPTED, alert_id=first.signal_id)
        await guest.say(receipt(first.signal_id, 1), repeat, accepted)
        with trio.fail_after(PATIENCE_S):
            for press in (first, second):
                news = await press.until(Stage.ACCEPTED)
                assert news.signal_id == press.signal_id


# --- cancelling -----------------------------------------------------------------------------------


async def test_a_cancel_survives_a_disconnect() -> None:
    async with peer() as server, App(server.url, APP) as app, trio.open_nursery() as nursery:
        guest = await back(server)
        press = await app.press()
        await guest.hear(Signal)
        await guest.say(receipt(press.signal_id))
        with trio.fail_after(PATIENCE_S):
            await press.until(Stage.RECEIVED)
        answered = trio.Event()

        async def cancel() -> None:
            assert (await press.cancel()).cancel_requested
            answered.set()

        nursery.start_soon(cancel)
        await guest.hear(Cancel)
        await guest.cut()
        guest = await server.visit()
        await guest.welcome(receipt(press.signal_id))
        assert (await guest.hear(Cancel)).signal_id == press.signal_id
        assert not answered.is_set()
        await guest.say(receipt(press.signal_id, 2, cancel_requested=True))
        with trio.fail_after(PATIENCE_S):
            await answered.wait()


async def test_a_press_cancelled_offline_is_sent_with_its_cancel() -> None:
    async with peer() as server, App(server.url, APP) as app, trio.open_nursery() as nursery:
        press = await app.press()
        nursery.start_soon(press.cancel)
        await trio.testing.wait_all_tasks_blocked()
        guest = await back(server)
        assert (await guest.hear(Signal)).signal_id == press.signal_id
        assert (await guest.hear(Cancel)).signal_id == press.signal_id
        await guest.say(receipt(press.signal_id, 2, cancel_requested=True))


# --- after a reconnect ----------------------------------------------------------------------------


async def test_a_press_that_is_missing_is_asked_about_and_told_its_end() -> None:
    async with peer() as server, App(server.url, APP) as app:
        guest = await back(server)
        press = await app.press()
        await guest.hear(Signal)
        await guest.say(receipt(press.signal_id, 4, Stage.ACCEPTED))
        with trio.fail_after(PATIENCE_S):
            await press.until(Stage.ACCEPTED)
        await guest.cut()
        guest = await back(server)
        assert (await guest.hear(Signal)).signal_id == press.signal_id
        await guest.say(receipt(press.signal_id, 5, Stage.CLOSED))
        assert (await follow(press))[-1].stage is Stage.CLOSED


async def test_an_unstored_press_that_the_server_lost_is_sent_once_and_counted_from_one() -> None:
    async with peer() as server, App(server.url, APP) as app:
        guest = await back(server)
        press = await app.press()
        await guest.hear(Signal)
        await guest.say(receipt(press.signal_id, 4, Stage.ACCEPTED, stored=False))
        with trio.fail_after(PATIENCE_S):
            await press.until(Stage.ACCEPTED)
        await guest.cut()
        guest = await back(server)
        assert (await guest.hear(Signal)).signal_id == press.signal_id
        with trio.fail_after(PATIENCE_S):
            await app.synced()
        await guest.say(receipt(press.signal_id, 1, stored=False), receipt(press.signal_id, 2))
        with trio.fail_after(PATIENCE_S):
            assert (await press.until_stored()).stage is Stage.RECEIVED
        await next_is_new(app, guest)


async def test_the_presses_of_an_earlier_process_are_found_and_end_with_the_state() -> None:
    async with peer() as server, App(server.url, APP) as app:
        guest = await server.visit()
        await guest.welcome(receipt(an_id(), 3, Stage.DELIVERED))
        with trio.fail_after(PATIENCE_S):
            await app.synced()
        press = app.presses[an_id()]
        assert press.kind is None
        await guest.cut()
        guest = await back(server)
        with trio.fail_after(PATIENCE_S), pytest.raises(NoLongerOpen):
            await press.until(Stage.CLOSED)
        assert app.presses == {}
        await next_is_new(app, guest)  # what we did not press we do not press again


# --- leaving --------------------------------------------------------------------------------------


async def test_leaving_waits_until_the_press_is_stored() -> None:
    async with peer() as server, trio.open_nursery() as nursery:
        left = trio.Event()

        async def press_and_leave() -> None:
            async with App(server.url, APP) as app:
                await app.press()
            left.set()

        nursery.start_soon(press_and_leave)
        guest = await back(server)
        signal = await guest.hear(Signal)
        await guest.say(
            receipt(signal.signal_id, stored=False),
            error(ErrorCode.UNABLE_TO_STORE, None, alert_id=signal.signal_id),
        )
        assert await guest.hear(Signal) == signal
        assert not left.is_set()
        await guest.say(receipt(signal.signal_id, 2))
        with trio.fail_after(PATIENCE_S):
            await left.wait()
        await guest.gone()
        assert guest.socket.close_code == 1000


async def test_leaving_says_so_if_there_is_no_receipt_in_time() -> None:
    async with peer() as server:
        app = App(server.url, APP, linger_s=0)
        with pytest.raises(NotReceived) as failure:
            async with app:
                await app.press()
        assert "123" in (failure.value.advice.en if failure.value.advice else "")


async def test_leaving_says_so_if_it_is_not_stored_in_time_and_the_next_run_goes_on(
    tmp_path: Path,
) -> None:
    path = tmp_path / "outbox.json"
    async with peer() as server:

        async def press_and_leave() -> None:
            async with App(server.url, APP, outbox=path, linger_s=0) as app:
                press = await app.press()
                guest = await back(server)
                await guest.hear(Signal)
                await guest.say(receipt(press.signal_id, stored=False))
                with trio.fail_after(PATIENCE_S):
                    await press.until(Stage.RECEIVED)

        with pytest.raises(NotStored) as failure:
            await press_and_leave()
        assert not isinstance(failure.value, NotReceived)
        (kept,) = Outbox(path, "app-1").load()
        async with App(server.url, APP, outbox=path):
            guest = await server.visit()
            await guest.welcome(receipt(kept.signal_id))
            signal = await guest.hear(Signal)
            assert (signal.signal_id, signal.pressed_at_ms) == (kept.signal_id, kept.pressed_at_ms)
            await guest.say(receipt(kept.signal_id))
    assert Outbox(path, "app-1").load() == ()


async def test_a_refused_device_ends_the_block_with_the_reason() -> None:
    async with peer() as server:

        async def story() -> None:
            async with App(server.url, APP) as app:
                await app.press()
                guest = await server.visit()
                await guest.welcome()
                await guest.close(CloseCode.REVOKED)
                await trio.sleep_forever()

        with trio.fail_after(PATIENCE_S), pytest.raises(Refused) as refused:
            await story()
        assert refused.value.code == CloseCode.REVOKED


# --- the outbox -----------------------------------------------------------------------------------


async def test_a_restarted_app_sends_the_same_press(tmp_path: Path) -> None:
    path = tmp_path / "outbox.json"
    async with peer() as server:
        with pytest.raises(NotReceived):
            async with App(server.url, APP, outbox=path, linger_s=0) as app:
                before = await app.press(Kind.FIRE, position=AT)
    async with peer() as server, App(server.url, APP, outbox=path):
        guest = await back(server)
        signal = await guest.hear(Signal)
        assert signal.signal_id == before.signal_id
        assert (signal.kind, signal.position) == (Kind.FIRE, AT)
        assert signal.pressed_at_ms == before.pressed_at_ms
        await guest.say(receipt(signal.signal_id))


async def test_the_outbox_is_empty_once_the_server_has_stored_it(tmp_path: Path) -> None:
    path = tmp_path / "outbox.json"
    async with peer() as server:
        async with App(server.url, APP, outbox=path) as app:
            press = await app.press(Kind.FIRE, position=AT)
            assert Outbox(path, "app-1").load() == (press.kept(),)
            guest = await back(server)
            await guest.hear(Signal)
            await guest.say(receipt(press.signal_id, stored=False))
            with trio.fail_after(PATIENCE_S):
                await press.until(Stage.RECEIVED)
            assert Outbox(path, "app-1").load() == (press.kept(),)
            await guest.say(receipt(press.signal_id, 2))
        assert Outbox(path, "app-1").load() == ()


async def test_another_devices_outbox_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "outbox.json"
    await Outbox(path, "app-9").save([Kept(an_id(), Kind.PANIC, 1)])
    with pytest.raises(OutboxError):
        async with App("ws://127.0.0.1:1/v1", APP, outbox=path):
            pass


async def test_what_waits_is_bounded_and_fits_one_burst() -> None:
    async with peer() as server:

        async def press_too_often() -> None:
            async with App(server.url, APP, linger_s=0) as app:
                for _ in range(MAX_UNSETTLED):
                    await app.press()
                with pytest.raises(OutboxError):
                    await app.press()

        with pytest.raises(NotReceived):
            await press_too_often()
    signals_and_cancels = 2 * MAX_UNSETTLED
    assert signals_and_cancels < min(FRAMES_BURST, MAX_URGENT)
