"""Lets devices in by the token that they greet the core with: `Authorization: Bearer id:token`."""

import time
from dataclasses import dataclass
from typing import Final

from fastapi import Request

from dispatch.console.access.gatekeeper import address_of, spend, too_many
from dispatch.console.access.throttle import Throttle
from dispatch.console.bounds import CALLS_BURST, CALLS_PER_S, STRANGERS_BURST, STRANGERS_PER_S
from dispatch.console.errors import Declined, ErrorCode
from dispatch.core.credentials import matches
from dispatch.store.pool import Pool, connected
from protocol.vocabulary import Role

_DEVICE: Final = "SELECT role, token_hash FROM devices WHERE device_id = $1 AND revoked_at IS NULL"


@dataclass(frozen=True, slots=True)
class KnownDevice:
    """An enrolled device that asks for something."""

    device_id: str
    role: Role


class DeviceCredentials:
    """Which device asks?"""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._strangers = Throttle(STRANGERS_BURST, STRANGERS_PER_S)
        self._calls = Throttle(CALLS_BURST, CALLS_PER_S)

    async def admit(self, request: Request) -> KnownDevice:
        """Return who asks. Raises `Declined`."""
        address = address_of(request)
        if wait_s := self._strangers.wait_s(address, time.monotonic()):
            raise too_many(wait_s)
        scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
        # A device's id may hold colons, its token holds none.
        device_id, _, token = bearer.strip().rpartition(":")
        async with connected(self._pool) as connection:
            row = await connection.fetchrow(_DEVICE, device_id)
        token_hash = None if row is None else row["token_hash"]
        if not matches(token, token_hash) or scheme.lower() != "bearer" or row is None:
            self._strangers.spend(address, time.monotonic())
            raise Declined(
                ErrorCode.NOT_AUTHENTICATED,
                "Preséntese con las credenciales de un dispositivo: «Bearer id:token».",
                "Introduce yourself with a device's credentials: “Bearer id:token”.",
            )
        spend(self._calls, device_id)
        return KnownDevice(device_id, Role(row["role"]))
