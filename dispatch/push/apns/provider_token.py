"""What says to Apple that we are we: one token for all connections, signed by our key.

Apple wants a new one at least every 60 minutes, and none within 20 ("Establishing a token-based
connection to APNs"). aioapns by itself would sign one for each connection.
"""

import time
from collections.abc import Callable

from aioapns.connection import AuthorizationHeaderProvider, JWTAuthorizationHeaderProvider

from dispatch.push.bounds import PROVIDER_TOKEN_EVERY_S, PROVIDER_TOKEN_STANDS_S


class ProviderToken(AuthorizationHeaderProvider):
    """The token of one installation. `clock` tells the seconds since the epoch."""

    def __init__(
        self, key: str, key_id: str, team_id: str, clock: Callable[[], float] = time.time
    ) -> None:
        self._who = key, key_id, team_id
        self._clock = clock
        self._sign()

    def get_header(self) -> str:
        """Return the header with the token in force."""
        if not 0 <= self._age_s() < PROVIDER_TOKEN_EVERY_S:
            self._sign()
        return str(self._signer.get_header())  # type: ignore[no-untyped-call]

    def renew(self, refused: str) -> bool:
        """Say whether there is another token than this, which Apple did not take.

        No: it was signed only now, and so it is the clock or the key that is wrong.
        """
        if self.get_header() == refused:
            if 0 <= self._age_s() < PROVIDER_TOKEN_STANDS_S:
                return False
            self._sign()
        return True

    def _age_s(self) -> float:
        return self._clock() - self._signed_at_s

    def _sign(self) -> None:
        self._signer = JWTAuthorizationHeaderProvider(*self._who)
        self._signed_at_s = self._clock()
