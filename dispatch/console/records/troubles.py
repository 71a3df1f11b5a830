"""What is, or was, wrong with the kit, and the maintenance list of each front."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from msgspec import Struct

from dispatch.console.access.gatekeeper import Gatekeeper
from dispatch.console.access.rights import Right
from dispatch.console.bodies import Json, gives
from dispatch.console.bounds import PAGE_DEFAULT
from dispatch.console.records.alerts import NO_CONTROLS, Limit
from dispatch.store import kit
from dispatch.store.kit import KitRow, TroubleRow
from dispatch.store.pool import Pool


class TroubleList(Struct, frozen=True):
    """Troubles, the newest first."""

    troubles: list[TroubleRow]


class MaintenanceList(Struct, frozen=True):
    """Devices of the kit, by front."""

    devices: list[KitRow]


def trouble_routes(pool: Pool, gatekeeper: Gatekeeper) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(tags=["kit"], dependencies=[Depends(gatekeeper.may(Right.WATCH))])

    @routes.get("/v1/troubles", **gives(TroubleList))
    async def troubles(
        *,
        open_only: Annotated[bool, Query(alias="open", description="Only the open ones.")] = False,
        limit: Limit = PAGE_DEFAULT,
    ) -> Json:
        """List what is wrong with the kit, or was."""
        return Json(TroubleList(await kit.troubles(pool, limit=limit, only_open=open_only)))

    @routes.get("/v1/kit", **gives(MaintenanceList))
    async def maintenance(
        *,
        front: Annotated[str | None, Query(max_length=64, pattern=NO_CONTROLS)] = None,
        troubled: bool = False,
    ) -> Json:
        """List the devices that are watched: when each was heard from, and what is wrong."""
        rows = await kit.maintenance_list(pool, front=front, only_troubled=troubled)
        return Json(MaintenanceList(rows))

    return routes
