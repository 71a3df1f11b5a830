"""Each address goes to its own push service, and to none that we do not believe."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio
import trustme
from msgspec.structs import replace

from dispatch.push.desk import Desk
from dispatch.push.orders import Order
from dispatch.push.outcome import Outcome
from dispatch.push.tally import Tally
from dispatch.push.vapid import vapid_keys
from dispatch.push.webpush import Browsers, Envelopes
from protocol.messages import Push, PushTarget
from protocol.vocabulary import PushKind, Stage, Urgency
from tests.core.town import signal_id
from tests.patience import PATIENCE_S
from tests.push.orders import order
from tests.push.receiver import Browser, PushStandIn, receiving, trusting
from tests.push.test_lane import OK, Service

AUTHORITY = trustme.CA()
ENVELOPES = Envelopes(vapid_keys(bytes(48)), "turno@example.com")


@asynccontextmanager
async def desk(
    *hosts: str, tally: Tally | None = None
) -> AsyncIterator[tuple[Desk, list[Order], Service]]:
    gone: list[Order] = []
    apple = Service(OK)
    browsers = {host: Browsers(ENVELOPES, trusting(AUTHORITY)) for host in hosts}
    one = Desk(browsers, {PushKind.APNS: apple}, tally or Tally(), gone.append)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(one.run)
        yield one, gone, apple
        nursery.cancel_scope.cancel()


def push(*targets: PushTarget) -> Push:
    return Push(
        alert_id=signal_id(1),
        device_id="patrol-1",
        urgency=Urgency.NORMAL,
        ttl_s=60,
        targets=targets,
    )


async def until(is_so) -> None:
    with trio.fail_after(PATIENCE_S):
        while not is_so():  # noqa: ASYNC110 - what runs in threads tells nobody here
            await trio.sleep(0.01)


async def test_every_address_of_a_device_is_pushed_to_and_what_is_gone_is_said() -> None:
    stand_in, browsers = PushStandIn(201, 410), (Browser(), Browser())
    with receiving(stand_in, AUTHORITY) as url:
        async with desk("localhost") as (one, gone, _):
            one.take(push(browsers[0].target(f"{url}/1")))
            await until(lambda: len(stand_in.got) == 1)
            one.take(push(browsers[1].target(f"{url}/2")))
            await until(lambda: gone)
    assert [got.path for got in stand_in.got] == ["/1", "/2"]
    assert browsers[1].read(stand_in.got[1].body)["alert_id"] == signal_id(1)
    assert [each.target.endpoint for each in gone] == [f"{url}/2"]


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://evil.example/1",
        "https://evilexample.com/1",
        "https://example.com.evil.net/1",
        "https://127.0.0.1/1",
        "https://user@169.254.169.254/latest",
        "https://[::1/1",
        "https://",
    ],
)
async def test_an_address_of_nobody_we_believe_is_gone_and_nothing_is_sent(endpoint: str) -> None:
    async with desk("example.com") as (one, gone, _):
        one.take(push(Browser().target(endpoint)))
        assert [each.target.endpoint for each in gone] == [endpoint]


async def test_a_telephone_is_pushed_to_through_its_makers_service_alone() -> None:
    tally = Tally()
    async with desk("apns", "fcm", tally=tally) as (one, gone, apple):
        one.take(push(PushTarget(PushKind.APNS, "0f" * 32), PushTarget(PushKind.FCM, "t" * 40)))
        await until(lambda: apple.asked)
        one.take(push(Browser().target("https://evil.example/apns")))
    assert [order.target.endpoint for _, order in apple.asked] == ["0f" * 32]
    refused = tally.outcomes.labels(PushKind.FCM, Outcome.REFUSED)
    assert refused._value.get() == 1, "it is not set up here"
    assert [each.target.kind for each in gone] == [PushKind.WEBPUSH], "the token is kept"


async def test_how_far_a_call_has_got_is_passed_on() -> None:
    async with desk() as (one, _, apple):
        one.take(replace(push(PushTarget(PushKind.APNS, "0f" * 32)), stage=Stage.ON_SCENE))
        await until(lambda: apple.asked)
    assert apple.asked[0][1].said["stage"] == "on_scene"


async def test_a_browser_without_keys_is_gone() -> None:
    async with desk("localhost") as (one, gone, _):
        one.take(push(order(endpoint="https://localhost/1").target))
        await until(lambda: gone)


async def test_one_that_is_silent_holds_up_no_other() -> None:
    silent, well, browser = PushStandIn(None), PushStandIn(), Browser()
    with receiving(silent, AUTHORITY) as black_hole, receiving(well, AUTHORITY) as url:
        hole = black_hole.replace("localhost", "127.0.0.1")
        async with desk("127.0.0.1", "localhost") as (one, _, _):
            one.take(push(*(browser.target(f"{hole}/{number}") for number in range(3))))
            started_s = trio.current_time()
            one.take(push(browser.target(f"{url}/1")))
            await until(lambda: well.got)
            assert trio.current_time() - started_s < 4.0, "it did not wait for the other's deadline"
