"""What says to Google that we are we: an access token, good for an hour, for all pushes.

google-auth signs for it and asks (RFC 7523), and blocks meanwhile: it has a thread, one at a time.
"""

import ssl
from collections.abc import Mapping

import httpx
import trio
from google.auth.exceptions import RefreshError, TransportError
from google.auth.transport import Request, Response
from google.oauth2.service_account import Credentials

from dispatch.push.bounds import ANSWER_WITHIN_S


class NoAccess(Exception):  # noqa: N818 - what we have
    """There is no access token. `is_denied`: Google knows us and gives none, and will not."""

    def __init__(self, *, is_denied: bool) -> None:
        super().__init__("denied" if is_denied else "not reached")
        self.is_denied = is_denied


class Access:
    """The access token of one account."""

    def __init__(self, credentials: Credentials, context: ssl.SSLContext) -> None:
        self._credentials = credentials
        self._transport = _Transport(context)
        self._turn = trio.Lock()
        self._thread = trio.CapacityLimiter(1)

    async def token(self, refused: str = "") -> str:
        """Return a token that is good, and is not the one refused. Raises `NoAccess`."""
        async with self._turn:
            if not self._credentials.valid or self._credentials.token == refused:
                await trio.to_thread.run_sync(
                    self._refresh, abandon_on_cancel=True, limiter=self._thread
                )
            return str(self._credentials.token)

    def close(self) -> None:
        """Let go of the connection."""
        self._transport.close()

    def _refresh(self) -> None:
        try:
            self._credentials.refresh(self._transport)  # type: ignore[no-untyped-call]
        except RefreshError as error:
            raise NoAccess(is_denied=not error.retryable) from None
        except (TransportError, ValueError, TypeError, AttributeError):  # or it is no such answer
            raise NoAccess(is_denied=False) from None


class _Answer(Response):
    def __init__(self, response: httpx.Response) -> None:
        self._response = response

    @property
    def status(self) -> int:
        return self._response.status_code

    @property
    def headers(self) -> Mapping[str, str]:
        return self._response.headers

    @property
    def data(self) -> bytes:
        return self._response.content


class _Transport(Request):
    """How google-auth speaks HTTP: by our own client, in bounded time."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._client = httpx.Client(verify=context, trust_env=False, timeout=ANSWER_WITHIN_S)

    def __call__(
        self,
        url: str,
        method: str = "GET",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,  # noqa: ARG002 - the client has one
        **_: object,
    ) -> _Answer:
        try:
            return _Answer(self._client.request(method, url, content=body, headers=headers))
        except httpx.TransportError as error:
            raise TransportError(type(error).__name__) from None  # type: ignore[no-untyped-call]

    def close(self) -> None:
        self._client.close()
