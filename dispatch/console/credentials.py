"""Which gateway may hand in pictures of which camera: PostgreSQL says.

While it is away, a gateway that was right a while ago still is: a picture must not be lost for want
of a database. A revocation counts as soon as PostgreSQL can be asked again.
"""

import time
from collections import OrderedDict
from typing import NamedTuple

from dispatch.console.bounds import CREDENTIALS_HOLD_S, CREDENTIALS_REMEMBERED
from dispatch.console.errors import Declined, ErrorCode, unavailable
from dispatch.core.credentials import matches
from dispatch.store.errors import StoreUnavailable
from dispatch.store.pool import Pool, connected

_GATEWAY = """
    SELECT g.token_hash, c.device_id IS NOT NULL AS has_camera
    FROM devices AS g
    LEFT JOIN devices AS c ON c.device_id = $2 AND c.role = 'camera'
                              AND c.gateway_id = g.device_id AND c.revoked_at IS NULL
    WHERE g.device_id = $1 AND g.role = 'gateway' AND g.revoked_at IS NULL
"""


class _Known(NamedTuple):
    token_hash: bytes | None
    has_camera: bool
    asked_at_s: float


class GatewayCredentials:
    """Judges `Authorization: Bearer device_id:token`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._known: OrderedDict[tuple[str, str], _Known] = OrderedDict()

    async def admit(self, authorization: str | None, camera_id: str) -> str:
        """Return the id of the gateway that asks, if the camera is behind it. Raises `Declined`."""
        scheme, _, bearer = (authorization or "").partition(" ")
        # A device's id may hold colons, its token holds none.
        gateway_id, _, token = bearer.strip().rpartition(":")
        known = await self._ask(gateway_id, camera_id) if gateway_id else None
        token_hash = None if known is None else known.token_hash
        if not matches(token, token_hash) or scheme.lower() != "bearer":
            raise Declined(
                ErrorCode.NOT_AUTHENTICATED,
                "Preséntese con las credenciales de una puerta de enlace: «Bearer id:token».",
                "Introduce yourself with a gateway's credentials: “Bearer id:token”.",
            )
        if known is None or not known.has_camera:
            raise Declined(
                ErrorCode.NOT_ALLOWED,
                "Esta cámara no está detrás de esta puerta de enlace.",
                "This camera is not behind this gateway.",
                "camera",
            )
        return gateway_id

    async def _ask(self, gateway_id: str, camera_id: str) -> _Known | None:
        pair = gateway_id, camera_id
        try:
            async with connected(self._pool) as connection:
                row = await connection.fetchrow(_GATEWAY, gateway_id, camera_id)
        except StoreUnavailable:
            return self._recall(pair)
        self._known.pop(pair, None)
        if row is None:
            return None
        known = _Known(row["token_hash"], row["has_camera"], time.monotonic())
        self._known[pair] = known
        if len(self._known) > CREDENTIALS_REMEMBERED:
            self._known.popitem(last=False)
        return known

    def _recall(self, pair: tuple[str, str]) -> _Known:
        known = self._known.get(pair)
        if known is None or time.monotonic() - known.asked_at_s > CREDENTIALS_HOLD_S:
            raise unavailable()
        return known
