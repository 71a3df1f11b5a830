"""A real HTTP/2 server over TLS in Apple's place: every documented answer, and what it comes to."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
import trio
import trustme
from aioapns.common import NotificationResult

from dispatch.push.apns.provider import OUTCOMES, Apns, ApnsOptions, judge
from dispatch.push.orders import Order
from dispatch.push.outcome import Answer, Outcome
from protocol.messages import PushTarget
from protocol.vocabulary import PushKind
from tests.push.apns.stand_in import (
    KEY_ID,
    OK,
    PEM,
    TEAM_ID,
    TOKEN,
    TOPIC,
    ApnsStandIn,
    Says,
    apple,
)
from tests.push.orders import order
from tests.push.receiver import trusting

AUTHORITY = trustme.CA()
OPTIONS = ApnsOptions(PEM, KEY_ID, TEAM_ID, (TOPIC, "co.example.boton"), "localhost", 0, False)


def note(number: int = 1, topic: str = "") -> Order:
    target = PushTarget(PushKind.APNS, TOKEN, topic=topic)
    return order(number, target=target, expires_at_s=trio.current_time() + 60)


@asynccontextmanager
async def connected(
    stand_in: ApnsStandIn, options: ApnsOptions = OPTIONS, authority: trustme.CA = AUTHORITY
) -> AsyncIterator[Apns]:
    with apple(stand_in, authority) as port:
        one = Apns(replace(options, port=port), trusting(AUTHORITY))
        try:
            yield one
        finally:
            await one.aclose()


async def test_what_apple_is_told() -> None:
    stand_in = ApnsStandIn()
    async with connected(stand_in) as one:
        sent = note()
        assert (await one.send(sent)).outcome is Outcome.ACCEPTED
    (got,) = stand_in.got
    stand_in.claims(got)
    assert got.path == f"/3/device/{TOKEN}"
    assert got.headers["apns-topic"] == TOPIC
    assert got.headers["apns-push-type"] == "alert"
    assert got.headers["apns-priority"] == "10"
    assert got.headers["apns-collapse-id"] == got.payload["alert_id"] == sent.alert_id
    assert int(got.headers["apns-expiration"]) > 0


async def test_each_app_is_pushed_to_by_its_own_name_and_others_are_not() -> None:
    stand_in = ApnsStandIn()
    async with connected(stand_in) as one:
        assert (await one.send(note(topic="co.example.boton"))).outcome is Outcome.ACCEPTED
        assert (await one.send(note(topic="co.example.other"))).outcome is Outcome.REFUSED
    assert [got.headers["apns-topic"] for got in stand_in.got] == ["co.example.boton"]


@pytest.mark.parametrize(
    ("says", "outcome"),
    [
        (Says(400, "BadDeviceToken"), Outcome.GONE),
        (Says(400, "DeviceTokenNotForTopic"), Outcome.GONE),
        (Says(400, "IdleTimeout"), Outcome.FAILED),
        (Says(400, "BadCollapseId"), Outcome.REFUSED),
        (Says(403, "InvalidProviderToken"), Outcome.REFUSED),
        (Says(404, "BadPath"), Outcome.REFUSED),
        (Says(405, "MethodNotAllowed"), Outcome.REFUSED),
        (Says(410, "Unregistered"), Outcome.GONE),
        (Says(410, "ExpiredToken"), Outcome.GONE),
        (Says(413, "PayloadTooLarge"), Outcome.REFUSED),
        (Says(429, "TooManyRequests"), Outcome.THROTTLED),
        (Says(429, "TooManyProviderTokenUpdates"), Outcome.BUSY),
        (Says(500, "InternalServerError"), Outcome.FAILED),
        (Says(503, "ServiceUnavailable"), Outcome.FAILED),
        (Says(503, "Shutdown"), Outcome.FAILED),
        (Says(400, "SomethingNew"), Outcome.REFUSED),
        (Says(410, "SomethingNew"), Outcome.GONE),
        (Says(429, "SomethingNew"), Outcome.THROTTLED),
        (Says(502, "SomethingNew"), Outcome.FAILED),
    ],
)
async def test_each_answer_has_its_outcome_and_the_next_is_sent(
    says: Says, outcome: Outcome
) -> None:
    async with connected(ApnsStandIn(says, OK)) as one:
        reason = says.reason if says.reason in OUTCOMES else ""
        assert await one.send(note()) == Answer(outcome, says.status, reason=reason)
        assert (await one.send(note(2))).outcome is Outcome.ACCEPTED


@pytest.mark.parametrize(
    ("status", "reason", "outcome"),
    [
        ("", None, Outcome.FAILED),
        ("teapot", None, Outcome.FAILED),
        ("٣", None, Outcome.FAILED),
        ("400", ["BadTopic"], Outcome.REFUSED),
        ("410", 7, Outcome.GONE),
    ],
)
def test_nonsense_is_read_as_far_as_it_goes(status: str, reason: Any, outcome: Outcome) -> None:
    answer = judge(NotificationResult("1", status, reason))
    assert (answer.outcome, answer.reason) == (outcome, "")


async def test_a_token_that_expired_is_signed_anew_and_the_push_goes_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("dispatch.push.apns.provider_token.PROVIDER_TOKEN_STANDS_S", 0)
    stand_in = ApnsStandIn(Says(403, "ExpiredProviderToken"), OK)
    async with connected(stand_in) as one:
        assert (await one.send(note())).outcome is Outcome.ACCEPTED
    first, second = stand_in.got
    assert first.headers["apns-id"] != second.headers["apns-id"]
    assert first.headers["authorization"] != second.headers["authorization"]


async def test_one_that_is_new_and_not_taken_is_told_to_the_operator() -> None:
    stand_in = ApnsStandIn(Says(403, "ExpiredProviderToken"))
    async with connected(stand_in) as one:
        answer = await one.send(note())
    assert answer == Answer(Outcome.REFUSED, 403, reason="ExpiredProviderToken")
    assert len(stand_in.got) == 1


async def test_one_that_cannot_be_reached_or_is_not_trusted_has_failed() -> None:
    nobody = Apns(replace(OPTIONS, port=1), trusting(AUTHORITY))
    assert (await nobody.send(note())).outcome is Outcome.FAILED
    await nobody.aclose()
    stand_in = ApnsStandIn()
    async with connected(stand_in, authority=trustme.CA()) as one:
        assert (await one.send(note())).outcome is Outcome.FAILED
    assert not stand_in.got


def test_the_key_is_not_shown() -> None:
    assert "PRIVATE" not in repr(OPTIONS)
