"""Which device asks: PostgreSQL knows the digest of its token.

While it is away, a device that was right a while ago still is: a press, or a picture, must not be
lost for want of a database. A revocation counts as soon as PostgreSQL can be asked again.
"""

import time
from collections import OrderedDict
from collections.abc import Container
from typing import Generic, NamedTuple, TypeVar

from dispatch.console.bounds import CREDENTIALS_HOLD_S, CREDENTIALS_REMEMBERED
from dispatch.console.errors import Declined, ErrorCode, unavailable
from dispatch.core.credentials import matches
from dispatch.store.errors import StoreUnavailable
from dispatch.store.pool import Pool, connected
from protocol.vocabulary import Role

_DEVICE = """
    SELECT device_id, role, token_hash FROM devices WHERE device_id = $1 AND revoked_at IS NULL
"""
_GATEWAY = """
    SELECT g.device_id, g.role, g.token_hash, c.device_id IS NOT NULL AS has_camera
    FROM devices AS g
    LEFT JOIN devices AS c ON c.device_id = $2 AND c.role = 'camera'
                              AND c.gateway_id = g.device_id AND c.revoked_at IS NULL
    WHERE g.device_id = $1 AND g.role = 'gateway' AND g.revoked_at IS NULL
"""


class KnownDevice(NamedTuple):
    """A device, as it was last asked about."""

    device_id: str
    role: Role
    token_hash: bytes | None
    has_camera: bool = False


T = TypeVar("T")


class Memory(Generic[T]):
    """What was true when PostgreSQL was last asked, for while it is away. Bounded."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, ...], tuple[T, float]] = OrderedDict()

    def keep(self, key: tuple[str, ...], known: T | None) -> T | None:
        """Remember what is true of something now; None: there is no such thing."""
        self._known.pop(key, None)
        if known is not None:
            self._known[key] = known, time.monotonic()
            if len(self._known) > CREDENTIALS_REMEMBERED:
                self._known.popitem(last=False)
        return known

    def recall(self, key: tuple[str, ...]) -> T:
        """Return what was true not long ago. Raises `Declined` where that is not known."""
        known, asked_at_s = self._known.get(key, (None, 0.0))
        if known is None or time.monotonic() - asked_at_s > CREDENTIALS_HOLD_S:
            raise unavailable()
        return known


class DeviceCredentials:
    """Judges `Authorization: Bearer device_id:token`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._memory: Memory[KnownDevice] = Memory()

    async def admit(self, authorization: str | None, roles: Container[Role]) -> KnownDevice:
        """Return the device that asks, if its role is one of these. Raises `Declined`."""
        device = await self._proven(authorization, _DEVICE)
        if device.role not in roles:
            raise Declined(
                ErrorCode.NOT_ALLOWED,
                "Este dispositivo no tiene permiso para esto.",
                "This device may not do this.",
            )
        return device

    async def admit_gateway(self, authorization: str | None, camera_id: str) -> str:
        """Return the id of the gateway that asks, if the camera is behind it. Raises `Declined`."""
        gateway = await self._proven(authorization, _GATEWAY, camera_id)
        if not gateway.has_camera:
            raise Declined(
                ErrorCode.NOT_ALLOWED,
                "Esta cámara no está detrás de esta puerta de enlace.",
                "This camera is not behind this gateway.",
                "camera",
            )
        return gateway.device_id

    async def _proven(self, authorization: str | None, query: str, *more: str) -> KnownDevice:
        scheme, _, bearer = (authorization or "").partition(" ")
        # A device's id may hold colons, its token holds none.
        device_id, _, token = bearer.strip().rpartition(":")
        known = await self._ask(query, device_id, *more) if device_id else None
        token_hash = None if known is None else known.token_hash
        if not matches(token, token_hash) or scheme.lower() != "bearer" or known is None:
            raise Declined(
                ErrorCode.NOT_AUTHENTICATED,
                "Preséntese con las credenciales de un dispositivo: «Bearer id:token».",
                "Introduce yourself with a device's credentials: “Bearer id:token”.",
            )
        return known

    async def _ask(self, query: str, *ids: str) -> KnownDevice | None:
        try:
            async with connected(self._pool) as connection:
                row = await connection.fetchrow(query, *ids)
        except StoreUnavailable:
            return self._memory.recall((query, *ids))
        known = None if row is None else KnownDevice(**dict(row) | {"role": Role(row["role"])})
        return self._memory.keep((query, *ids), known)
