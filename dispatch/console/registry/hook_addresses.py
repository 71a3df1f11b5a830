"""Addresses that press for devices: given out, taken away. What calls them: `presses/hooks.py`."""

import secrets
from typing import Final

from fastapi import APIRouter, Depends, Response
from msgspec import Struct

from dispatch.console.access.gatekeeper import Gatekeeper
from dispatch.console.access.rights import Right
from dispatch.console.bodies import Json, gives
from dispatch.console.registry.lists import RegistryId, unknown
from dispatch.core.credentials import digest
from dispatch.store import hooks
from dispatch.store.pool import Pool

HOOKS: Final = "/v1/hooks"
SECRET_BYTES: Final = 32


class Hook(Struct, frozen=True):
    """An address that presses for a device. It is shown this once."""

    path: str


def hook_address_routes(pool: Pool, gatekeeper: Gatekeeper) -> APIRouter:
    """Return the routes."""
    may_change = Depends(gatekeeper.may(Right.REGISTER))
    routes = APIRouter(tags=["registry"], dependencies=[may_change])

    @routes.post("/v1/devices/{device_id}/hook", **gives(Hook, status=201))
    async def new_hook(device_id: RegistryId) -> Json:
        """Give a device an address by which anything that speaks HTTP presses for it."""
        secret = secrets.token_urlsafe(SECRET_BYTES)
        if not await hooks.put_hook(pool, device_id, digest(secret)):
            raise unknown("dispositivo que pueda llamar", "device that can press")
        return Json(Hook(f"{HOOKS}/{secret}"), 201)

    @routes.delete("/v1/devices/{device_id}/hook", **gives(status=204))
    async def remove_hook(device_id: RegistryId) -> Response:
        """Have that address press no more."""
        if not await hooks.remove_hook(pool, device_id):
            raise unknown("dirección de dispositivo", "device with an address")
        return Response(status_code=204)

    return routes
