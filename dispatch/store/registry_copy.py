"""The last known registry, in two files of our own: the core starts from it without PostgreSQL.

It holds people's names and telephones and the devices' digests (never a secret), for its owner
alone. Like the core's memory it is a copy: the truth is PostgreSQL's.
"""

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from dispatch.core.locate import Locator
from dispatch.core.registry import Device, Front, Person, Registry
from dispatch.store.mark import Mark
from dispatch.store.quadrants_copy import read_quadrants, write_quadrants
from dispatch.store.rows import Thing
from dispatch.store.sealed_file import Seal, Unusable, read_sealed, write_sealed

FORMAT: Final = 3
"""Raise it when a field of a person, front or device is added or changes its meaning: a copy that
is as new as PostgreSQL is not compared with it."""
SEAL: Final = Seal("registry", FORMAT)
SAVE_AFTER_S: Final = 5.0
"""How old the copy may be; an import of thousands is written once in this time."""
RETRY_AFTER_S: Final = 30.0
CHUNK: Final = 500
"""Things encoded at a stretch: 0.2 ms that the loop may have to wait."""
BREATHER_S: Final = 0.000_5

T = TypeVar("T")


class _Things(msgspec.Struct, array_like=True):
    """Each `bytes` holds up to `CHUNK` things."""

    history: int
    seq: int
    people: list[bytes]
    fronts: list[bytes]
    devices: list[bytes]


_THINGS: Final = msgspec.msgpack.Decoder(_Things)
_ENCODER: Final = msgspec.msgpack.Encoder()


@dataclass(frozen=True, slots=True)
class LoadedCopy:
    """What was in force when the copy was written."""

    things: list[Thing]
    locator: Locator
    mark: Mark


def load_copy(folder: Path) -> LoadedCopy | None:
    """Read the copy in `folder`; None where there is none. Blocks. Raises `Unusable`."""
    content = read_sealed(_things_file(folder), SEAL)
    locator = read_quadrants(_quadrants_file(folder))
    if content is None or locator is None:
        return None
    try:
        copy = _THINGS.decode(content)
        things: list[Thing] = [
            *_decoded(copy.people, Person),
            *_decoded(copy.fronts, Front),
            *_decoded(copy.devices, Device),
        ]
    except msgspec.DecodeError as error:
        raise Unusable(f"it does not hold what its format says: {error}") from None
    return LoadedCopy(things, locator, Mark(copy.history, copy.seq))


class RegistryCopy:
    """Keeps the copy as fresh as the registry in force, without the loop ever waiting for it.

    `kept` is the index that the file holds already: it is written only when there is another.
    """

    def __init__(
        self, folder: Path, registry: Registry, mark: Mark, kept: Locator | None = None
    ) -> None:
        self.fault = ""
        """Why the newest state could not be written; empty when it was, or is about to be."""
        self._folder = folder
        self._registry = registry
        self._mark = mark
        self._kept = kept
        self._changed = asyncio.Event()
        self._changed.set()
        self._writing = asyncio.Lock()

    def reached(self, mark: Mark) -> None:
        """Everything up to `mark` is in force now."""
        self._mark = mark
        self._changed.set()

    async def run(self) -> None:
        """Write the copy a while after each change, for ever."""
        while True:
            await self._changed.wait()
            await asyncio.sleep(RETRY_AFTER_S if self.fault else SAVE_AFTER_S)
            await self.save()

    async def save(self) -> None:
        """Write the copy now. A disk that fails is the `fault`, no error."""
        async with self._writing:
            self._changed.clear()
            # Things are never altered, only replaced: a list of them is a snapshot.
            registry, mark = self._registry, self._mark
            locator = registry.locator
            things = [list(kind.values()) for kind in (registry.people, registry.fronts)]
            things.append(list(registry.devices.values()))
            try:
                if locator is not self._kept:
                    await asyncio.to_thread(write_quadrants, _quadrants_file(self._folder), locator)
                    self._kept = locator
                await asyncio.to_thread(_write_things, self._folder, mark, things)
            except OSError as error:
                self.fault = error.strerror or type(error).__name__
                self._changed.set()
            else:
                self.fault = ""


def _write_things(folder: Path, mark: Mark, things: list[list[T]]) -> None:
    copy = _Things(mark.history, mark.seq, *map(_encoded, things))
    write_sealed(_things_file(folder), SEAL, [_ENCODER.encode(copy)])


def _encoded(things: list[T]) -> list[bytes]:
    chunks = []
    for start in range(0, len(things), CHUNK):
        chunks.append(_ENCODER.encode(things[start : start + CHUNK]))
        time.sleep(BREATHER_S)  # of a thread: the interpreter is the loop's meanwhile
    return chunks


def _decoded(chunks: Iterable[bytes], kind: type[T]) -> list[T]:
    decoder = msgspec.msgpack.Decoder(list[kind])  # type: ignore[valid-type]
    return [thing for chunk in chunks for thing in decoder.decode(chunk)]


def _things_file(folder: Path) -> Path:
    return folder / "registry.copy"


def _quadrants_file(folder: Path) -> Path:
    return folder / "quadrants.copy"
