"""aioapns, mended where it would wait for ever or lose what it holds.

What is mended, each with its test against a server that does it:

- it never hears of a stream that is reset, nor of an error without a body;
- what was given up on makes it stumble when the connection is lost, so that others wait for ever;
- a connection that swallows everything is used again and again, as is one that was lost early;
- it overruns a new connection before Apple has said how much it takes at once;
- it allows the other side 65,535 bytes of answers in all, and then hears no more reasons;
- it forgets nothing of what was taken, and hangs up after 10 s without work;
- it signs a token for each connection, and of too many Apple takes none.

Its own retries are not used: `push/lane.py` has those, with a breaker.
"""

import asyncio
import logging
import ssl
from collections.abc import Callable
from functools import partial
from typing import Any

from aioapns.common import NotificationRequest, NotificationResult
from aioapns.connection import APNsBaseClientProtocol, APNsKeyConnectionPool, APNsTLSClientProtocol
from aioapns.exceptions import ConnectionClosed
from h2.connection import H2Connection
from h2.events import DataReceived, Event, StreamReset
from h2.settings import ChangedSetting, SettingCodes

from dispatch.push.apns.provider_token import ProviderToken
from dispatch.push.bounds import ANSWER_WITHIN_S, APNS_CONNECTIONS_MAX, KEEP_CONNECTION_S

logging.getLogger("aioapns").disabled = True  # what fails, the lane says, once and as all we say


class WasReset(Exception):  # noqa: N818 - what happened to it
    """The other side dropped one notification, and goes on with the others."""


class _Wire(H2Connection):
    """HTTP/2 that says which streams are reset, and lets answers come for as long as they do."""

    def __init__(self, on_reset: Callable[[int], None]) -> None:
        super().__init__()
        self._on_reset = on_reset

    def receive_data(self, data: Any) -> list[Event]:
        events = super().receive_data(data)
        for event in events:
            if isinstance(event, StreamReset):
                self._on_reset(event.stream_id)
            elif isinstance(event, DataReceived):
                self.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        return events


class Connection(APNsTLSClientProtocol):
    """One connection to Apple."""

    INACTIVITY_TIME = int(KEEP_CONNECTION_S)

    def __init__(
        self,
        server: str,
        topic: str,
        on_lost: Callable[[APNsBaseClientProtocol], None],
        token: ProviderToken,
    ) -> None:
        super().__init__(topic, None, on_lost, token)  # type: ignore[arg-type]
        self.APNS_SERVER = server
        self.conn = _Wire(self._was_reset)
        self.is_ready = asyncio.Event()
        """Apple has said how much it takes at once, or the connection is lost."""

    async def send_notification(self, request: NotificationRequest) -> NotificationResult:
        """Hand over one notification. Raises `ConnectionClosed`, `WasReset`, h2's `H2Error`."""
        if self.transport is None or self.transport.is_closing():
            raise ConnectionClosed("it was lost before it was used")
        try:
            return await super().send_notification(request)
        finally:
            self.requests.pop(request.notification_id, None)
            self.request_statuses.pop(request.notification_id, None)

    def on_stream_ended(self, stream_id: int) -> None:
        """An answer is over; whoever still waits for it gets what there is, its status alone."""
        super().on_stream_ended(stream_id)
        notification_id, waiting = self._let_go(stream_id)
        status = self.request_statuses.get(notification_id, "")
        if waiting is not None:
            waiting.set_result(NotificationResult(notification_id, status))

    def on_remote_settings_changed(
        self, changed_settings: dict[SettingCodes, ChangedSetting]
    ) -> None:
        """Apple says how much it takes at once."""
        super().on_remote_settings_changed(changed_settings)
        self.is_ready.set()

    def connection_lost(self, exc: Exception | None) -> None:
        """Whoever waits on this connection is told."""
        super().connection_lost(exc)
        self.is_ready.set()

    def _was_reset(self, stream_id: int) -> None:
        self.free_channels.release()
        _, waiting = self._let_go(stream_id)
        if waiting is not None:
            waiting.set_exception(WasReset())

    def _let_go(self, stream_id: int) -> tuple[str, asyncio.Future[NotificationResult] | None]:
        notification_id = self.request_streams.pop(stream_id, "")
        waiting = self.requests.pop(notification_id, None)
        return notification_id, None if waiting is None or waiting.done() else waiting


class Pool(APNsKeyConnectionPool):
    """Connections to Apple, in the loop that runs. Raises `ConnectionError` of aioapns."""

    def __init__(
        self, host: str, port: int, topic: str, token: ProviderToken, context: ssl.SSLContext
    ) -> None:
        super().__init__(
            *("", "", ""), topic, max_connections=APNS_CONNECTIONS_MAX, ssl_context=context
        )
        self._host, self._port = host, port
        self._token = token
        self._open: set[APNsBaseClientProtocol] = set()

    async def send_notification(self, request: NotificationRequest) -> NotificationResult:
        """Hand over one notification, once.

        A connection on which that fails, in whatever way, is not used again: what is under way on
        it has its time still. Raises `Exception` of many kinds, all of which say that it failed.
        """
        connection = await self.acquire()
        try:
            result = await connection.send_notification(request)
        except WasReset:
            raise
        except BaseException:  # it took too long as well: then whoever waited has cancelled this
            self.retire(connection)
            raise
        if result.status.startswith("5"):
            self.retire(connection)
        return result

    def retire(self, connection: APNsBaseClientProtocol) -> None:
        """Use a connection no more."""
        if connection in self.connections:
            self.connections.remove(connection)
            self.loop.call_later(ANSWER_WITHIN_S, _hang_up, connection)

    def discard_connection(self, connection: APNsBaseClientProtocol) -> None:
        """A connection is lost, perhaps before it was ever used, or after it was retired."""
        self._open.discard(connection)
        if connection in self.connections:
            self.connections.remove(connection)

    def close(self) -> None:
        """Hang up at once, on all of them."""
        for connection in tuple(self._open):
            _hang_up(connection)

    async def create_connection(self) -> Connection:
        """Open one. Raises `OSError`."""
        _, connection = await self.loop.create_connection(
            partial(
                Connection, self._host, self.apns_topic or "", self.discard_connection, self._token
            ),
            self._host,
            self._port,
            ssl=self.ssl_context,
        )
        self._open.add(connection)
        await connection.is_ready.wait()
        return connection


def _hang_up(connection: APNsBaseClientProtocol) -> None:
    if connection.transport is not None:
        connection.transport.abort()
