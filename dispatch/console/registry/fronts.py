"""Fronts, the neighbourhood groups, and their kits."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from msgspec import Struct

from dispatch.console.access.gatekeeper import Gatekeeper
from dispatch.console.access.rights import Right
from dispatch.console.bodies import Json, gives, takes
from dispatch.console.registry.lists import RegistryId, page, read_named, unknown
from dispatch.store import registry_records
from dispatch.store.import_registry import FrontItem, RegistryFile, put_items
from dispatch.store.pool import Pool
from dispatch.store.registry_records import FrontRow, Page


class FrontList(Struct, frozen=True):
    """Fronts, by id."""

    fronts: list[FrontRow]


def front_routes(pool: Pool, gatekeeper: Gatekeeper, wiring_key: bytes) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(tags=["registry"])
    may_look, may_change = (gatekeeper.may(right) for right in (Right.LOOK_UP, Right.REGISTER))

    @routes.get("/v1/fronts", **gives(FrontList), dependencies=[Depends(may_look)])
    async def fronts(page: Annotated[Page, Depends(page)]) -> Json:
        """List fronts by id."""
        return Json(FrontList(await registry_records.fronts(pool, page)))

    @routes.put(
        "/v1/fronts/{front_id}",
        **takes(FrontItem),
        **gives(status=204),
        dependencies=[Depends(may_change)],
    )
    async def put(front_id: RegistryId, request: Request) -> Response:
        """Bring a front in, or up to date."""
        front = await read_named(request, FrontItem, "front_id", front_id)
        await put_items(pool, RegistryFile(fronts=[front]), wiring_key)
        return Response(status_code=204)

    @routes.delete("/v1/fronts/{front_id}", **gives(status=204), dependencies=[Depends(may_change)])
    async def remove(front_id: RegistryId) -> Response:
        """Remove a front that no device names."""
        if not await registry_records.remove_front(pool, front_id):
            raise unknown("frente", "front")
        return Response(status_code=204)

    return routes
