"""A real HTTPS server in Firebase's place: every documented answer, and what it comes to."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio
import trustme

from dispatch.push.fcm import provider
from dispatch.push.fcm.account import read_account
from dispatch.push.fcm.provider import Fcm, FcmOptions, judge, message
from dispatch.push.orders import Order
from dispatch.push.outcome import Answer, Outcome
from protocol.messages import PushTarget
from protocol.vocabulary import PushKind, Urgency
from tests.push.fcm.stand_in import OK, PROJECT, TOKEN, FcmStandIn, Says, account_file, firebase
from tests.push.orders import order
from tests.push.receiver import trusting

AUTHORITY = trustme.CA()
TARGET = PushTarget(PushKind.FCM, TOKEN)


def note(number: int = 1) -> Order:
    return order(number, target=TARGET, expires_at_s=trio.current_time() + 60.2)


@asynccontextmanager
async def connected(
    stand_in: FcmStandIn, folder: Path, authority: trustme.CA = AUTHORITY
) -> AsyncIterator[Fcm]:
    with firebase(stand_in, authority) as url:
        account = read_account(account_file(folder, url))
        one = Fcm(FcmOptions(account, url), trusting(AUTHORITY))
        try:
            yield one
        finally:
            await one.aclose()


async def test_what_firebase_is_told(tmp_path: Path) -> None:
    stand_in = FcmStandIn()
    async with connected(stand_in, tmp_path) as one:
        assert await one.send(sent := note()) == Answer(Outcome.ACCEPTED, 200)
        assert (await one.send(note(2))).outcome is Outcome.ACCEPTED
    got, second = stand_in.got
    assert got.path == f"/v1/projects/{PROJECT}/messages:send"
    assert got.headers["authorization"] == second.headers["authorization"] == "Bearer access-1"
    assert json.loads(got.body) == {
        "message": {
            "token": TOKEN,
            "data": {"alert_id": sent.alert_id, "urgency": "normal"},
            "android": {"priority": "HIGH", "ttl": "60s", "collapse_key": sent.alert_id},
        }
    }


def test_a_drill_is_less_urgent_and_a_late_one_is_sent_all_the_same() -> None:
    drill = message(order(target=TARGET, urgency=Urgency.LOW, expires_at_s=1.0), 0.9)
    assert drill["message"]["android"]["priority"] == "NORMAL"
    assert drill["message"]["android"]["ttl"] == "1s"


@pytest.mark.parametrize(
    ("says", "outcome"),
    [
        (Says(404, "UNREGISTERED", "NOT_FOUND"), Outcome.GONE),
        (Says(404, "", "NOT_FOUND"), Outcome.REFUSED),  # no such project
        (Says(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT"), Outcome.REFUSED),
        (Says(401, "THIRD_PARTY_AUTH_ERROR", "UNAUTHENTICATED"), Outcome.REFUSED),
        (Says(403, "SENDER_ID_MISMATCH", "PERMISSION_DENIED"), Outcome.REFUSED),
        (Says(403, "", "PERMISSION_DENIED"), Outcome.REFUSED),
        (Says(429, "QUOTA_EXCEEDED", "RESOURCE_EXHAUSTED"), Outcome.BUSY),
        (Says(503, "UNAVAILABLE", "UNAVAILABLE"), Outcome.BUSY),
        (Says(500, "INTERNAL", "INTERNAL"), Outcome.FAILED),
    ],
)
async def test_each_answer_has_its_outcome_and_what_it_asks_us_to_wait_is_heard(
    tmp_path: Path, says: Says, outcome: Outcome
) -> None:
    stand_in = FcmStandIn(says, OK)
    stand_in.retry_after = "17"
    async with connected(stand_in, tmp_path) as one:
        word = says.error_code or says.general
        assert await one.send(note()) == Answer(outcome, says.status, 17.0, word)
        assert (await one.send(note(2))).outcome is Outcome.ACCEPTED


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (404, b"<html>no such page</html>", Outcome.REFUSED),
        (429, b"", Outcome.BUSY),
        (502, b"\xff", Outcome.FAILED),
        (503, b"[]", Outcome.BUSY),
        (400, b'{"error": {"status": "SOMETHING_NEW", "details": [{"errorCode": 7}]}}', None),
        (400, b'{"error": {"status": "SOMETHING_NEW", "details": [{}]}}', Outcome.REFUSED),
    ],
)
def test_what_is_not_documented_is_read_by_its_status_and_not_repeated(
    status: int, body: bytes, outcome: Outcome | None
) -> None:
    assert judge(status, body) == Answer(outcome or Outcome.REFUSED, status)


async def test_access_that_is_not_taken_is_asked_for_anew_and_the_push_goes_out(
    tmp_path: Path,
) -> None:
    stand_in = FcmStandIn()
    stand_in.revoked = {"access-1"}
    async with connected(stand_in, tmp_path) as one:
        assert (await one.send(note())).outcome is Outcome.ACCEPTED
    assert [got.headers["authorization"] for got in stand_in.got] == ["Bearer access-2"]


async def test_without_access_nothing_is_sent(tmp_path: Path) -> None:
    stand_in = FcmStandIn()
    async with connected(stand_in, tmp_path) as one:
        stand_in.gives_tokens = 400
        assert await one.send(note()) == Answer(Outcome.REFUSED, reason="denied")
        stand_in.gives_tokens = 200
        stand_in.revoked = {"access-1", "access-2"}
        answer = await one.send(note())
        assert answer == Answer(Outcome.REFUSED, 401, reason="UNAUTHENTICATED")
    assert not stand_in.got


@pytest.mark.parametrize("is_endpoint", [True, False])
async def test_one_that_says_nothing_has_failed_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_endpoint: bool
) -> None:
    monkeypatch.setattr(provider, "ANSWER_WITHIN_S", 1.0)
    stand_in = FcmStandIn(None)
    stand_in.gives_tokens = None if is_endpoint else 200
    async with connected(stand_in, tmp_path) as one:
        with trio.fail_after(4.0):
            assert await one.send(note()) == Answer(Outcome.FAILED)


async def test_one_that_cannot_be_reached_or_is_not_trusted_has_failed(tmp_path: Path) -> None:
    stand_in = FcmStandIn()
    async with connected(stand_in, tmp_path, trustme.CA()) as one:
        assert (await one.send(note())).outcome is Outcome.FAILED
    assert not stand_in.tokens
    account = read_account(account_file(tmp_path, "https://localhost:1"))
    nobody = Fcm(FcmOptions(account, "https://localhost:1"), trusting(AUTHORITY))
    assert (await nobody.send(note())).outcome is Outcome.FAILED
    await nobody.aclose()
