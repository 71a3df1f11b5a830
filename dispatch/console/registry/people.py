"""People: those who hold devices and coordinate fronts."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from msgspec import Struct

from dispatch.console.access.gatekeeper import Gatekeeper
from dispatch.console.access.rights import Right
from dispatch.console.bodies import Json, gives, takes
from dispatch.console.registry.lists import RegistryId, page, read_named, unknown
from dispatch.store import registry_records
from dispatch.store.import_registry import PersonItem, RegistryFile, put_items
from dispatch.store.pool import Pool
from dispatch.store.registry_records import Page, PersonRow


class PersonList(Struct, frozen=True):
    """People, by id."""

    people: list[PersonRow]


def people_routes(pool: Pool, gatekeeper: Gatekeeper, wiring_key: bytes) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(tags=["registry"])
    may_look, may_change = (gatekeeper.may(right) for right in (Right.LOOK_UP, Right.REGISTER))

    @routes.get("/v1/people", **gives(PersonList), dependencies=[Depends(may_look)])
    async def people(page: Annotated[Page, Depends(page)]) -> Json:
        """List people by id."""
        return Json(PersonList(await registry_records.people(pool, page)))

    @routes.put(
        "/v1/people/{person_id}",
        **takes(PersonItem),
        **gives(status=204),
        dependencies=[Depends(may_change)],
    )
    async def put(person_id: RegistryId, request: Request) -> Response:
        """Bring somebody in, or up to date."""
        person = await read_named(request, PersonItem, "person_id", person_id)
        await put_items(pool, RegistryFile(people=[person]), wiring_key)
        return Response(status_code=204)

    @routes.delete(
        "/v1/people/{person_id}", **gives(status=204), dependencies=[Depends(may_change)]
    )
    async def remove(person_id: RegistryId) -> Response:
        """Remove somebody whom no device and no front names."""
        if not await registry_records.remove_person(pool, person_id):
            raise unknown("nadie", "person")
        return Response(status_code=204)

    return routes
