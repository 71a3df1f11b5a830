"""A message reaches the browser it is for, and no other reads it; what goes wrong is an answer."""

import time

import pytest
import trio
import trustme
from cryptography.exceptions import InvalidTag

from dispatch.push.bounds import TOKEN_VALID_S
from dispatch.push.outcome import Outcome
from dispatch.push.vapid import vapid_keys
from dispatch.push.webpush import Browsers, Envelopes
from protocol.vocabulary import Urgency
from tests.patience import PATIENCE_S
from tests.push.orders import order
from tests.push.receiver import Browser, PushStandIn, check_signature, receiving, trusting

KEYS = vapid_keys(bytes(range(48)))
AUTHORITY = trustme.CA()
ENVELOPES = Envelopes(KEYS, "turno@example.com")


async def answered(stand_in: PushStandIn, path: str = "/1") -> Outcome:
    browser = Browser()
    with receiving(stand_in, AUTHORITY) as url:
        service = Browsers(ENVELOPES, trusting(AUTHORITY))
        try:
            return (await service.send(order(target=browser.target(url + path)))).outcome
        finally:
            await service.aclose()


async def test_the_browser_reads_which_alert_and_the_service_nothing() -> None:
    stand_in, browser = PushStandIn(), Browser()
    with receiving(stand_in, AUTHORITY) as url:
        service = Browsers(ENVELOPES, trusting(AUTHORITY))
        expires_at_s = trio.current_time() + 60.2
        one = order(target=browser.target(f"{url}/send/1"), expires_at_s=expires_at_s)
        answer = await service.send(one)
        await service.aclose()
        (got,) = stand_in.got
    assert answer.outcome is Outcome.ACCEPTED
    assert browser.read(got.body) == {"alert_id": one.alert_id, "urgency": "normal"}
    assert one.alert_id.encode() not in got.body
    with pytest.raises(InvalidTag):
        Browser().read(got.body)
    assert (got.path, got.headers["ttl"], got.headers["urgency"]) == ("/send/1", "60", "high")
    assert got.headers["content-encoding"] == "aes128gcm"
    assert got.headers["topic"] == one.alert_id.replace("-", "")
    claims = check_signature(got.headers["authorization"], KEYS.application_key)
    assert claims["sub"] == "mailto:turno@example.com"
    assert claims["aud"] == "https://localhost"
    assert 0 < claims["exp"] - time.time() <= TOKEN_VALID_S


def test_a_drill_is_less_urgent_and_a_late_one_is_sent_without_delay_or_not_at_all() -> None:
    target = Browser().target("https://push.example/1")
    drill = order(target=target, urgency=Urgency.LOW, expires_at_s=10.0)
    headers = ENVELOPES.request(drill, 9.9).headers
    assert (headers["urgency"], headers["ttl"]) == ("normal", "1")


@pytest.mark.parametrize(
    "target",
    [
        order().target,  # no point of the curve
        Browser().target("https://"),
    ],
)
def test_keys_that_are_none_and_an_address_that_is_none_are_said(target) -> None:
    with pytest.raises(ValueError, match=r"point|URL"):
        ENVELOPES.request(order(target=target), 0.0)


async def test_nobody_is_sent_elsewhere() -> None:
    stand_in = PushStandIn(307)
    assert await answered(stand_in) is Outcome.REFUSED
    assert len(stand_in.got) == 1


async def test_one_that_cannot_be_reached_has_failed() -> None:
    service = Browsers(ENVELOPES, trusting(AUTHORITY))
    one = order(target=Browser().target("https://localhost:1/1"))
    assert (await service.send(one)).outcome is Outcome.FAILED
    await service.aclose()


async def test_one_that_we_do_not_trust_is_told_nothing() -> None:
    stand_in = PushStandIn()
    with receiving(stand_in, trustme.CA()) as url:
        service = Browsers(ENVELOPES, trusting(AUTHORITY))
        assert (
            await service.send(order(target=Browser().target(url + "/1")))
        ).outcome is Outcome.FAILED
        await service.aclose()
    assert not stand_in.got


async def test_one_that_says_nothing_has_failed_in_time() -> None:
    with trio.fail_after(PATIENCE_S):
        assert await answered(PushStandIn(None)) is Outcome.FAILED


async def test_what_it_asks_us_to_wait_is_heard() -> None:
    stand_in = PushStandIn(429)
    stand_in.retry_after = "17"
    with receiving(stand_in, AUTHORITY) as url:
        service = Browsers(ENVELOPES, trusting(AUTHORITY))
        answer = await service.send(order(target=Browser().target(url + "/1")))
        await service.aclose()
    assert (answer.outcome, answer.wait_s) == (Outcome.BUSY, 17.0)
