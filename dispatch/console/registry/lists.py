"""What lists of the registry have in common: a page at a time, by id, with a text to look for; and
how one thing of them is put."""

from typing import Annotated, TypeVar

from fastapi import Path, Query, Request

from dispatch.console.bodies import read
from dispatch.console.bounds import PAGE_DEFAULT, PAGE_MAX
from dispatch.console.errors import Declined, ErrorCode, not_found
from dispatch.store.registry_records import Page
from protocol.limits import NAME_CHARS

ID_PATTERN = r"^[A-Za-z0-9._:-]{1,64}$"
NO_CONTROLS = r"^[^\x00-\x1f\x7f]*$"

T = TypeVar("T")

RegistryId = Annotated[str, Path(pattern=ID_PATTERN)]


def page(
    after: Annotated[str, Query(max_length=64, pattern=NO_CONTROLS)] = "",
    q: Annotated[
        str, Query(max_length=NAME_CHARS, pattern=NO_CONTROLS, description="Part of a name or id.")
    ] = "",
    limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = PAGE_DEFAULT,
) -> Page:
    """Gather what a list is asked for; `after` is the last id of the page before."""
    return Page(after, q, limit)


def unknown(es: str, en: str) -> Declined:
    """What was named is not in the registry."""
    return not_found(f"No hay {es} con ese identificador.", f"There is no {en} of this id.")


async def read_named(request: Request, kind: type[T], field: str, named: str) -> T:
    """Read a thing whose `field` is the id that the path names. Raises `Declined`."""
    thing = await read(request, kind)
    if getattr(thing, field) != named:
        raise Declined(
            ErrorCode.BAD_FIELD,
            f"«{field}» no es el de la dirección.",
            f"“{field}” is not that of the address.",
            field,
        )
    return thing
