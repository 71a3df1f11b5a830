"""Apple's push notification service: one notification, one answer, in time."""

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Final

import trio
from aioapns import ConnectionError, NotificationRequest  # noqa: A004 - it has this name
from aioapns.common import NotificationResult
from aioapns.exceptions import ConnectionClosed
from h2.exceptions import H2Error

from dispatch.push.apns.asyncio_thread import AsyncioThread
from dispatch.push.apns.connection import Pool, WasReset
from dispatch.push.apns.notification import notification
from dispatch.push.apns.provider_token import ProviderToken
from dispatch.push.bounds import ANSWER_WITHIN_S
from dispatch.push.orders import Order
from dispatch.push.outcome import Answer, Outcome

OUTCOMES: Final[Mapping[str, Outcome]] = MappingProxyType(
    {
        "BadDeviceToken": Outcome.GONE,
        "DeviceTokenNotForTopic": Outcome.GONE,
        "ExpiredToken": Outcome.GONE,
        "Unregistered": Outcome.GONE,
        "BadCertificate": Outcome.REFUSED,
        "BadCertificateEnvironment": Outcome.REFUSED,
        "BadCollapseId": Outcome.REFUSED,
        "BadEnvironmentKeyIdInToken": Outcome.REFUSED,
        "BadExpirationDate": Outcome.REFUSED,
        "BadMessageId": Outcome.REFUSED,
        "BadPath": Outcome.REFUSED,
        "BadPriority": Outcome.REFUSED,
        "BadTopic": Outcome.REFUSED,
        "DuplicateHeaders": Outcome.REFUSED,
        "ExpiredProviderToken": Outcome.REFUSED,
        "Forbidden": Outcome.REFUSED,
        "InvalidProviderToken": Outcome.REFUSED,
        "InvalidPushType": Outcome.REFUSED,
        "MethodNotAllowed": Outcome.REFUSED,
        "MissingDeviceToken": Outcome.REFUSED,
        "MissingProviderToken": Outcome.REFUSED,
        "MissingTopic": Outcome.REFUSED,
        "PayloadEmpty": Outcome.REFUSED,
        "PayloadTooLarge": Outcome.REFUSED,
        "TopicDisallowed": Outcome.REFUSED,
        "UnrelatedKeyIdInToken": Outcome.REFUSED,
        "TooManyRequests": Outcome.THROTTLED,
        "TooManyProviderTokenUpdates": Outcome.BUSY,
        "IdleTimeout": Outcome.FAILED,
        "InternalServerError": Outcome.FAILED,
        "ServiceUnavailable": Outcome.FAILED,
        "Shutdown": Outcome.FAILED,
    }
)
"""What each reason comes to ("Handling notification responses from APNs")."""

SIGN_AGAIN: Final = frozenset({"ExpiredProviderToken", "InvalidProviderToken"})


@dataclass(frozen=True, slots=True)
class ApnsOptions:
    """What an installation has from Apple."""

    key: str = field(repr=False)
    """The signing key, PEM."""
    key_id: str
    team_id: str
    topics: tuple[str, ...]
    """The bundle ids of the apps that it may push to, the usual one first."""
    host: str
    port: int
    critical: bool
    """Whether Apple allows the apps to sound on silenced telephones."""


class Apns:
    """Pushes to telephones of Apple's. A fault there is an answer, never an exception."""

    def __init__(self, options: ApnsOptions, context: ssl.SSLContext) -> None:
        context.set_alpn_protocols(["h2"])
        self._options = options
        self._context = context
        self._token = ProviderToken(options.key, options.key_id, options.team_id)
        self._thread = AsyncioThread("apns")
        self._pool: Pool | None = None

    async def send(self, order: Order) -> Answer:
        """Hand over one push."""
        topic = order.target.topic or self._options.topics[0]
        if topic not in self._options.topics:
            return Answer(Outcome.REFUSED, reason="topic of no app of ours")
        request = partial(
            notification, order, topic, trio.current_time(), critical=self._options.critical
        )
        with trio.move_on_after(ANSWER_WITHIN_S):
            return await self._thread.do(partial(self._ask, request))
        return Answer(Outcome.FAILED)

    async def aclose(self) -> None:
        """Let go of the connections."""
        await self._thread.do(self._hang_up)
        self._thread.close()

    async def _ask(self, write: Callable[[], NotificationRequest]) -> Answer:
        if self._pool is None:  # it belongs to the loop that makes it
            options = self._options
            self._pool = Pool(
                options.host, options.port, options.topics[0], self._token, self._context
            )
        header = self._token.get_header()
        try:
            answer = judge(await self._pool.send_notification(write()))
            if answer.reason in SIGN_AGAIN and self._token.renew(header):
                answer = judge(await self._pool.send_notification(write()))
        except (ConnectionClosed, ConnectionError, WasReset, H2Error):
            return Answer(Outcome.FAILED)
        return answer

    async def _hang_up(self) -> None:
        if self._pool is not None:
            self._pool.close()


def judge(result: NotificationResult) -> Answer:
    """Read an answer. Reasons that are not known are not repeated: they are not ours to log."""
    status = int(result.status) if result.status.isdecimal() else 0
    reason: object = result.description
    if isinstance(reason, str) and reason in OUTCOMES:
        return Answer(OUTCOMES[reason], status, reason=reason)
    if status == 200:
        return Answer(Outcome.ACCEPTED, status)
    if status == 410:
        return Answer(Outcome.GONE, status)
    if status == 429:
        return Answer(Outcome.THROTTLED, status)
    return Answer(Outcome.REFUSED if 400 <= status < 500 else Outcome.FAILED, status)
