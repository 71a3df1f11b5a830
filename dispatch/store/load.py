"""The whole registry at once, as it was at one moment."""

import asyncio
from dataclasses import dataclass
from typing import Final

from dispatch.core.quadrants import Edition
from dispatch.store.pool import Pool, connected
from dispatch.store.rows import Thing, device_from, edition_from, front_from, person_from

LOAD_DEADLINE_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class LoadedRegistry:
    """Everything the core knows. `last_seq` is where `watch` goes on without missing anything.

    `edition` is None while no quadrants have been imported.
    """

    things: list[Thing]
    edition: Edition | None
    last_seq: int


async def load_registry(pool: Pool) -> LoadedRegistry:
    """Read the registry in one snapshot. Raises `StoreUnavailable`."""
    async with (
        connected(pool, LOAD_DEADLINE_S) as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        people = await connection.fetch("SELECT * FROM registry_people")
        fronts = await connection.fetch("SELECT * FROM registry_fronts")
        devices = await connection.fetch("SELECT * FROM registry_devices")
        quadrants = await connection.fetch("SELECT * FROM registry_quadrants")
        last_seq = await connection.fetchval("SELECT max(seq) FROM registry_changes")
    things: list[Thing] = [
        *map(person_from, people),
        *map(front_from, fronts),
        *map(device_from, devices),
    ]
    edition = await asyncio.to_thread(edition_from, quadrants)
    return LoadedRegistry(things, edition, last_seq or 0)
