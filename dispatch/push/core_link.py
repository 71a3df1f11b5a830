"""The push side's one link to the core: orders come, and what is gone is said."""

import ssl
from collections.abc import Callable
from typing import Final

import trio

from dispatch.push.bounds import KNOCK_EVERY_S, KNOWN_WITHIN_S
from link.connection import Dial, Link
from link.enrolment import Credentials
from link.errors import Refused
from protocol.close_codes import CloseCode
from protocol.messages import AnyServerMessage, Push, PushGone, Welcome

CLIENT_NAME: Final = "cuadrante-push/0.1"


class CoreLink:
    """Hands the core's orders to `take`."""

    def __init__(
        self,
        url: str,
        credentials: Credentials,
        take: Callable[[Push], None],
        *,
        ssl_context: ssl.SSLContext | None = None,
        dial: Dial | None = None,
    ) -> None:
        """Raises `BadAddress`."""
        self._take = take
        self._is_known = False
        self._link = Link(
            url, credentials, self, ssl_context=ssl_context, dial=dial, client=CLIENT_NAME
        )

    @property
    def up(self) -> bool:
        """Whether the core has welcomed the present connection."""
        return self._link.up

    def gone(self, device_id: str, endpoint: str) -> None:
        """Tell the core of an address that wakes nobody. Unheard, the next push says it again."""
        self._link.send(PushGone(device_id=device_id, endpoint=endpoint), routine=True)

    async def run(self) -> None:
        """Keep the link up. Raises `Refused` when the core does not want this push side."""
        give_up_at_s = trio.current_time() + KNOWN_WITHIN_S
        while True:
            try:
                await self._link.run()
            except Refused as refused:
                is_unheard_of = refused.code == CloseCode.BAD_CREDENTIALS and not self._is_known
                if not is_unheard_of or trio.current_time() >= give_up_at_s:
                    raise
            await trio.sleep(KNOCK_EVERY_S)

    # --- the link's owner -------------------------------------------------------------------------

    def greeted(self, welcome: Welcome) -> None:  # noqa: ARG002 - the owner's interface
        """The core knows us. What it wants pushed, it says."""
        self._is_known = True

    def heard(self, message: AnyServerMessage) -> None:
        """Take what the core says."""
        if isinstance(message, Push):
            self._take(message)

    def lost(self) -> None:
        """The link is down; the core orders anew what matters once it is up."""
