"""The record of what accounts did, read back."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from msgspec import Struct

from dispatch.console.access.gatekeeper import Gatekeeper
from dispatch.console.access.rights import Right
from dispatch.console.bodies import Json, gives
from dispatch.console.bounds import PAGE_DEFAULT, PAGE_MAX
from dispatch.store import audit
from dispatch.store.audit import Audited
from dispatch.store.pool import Pool


class AuditTrail(Struct, frozen=True):
    """Calls, the newest first."""

    calls: list[Audited]


def audit_routes(pool: Pool, gatekeeper: Gatekeeper) -> APIRouter:
    """Return the route."""
    routes = APIRouter(tags=["audit"], dependencies=[Depends(gatekeeper.may(Right.AUDIT))])

    @routes.get("/v1/audit", **gives(AuditTrail))
    async def trail(
        account: Annotated[str | None, Query(max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$")] = None,
        before: Annotated[int | None, Query(ge=1, le=2**62, description="An `audit_id`.")] = None,
        limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = PAGE_DEFAULT,
    ) -> Json:
        """Say what accounts did: `before` is the last id of the page before."""
        calls = await audit.entries(pool, account_id=account, before=before, limit=limit)
        return Json(AuditTrail(calls))

    return routes
