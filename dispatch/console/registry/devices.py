"""Devices: listed, brought in and up to date. How they are enrolled: `enrolment.py`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from msgspec import Struct

from dispatch.console.access.gatekeeper import Gatekeeper
from dispatch.console.access.rights import Right
from dispatch.console.bodies import Json, gives, takes
from dispatch.console.registry.enrolment import refuse_console
from dispatch.console.registry.lists import NO_CONTROLS, RegistryId, page, read_named
from dispatch.store import registry_records
from dispatch.store.enrolment import DeviceRow
from dispatch.store.import_registry import DeviceItem, RegistryFile, put_items
from dispatch.store.pool import Pool
from dispatch.store.registry_records import Page
from protocol.limits import CODE_CHARS
from protocol.vocabulary import Role


class DeviceList(Struct, frozen=True):
    """Devices, by id."""

    devices: list[DeviceRow]


def device_routes(pool: Pool, gatekeeper: Gatekeeper, wiring_key: bytes) -> APIRouter:
    """Return the routes; `wiring_key` seals how devices are wired."""
    routes = APIRouter(tags=["registry"])
    may_look, may_change = (gatekeeper.may(right) for right in (Right.LOOK_UP, Right.REGISTER))

    @routes.get("/v1/devices", **gives(DeviceList), dependencies=[Depends(may_look)])
    async def devices(
        page: Annotated[Page, Depends(page)],
        role: Role | None = None,
        front: Annotated[str | None, Query(max_length=64, pattern=NO_CONTROLS)] = None,
        quadrant: Annotated[str | None, Query(max_length=CODE_CHARS, pattern=NO_CONTROLS)] = None,
    ) -> Json:
        """List devices by id, and how far each is enrolled."""
        rows = await registry_records.devices(pool, page, role=role, front=front, quadrant=quadrant)
        return Json(DeviceList(rows))

    @routes.put(
        "/v1/devices/{device_id}",
        **takes(DeviceItem),
        **gives(status=204),
        dependencies=[Depends(may_change)],
    )
    async def put(device_id: RegistryId, request: Request) -> Response:
        """Bring a device in, or up to date. Without `wiring` it stays wired as it is."""
        device = await read_named(request, DeviceItem, "device_id", device_id)
        refuse_console(device.role)
        await put_items(pool, RegistryFile(devices=[device]), wiring_key)
        return Response(status_code=204)

    return routes
