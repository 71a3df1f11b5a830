"""Web Push: one message for one browser, encrypted for it alone (RFC 8291) and signed as ours (RFC
8292), handed to its push service (RFC 8030).

The message says that there is an alert, and which: neither who calls nor where. The page fetches
that over its own session.
"""

import ssl
from io import BytesIO

import httpx
import msgspec
import trio
from webpush import WebPush, WebPushSubscription
from webpush.types import WebPushKeys

from dispatch.push.bounds import (
    ANSWER_WITHIN_S,
    TOKEN_VALID_S,
)
from dispatch.push.kept_client import kept_client
from dispatch.push.orders import Order
from dispatch.push.outcome import Answer, Outcome, judge
from dispatch.push.vapid import VapidKeys
from protocol.vocabulary import Urgency


class Envelopes:
    """Writes the requests of one installation."""

    def __init__(self, keys: VapidKeys, contact: str) -> None:
        self._webpush = WebPush(
            BytesIO(keys.private_pem), BytesIO(keys.public_pem), contact, expiration=TOKEN_VALID_S
        )

    def request(self, order: Order, now_s: float) -> httpx.Request:
        """Write one. Raises `ValueError` where the address's keys are none."""
        target = order.target
        subscription = WebPushSubscription(
            endpoint=target.endpoint, keys=WebPushKeys(auth=target.auth, p256dh=target.p256dh)
        )
        ttl_s = max(1, round(order.expires_at_s - now_s))
        message = self._webpush.get(msgspec.json.encode(order.said), subscription, ttl=ttl_s)
        headers = {
            **message.headers,
            "Content-Type": "application/octet-stream",
            "Urgency": "normal" if order.urgency is Urgency.LOW else "high",
            # At most 32 signs of base64url: a later push for the alert takes the place of this one.
            "Topic": order.alert_id.replace("-", "")[:32],
        }
        return httpx.Request("POST", target.endpoint, content=message.encrypted, headers=headers)


class Browsers:
    """One push service, over connections of its own that are kept. Nothing it says is read."""

    def __init__(self, envelopes: Envelopes, context: ssl.SSLContext) -> None:
        self._envelopes = envelopes
        self._client = kept_client(context)

    async def send(self, order: Order) -> Answer:
        """Hand over one message."""
        try:
            request = self._envelopes.request(order, trio.current_time())
        except (ValueError, httpx.InvalidURL):
            return Answer(Outcome.GONE)  # no browser has such keys, or such an address
        try:
            with trio.fail_after(ANSWER_WITHIN_S):
                response = await self._client.send(request, stream=True)
                await response.aclose()
        except (trio.TooSlowError, httpx.TransportError):
            return Answer(Outcome.FAILED)
        return judge(response.status_code, response.headers.get("Retry-After", ""))

    async def aclose(self) -> None:
        """Let go of its connections."""
        await self._client.aclose()
