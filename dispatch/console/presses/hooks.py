"""Presses of things that only call an address: a Shelly button, a switch, a script; and Traccar's.

The address holds a secret of the device that it presses for. A call of it is a press; the same
call again is another one, which the core folds into the first. So it may be GET as well: that is
all that many such devices can do, and nobody else knows the address.
"""

import secrets
import time
from typing import Annotated, Final

from fastapi import APIRouter, Path, Request, Response

from dispatch.console.access.gatekeeper import slowing_strangers, spend
from dispatch.console.access.throttle import Throttle
from dispatch.console.bodies import Json, gives, read, takes
from dispatch.console.bounds import (
    PRESSES_BURST,
    PRESSES_PER_S,
    STRANGERS_BURST,
    STRANGERS_PER_S,
)
from dispatch.console.credentials import Memory
from dispatch.console.errors import Declined, ErrorCode, bad_field
from dispatch.console.presses.answers import press
from dispatch.console.presses.core_link import CoreLink
from dispatch.console.presses.traccar import Forwarded, alarm_of
from dispatch.console.registry.hook_addresses import HOOKS
from dispatch.core.credentials import digest
from dispatch.store import hooks
from dispatch.store.errors import StoreUnavailable
from dispatch.store.hooks import Hooked
from dispatch.store.pool import Pool
from protocol.messages import Receipt, Signal
from protocol.uuid7 import ENTROPY_BYTES, uuid7
from protocol.vocabulary import Kind, Role

Secret = Annotated[str, Path(min_length=16, max_length=128, pattern=r"^[A-Za-z0-9_-]+$")]
PRESSED: Final = "The press is stored."


def hook_routes(pool: Pool, core: CoreLink) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(tags=["presses"])
    desk = _Desk(pool)

    async def call(request: Request, secret: Secret, kind: Kind = Kind.PANIC) -> Json:
        """Press for the device whose address this is."""
        hooked = await desk.admit(request, secret)
        if hooked.role is Role.GATEWAY:
            raise bad_field(
                "secret",
                "Esta dirección es de una puerta de enlace: diga quién llama (…/traccar).",
                "This address is a gateway's: say who presses (…/traccar).",
            )
        now_ms = time.time_ns() // 1_000_000
        signal = Signal(
            signal_id=uuid7(now_ms, secrets.token_bytes(ENTROPY_BYTES)),
            kind=kind,
            pressed_at_ms=now_ms,
            source_device_id=hooked.device_id,
        )
        return Json(await press(core, signal), 202)

    for method in ("get", "post"):
        described = gives(Receipt, status=202, says=PRESSED)
        getattr(routes, method)(f"{HOOKS}/{{secret}}", **described)(call)

    @routes.post(
        f"{HOOKS}/{{secret}}/traccar",
        **takes(Forwarded),
        **gives(Receipt, status=202, says=PRESSED, also=204),
    )
    async def forward(request: Request, secret: Secret) -> Response:
        """Press for what Traccar forwards (its event or position, as JSON), if that is an alarm."""
        hooked = await desk.admit(request, secret)
        forwarded = await read(request, Forwarded)
        device_id = await desk.source(hooked, forwarded.device.uniqueId)
        signal = alarm_of(forwarded, device_id, time.time_ns() // 1_000_000)
        if signal is None:
            return Response(status_code=204)
        return Json(await press(core, signal), 202)

    return routes


class _Desk:
    """Whose address is called; known for a while without PostgreSQL."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._strangers = Throttle(STRANGERS_BURST, STRANGERS_PER_S)
        self._pace = Throttle(PRESSES_BURST, PRESSES_PER_S)
        self._memory: Memory[Hooked] = Memory()
        self._behind: Memory[bool] = Memory()

    async def admit(self, request: Request, secret: str) -> Hooked:
        """Return whose address this is. Raises `Declined`."""
        with slowing_strangers(self._strangers, request):
            hooked = await self._ask(digest(secret))
            if hooked is None:
                raise Declined(
                    ErrorCode.NOT_AUTHENTICATED,
                    "Esta dirección no es de nadie.",
                    "This address is nobody's.",
                )
        if hooked.role is not Role.GATEWAY:  # it speaks for many
            spend(self._pace, hooked.device_id)
        return hooked

    async def source(self, hooked: Hooked, unique_id: str) -> str:
        """Return the device that was pressed: one behind a gateway, or the address's own."""
        if hooked.role is not Role.GATEWAY:
            return hooked.device_id
        key = (unique_id, hooked.device_id)
        try:
            is_behind = self._behind.keep(key, await hooks.is_behind(self._pool, *key) or None)
        except StoreUnavailable:
            is_behind = self._behind.recall(key)
        if not is_behind:
            raise Declined(
                ErrorCode.NOT_ALLOWED,
                "Este dispositivo no está detrás de esta puerta de enlace.",
                "This device is not behind this gateway.",
                "device.uniqueId",
            )
        spend(self._pace, unique_id)
        return unique_id

    async def _ask(self, secret_hash: bytes) -> Hooked | None:
        key = (secret_hash.hex(),)
        try:
            return self._memory.keep(key, await hooks.hooked(self._pool, secret_hash))
        except StoreUnavailable:
            return self._memory.recall(key)
