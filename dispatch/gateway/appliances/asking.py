"""One appliance that speaks HTTP (a camera, a relay), asked so that it can do no harm.

It may be slow, hang, answer without end, or be in somebody else's hands. So every question has a
deadline, every answer a bound, and no answer sends us anywhere else: addresses come from the sealed
registry alone.
"""

import ssl
from collections.abc import AsyncIterator
from typing import Final

import httpx
import trio

from dispatch.gateway.appliances.bounds import (
    ANSWER_MAX_BYTES,
    CONNECTIONS_PER_APPLIANCE,
    KEEP_CONNECTION_S,
)

# httpx makes one for each client otherwise, at some 20 ms each.
_TLS: Final = ssl.create_default_context()


class Unreachable(Exception):  # noqa: N818 - a state of the appliance, named as such
    """Nobody answers there, or not in time."""


class Faulty(Exception):  # noqa: N818 - a state of the appliance, named as such
    """It answers, and not as it should. The message says how, without what it said."""


class Appliance:
    """A client of its own, so that one that hangs takes nobody else's connections.

    Its HTTP digest session (RFC 7616, and RFC 2617 for old ones) is kept: after the first question
    each takes one round trip instead of two. A password is never sent in clear.
    """

    def __init__(self, user: str, password: str) -> None:
        self._auth = httpx.DigestAuth(user, password) if user else None
        self._client = httpx.AsyncClient(
            verify=_TLS,
            trust_env=False,  # no proxy stands between a gateway and what hangs on its walls
            follow_redirects=False,
            timeout=None,  # noqa: S113 - the deadline below bounds all of it, not each step
            limits=httpx.Limits(
                max_connections=CONNECTIONS_PER_APPLIANCE, keepalive_expiry=KEEP_CONNECTION_S
            ),
            headers={"Accept-Encoding": "identity"},
            event_hooks={"response": [_bound]},
        )

    async def get(self, url: str, deadline_s: float) -> httpx.Response:
        """Ask for `url`. Raises `Unreachable`, `Faulty`."""
        return await self._ask(httpx.Request("GET", url), deadline_s)

    async def post(
        self, url: str, content: bytes, content_type: str, deadline_s: float
    ) -> httpx.Response:
        """Send `content` to `url`. Raises `Unreachable`, `Faulty`."""
        headers = {"Content-Type": content_type}
        return await self._ask(
            httpx.Request("POST", url, content=content, headers=headers), deadline_s
        )

    async def aclose(self) -> None:
        """Let go of its connections."""
        await self._client.aclose()

    async def _ask(self, request: httpx.Request, deadline_s: float) -> httpx.Response:
        try:
            with trio.fail_after(deadline_s):
                response = await self._client.send(request, auth=self._auth)
        except trio.TooSlowError:
            raise Unreachable(f"no answer within {deadline_s:g} s") from None
        except httpx.TransportError as error:
            if isinstance(error, httpx.ProtocolError | httpx.UnsupportedProtocol):
                raise Faulty("does not speak HTTP as it should") from None
            raise Unreachable(type(error).__name__) from None
        # httpx lets through what a challenge says that it cannot follow.
        except (httpx.InvalidURL, KeyError, ValueError, NotImplementedError):
            raise Faulty("cannot be asked so") from None
        return _judged(response)


def _judged(response: httpx.Response) -> httpx.Response:
    status = response.status_code
    if status in (401, 403):
        raise Faulty("does not accept its user and password")
    if response.is_redirect:
        raise Faulty("sends elsewhere; write that address into its wiring if it is right")
    if not response.is_success:
        raise Faulty(f"answers with HTTP {status}")
    return response


async def _bound(response: httpx.Response) -> None:
    """Bound whatever is read of an answer, a refusal's text included."""
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise Faulty("answers in an encoding that it was not asked for")
    if not isinstance(response.stream, httpx.AsyncByteStream):
        raise TypeError("an asynchronous client reads asynchronous streams")
    response.stream = _Bounded(response.stream)


class _Bounded(httpx.AsyncByteStream):
    def __init__(self, stream: httpx.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = ANSWER_MAX_BYTES
        async for chunk in self._stream:
            left -= len(chunk)
            if left < 0:
                raise Faulty(f"answers with more than {ANSWER_MAX_BYTES} bytes")
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()
