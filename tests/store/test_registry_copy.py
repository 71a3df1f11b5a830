import asyncio
import errno
import hashlib
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from dispatch.core.locate import Locator
from dispatch.core.registry import Device, EditionActivated, Person, Registry, Removed, Spot
from dispatch.store import registry_copy
from dispatch.store.mark import Mark
from dispatch.store.registry_copy import CHUNK, SEAL, RegistryCopy, load_copy
from dispatch.store.sealed_file import Unusable, write_sealed
from protocol.vocabulary import Role

from .on_asyncio import on_asyncio, soon
from .samples import ANA, APP, BUTTON, EDITION_1, EDITION_2, FRONT, GATEWAY, PATROL

THINGS = [ANA, FRONT, APP, PATROL, GATEWAY, BUTTON]
LOCATOR = Locator(EDITION_1.edition)
MARK = Mark(1_700_000_000_000_000, 42)
FULL = Device(
    "full",
    Role.BUTTON,
    "Botón",
    "p-ana",
    "f-manga",
    None,
    Spot(10.4, -75.5, "Calle 1"),
    "gateway-1",
    hashlib.sha256(b"t").digest(),
    hashlib.sha256(b"c").digest(),
    1_234,
    3,
    revoked=True,
    heartbeat_s=60,
    wiring=b"box",
)


def save(folder: Path, registry: Registry, mark: Mark = MARK) -> None:
    asyncio.run(RegistryCopy(folder, registry, mark).save())


@pytest.fixture
def registry() -> Registry:
    return Registry(LOCATOR, THINGS)


def test_the_registry_comes_back_as_it_was(tmp_path: Path, registry: Registry) -> None:
    registry.apply(FULL)
    save(tmp_path, registry)
    copy = load_copy(tmp_path)
    assert copy is not None
    assert copy.things == [*THINGS, FULL]
    assert copy.mark == MARK
    assert copy.locator.edition.quadrants == EDITION_1.edition.quadrants


def test_more_than_a_chunk_comes_back(tmp_path: Path) -> None:
    people = [Person(f"p-{number}", "Ana") for number in range(2 * CHUNK + 1)]
    save(tmp_path, Registry(LOCATOR, people))
    copy = load_copy(tmp_path)
    assert copy is not None
    assert copy.things == people


def test_no_copy_is_no_fault(tmp_path: Path) -> None:
    assert load_copy(tmp_path / "none") is None


@pytest.mark.parametrize("lost", ["registry.copy", "quadrants.copy"])
def test_half_a_copy_is_none(tmp_path: Path, registry: Registry, lost: str) -> None:
    save(tmp_path, registry)
    (tmp_path / lost).unlink()
    assert load_copy(tmp_path) is None


@pytest.mark.parametrize("torn", ["registry.copy", "quadrants.copy"])
def test_a_torn_copy_is_not_used(tmp_path: Path, registry: Registry, torn: str) -> None:
    save(tmp_path, registry)
    file = tmp_path / torn
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(Unusable, match="torn"):
        load_copy(tmp_path)


def test_a_field_that_this_version_cannot_read_is_said(tmp_path: Path, registry: Registry) -> None:
    save(tmp_path, registry)
    encode = msgspec.msgpack.encode
    chunk = encode([{"person_id": "p", "name": 7}])
    write_sealed(tmp_path / "registry.copy", SEAL, [encode([1, 1, [chunk], [], []])])
    with pytest.raises(Unusable, match="format"):
        load_copy(tmp_path)


def test_its_format_is_what_its_number_says() -> None:
    """When this fails: what an older copy holds means something else now, so raise FORMAT."""
    named = [(kind.__name__, *kind.__dataclass_fields__) for kind in map(type, (ANA, FRONT, APP))]
    digest = hashlib.sha256(repr(named).encode()).hexdigest()
    assert (registry_copy.FORMAT, digest[:12]) == (3, "6590dc7090d7")


@on_asyncio
async def test_it_follows_the_registry(
    tmp_path: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry_copy, "SAVE_AFTER_S", 0.0)
    copy = RegistryCopy(tmp_path, registry, MARK)
    running = asyncio.create_task(copy.run())
    await until(lambda: _seq(tmp_path) == 42)
    moved = replace(PATROL, quadrant="Q-02")
    for change in (moved, Removed(Device, APP.device_id)):
        registry.apply(change)
    registry.apply(EditionActivated(Locator(EDITION_2.edition)))
    copy.reached(replace(MARK, seq=45))
    await until(lambda: _seq(tmp_path) == 45)
    running.cancel()
    loaded = load_copy(tmp_path)
    assert loaded is not None
    assert set(loaded.things) == {ANA, FRONT, moved, GATEWAY, BUTTON}
    assert loaded.locator.edition.id == "2025"


@on_asyncio
async def test_the_index_is_written_only_when_it_is_another(
    tmp_path: Path, registry: Registry
) -> None:
    copy = RegistryCopy(tmp_path, registry, MARK, kept=LOCATOR)
    await copy.save()
    assert os.listdir(tmp_path) == ["registry.copy"]
    registry.apply(EditionActivated(Locator(EDITION_2.edition)))
    await copy.save()
    assert sorted(os.listdir(tmp_path)) == ["quadrants.copy", "registry.copy"]


@on_asyncio
async def test_a_disk_that_fails_is_said_and_tried_again(
    tmp_path: Path, registry: Registry
) -> None:
    (tmp_path / "folder").touch()
    copy = RegistryCopy(tmp_path / "folder", registry, MARK)
    await copy.save()
    assert copy.fault in (os.strerror(errno.ENOTDIR), os.strerror(errno.EEXIST))
    (tmp_path / "folder").unlink()
    await copy.save()
    assert copy.fault == ""
    assert _seq(tmp_path / "folder") == 42


@on_asyncio
async def test_what_changes_while_it_is_written_is_written_next(
    tmp_path: Path, registry: Registry
) -> None:
    copy = RegistryCopy(tmp_path, registry, MARK)
    saving = asyncio.create_task(copy.save())
    await asyncio.sleep(0)
    registry.apply(Person("p-2", "Beto"))
    copy.reached(replace(MARK, seq=43))
    await soon(saving)
    assert _seq(tmp_path) == 42
    await copy.save()
    loaded = load_copy(tmp_path)
    assert loaded is not None
    assert (loaded.mark.seq, Person("p-2", "Beto") in loaded.things) == (43, True)


@on_asyncio
async def test_the_loop_turns_while_thousands_are_written(tmp_path: Path) -> None:
    people = [Person(f"p-{number}", f"Persona {number}") for number in range(20_000)]
    copy = RegistryCopy(tmp_path, Registry(LOCATOR, people), MARK)
    saving = asyncio.create_task(copy.save())
    turns = 0
    while not saving.done():
        turns += 1
        await asyncio.sleep(0.001)
    assert turns > 10


def _seq(folder: Path) -> int | None:
    copy = load_copy(folder)
    return None if copy is None else copy.mark.seq


async def until(is_so: Callable[[], bool]) -> None:
    give_up_at_s = time.monotonic() + 30.0
    while not is_so():
        assert time.monotonic() < give_up_at_s
        await asyncio.sleep(0.005)
