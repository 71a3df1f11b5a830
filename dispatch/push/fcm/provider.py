"""Firebase Cloud Messaging: one message, one answer, in time.

("Send a message using FCM HTTP v1 API", "FCM error codes".) The message holds data alone, and says
that there is an alert, and which: neither who calls nor where. The app shows it, and fetches what
more there is over its own session.
"""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import httpx
import msgspec
import trio

from dispatch.push.bounds import ANSWER_WITHIN_S
from dispatch.push.fcm.access import Access, NoAccess
from dispatch.push.fcm.account import Account
from dispatch.push.kept_client import kept_client
from dispatch.push.orders import Order
from dispatch.push.outcome import Answer, Outcome, asked_to_wait_s
from protocol.vocabulary import Urgency

OUTCOMES: Final[Mapping[str, Outcome]] = MappingProxyType(
    {
        "UNREGISTERED": Outcome.GONE,
        "INVALID_ARGUMENT": Outcome.REFUSED,
        "NOT_FOUND": Outcome.REFUSED,
        "PERMISSION_DENIED": Outcome.REFUSED,
        "SENDER_ID_MISMATCH": Outcome.REFUSED,
        "THIRD_PARTY_AUTH_ERROR": Outcome.REFUSED,
        "UNAUTHENTICATED": Outcome.REFUSED,
        "QUOTA_EXCEEDED": Outcome.BUSY,
        "RESOURCE_EXHAUSTED": Outcome.BUSY,
        "UNAVAILABLE": Outcome.BUSY,
        "INTERNAL": Outcome.FAILED,
    }
)
"""What each error comes to: those of FCM, and those of Google's interfaces in general."""


@dataclass(frozen=True, slots=True)
class FcmOptions:
    """What an installation has from Firebase."""

    account: Account
    url: str
    """Where to send to."""


class Fcm:
    """Pushes to telephones with Google's services. A fault there is an answer."""

    def __init__(self, options: FcmOptions, context: ssl.SSLContext) -> None:
        project_id = options.account.project_id
        self._url = f"{options.url.rstrip('/')}/v1/projects/{project_id}/messages:send"
        self._access = Access(options.account.credentials, context)
        self._client = kept_client(context)

    async def send(self, order: Order) -> Answer:
        """Hand over one push."""
        try:
            with trio.fail_after(ANSWER_WITHIN_S):
                token = await self._access.token()
                answer = await self._ask(order, token)
                if answer.reason == "UNAUTHENTICATED":
                    answer = await self._ask(order, await self._access.token(refused=token))
                return answer
        except NoAccess as none:
            return Answer(Outcome.REFUSED if none.is_denied else Outcome.FAILED, reason=str(none))
        except (trio.TooSlowError, httpx.TransportError):
            return Answer(Outcome.FAILED)

    async def aclose(self) -> None:
        """Let go of the connections."""
        self._access.close()
        await self._client.aclose()

    async def _ask(self, order: Order, token: str) -> Answer:
        response = await self._client.post(
            self._url,
            content=msgspec.json.encode(message(order, trio.current_time())),
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        )
        return judge(
            response.status_code, response.content, response.headers.get("Retry-After", "")
        )


def message(order: Order, now_s: float) -> dict[str, Any]:
    """Write one. A later one for the same alert takes its place while the telephone is away."""
    is_drill = order.urgency is Urgency.LOW
    return {
        "message": {
            "token": order.target.endpoint,
            "data": order.said,
            "android": {
                "priority": "NORMAL" if is_drill else "HIGH",
                "ttl": f"{max(1, round(order.expires_at_s - now_s))}s",
                "collapse_key": order.alert_id,
            },
        }
    }


class _Detail(msgspec.Struct):
    error_code: str = msgspec.field(default="", name="errorCode")


class _Error(msgspec.Struct):
    status: str = ""
    details: list[_Detail] = []


class _Refusal(msgspec.Struct):
    error: _Error


def judge(status: int, body: bytes = b"", retry_after: str = "") -> Answer:
    """Read an answer. Words that are not known are not repeated: they are not ours to log.

    A 404 alone says nothing of the telephone: the project may be another's, or none.
    """
    if 200 <= status < 300:
        return Answer(Outcome.ACCEPTED, status)
    wait_s = asked_to_wait_s(retry_after)
    for word in _words(body):
        if word in OUTCOMES:
            return Answer(OUTCOMES[word], status, wait_s, word)
    if status in (429, 503):
        return Answer(Outcome.BUSY, status, wait_s)
    return Answer(Outcome.FAILED if status >= 500 else Outcome.REFUSED, status, wait_s)


def _words(body: bytes) -> list[str]:
    """Return what an error is called, most exactly first."""
    try:
        error = msgspec.json.decode(body, type=_Refusal).error
    except (msgspec.DecodeError, UnicodeError):
        return []
    return [*(detail.error_code for detail in error.details), error.status]
