"""The whole registry at once, as it was at one moment."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from dispatch.core.quadrants import Edition
from dispatch.store.mark import Mark, read_mark
from dispatch.store.pool import Pool, connected
from dispatch.store.quadrants_copy import is_made_of
from dispatch.store.rows import Row, Thing, device_from, edition_from, front_from, person_from

LOAD_DEADLINE_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class LoadedRegistry:
    """Everything the core knows. `mark` is where `watch` goes on without missing anything.

    `edition` is None while no quadrants have been imported.
    """

    things: list[Thing]
    edition: Edition | None
    mark: Mark


async def load_registry(pool: Pool, known: Edition | None = None) -> LoadedRegistry:
    """Read the registry in one snapshot. Raises `StoreUnavailable`.

    Where the edition in force is `known`, it is that object.
    """
    async with (
        connected(pool, LOAD_DEADLINE_S) as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        people = await connection.fetch("SELECT * FROM registry_people")
        fronts = await connection.fetch("SELECT * FROM registry_fronts")
        devices = await connection.fetch("SELECT * FROM registry_devices")
        quadrants = await connection.fetch("SELECT * FROM registry_quadrants")
        mark = await read_mark(connection)
    things: list[Thing] = [
        *map(person_from, people),
        *map(front_from, fronts),
        *map(device_from, devices),
    ]
    edition = await asyncio.to_thread(_edition, quadrants, known)
    return LoadedRegistry(things, edition, mark)


def _edition(quadrants: Sequence[Row], known: Edition | None) -> Edition | None:
    if known is not None and is_made_of(known, quadrants):
        return known
    return edition_from(quadrants)
