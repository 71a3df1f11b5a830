from pathlib import Path

import pytest

from dispatch.core.quadrants import Edition
from dispatch.store.enrolment import revoke
from dispatch.store.errors import Refused
from dispatch.store.import_quadrants import Imported, StrayPatrol, import_quadrants
from dispatch.store.load import load_registry
from dispatch.store.pool import Pool, connected, open_pool

from .on_asyncio import on_asyncio
from .samples import EDITION_1, EDITION_2, fill, quadrant, quadrant_file


async def in_force(pool: Pool) -> Edition | None:
    return (await load_registry(pool)).edition


async def editions(pool: Pool) -> list[str]:
    async with connected(pool) as connection:
        rows = await connection.fetch("SELECT edition_id FROM editions ORDER BY 1")
    return [row[0] for row in rows]


@on_asyncio
async def test_a_new_edition_is_imported_and_put_in_force(dsn: str) -> None:
    async with open_pool(dsn) as pool:
        done = await import_quadrants(pool, EDITION_1, name="Corte 2024")
        edition = await in_force(pool)
    assert (done.imported, done.quadrants, done.activated) == (Imported.NEW, 2, True)
    assert edition is not None
    assert edition.quadrants == EDITION_1.edition.quadrants


@on_asyncio
async def test_the_same_again_changes_nothing(dsn: str) -> None:
    async with open_pool(dsn) as pool:
        await import_quadrants(pool, EDITION_1)
        before = (await load_registry(pool)).mark.seq
        done = await import_quadrants(pool, EDITION_1)
        assert (await load_registry(pool)).mark.seq == before
    assert (done.imported, done.activated) == (Imported.ALREADY_THERE, False)


@on_asyncio
async def test_the_same_id_with_other_content_is_refused(dsn: str) -> None:
    other = quadrant_file("2024", quadrant("Q-01", -75.541, 10.41))
    async with open_pool(dsn) as pool:
        await import_quadrants(pool, EDITION_1)
        with pytest.raises(Refused, match="edition 2024 exists with other content"):
            await import_quadrants(pool, other)
        edition = await in_force(pool)
    assert edition is not None
    assert len(edition.quadrants) == 2


@on_asyncio
async def test_an_edition_can_wait_and_an_earlier_one_return(dsn: str) -> None:
    async with open_pool(dsn) as pool:
        await import_quadrants(pool, EDITION_1)
        waiting = await import_quadrants(pool, EDITION_2, activate=False)
        assert (waiting.imported, waiting.activated) == (Imported.NEW, False)
        assert (await in_force(pool)).id == "2024"
        assert (await import_quadrants(pool, EDITION_2)).activated
        assert (await in_force(pool)).id == "2025"
        back = await import_quadrants(pool, EDITION_1)
        assert (back.imported, back.activated) == (Imported.ALREADY_THERE, True)
        assert (await in_force(pool)).id == "2024"


@on_asyncio
async def test_a_dry_run_reports_the_same_and_changes_nothing(dsn: str) -> None:
    async with open_pool(dsn) as pool:
        done = await import_quadrants(pool, EDITION_1, dry_run=True)
        assert (done.imported, done.activated, done.dry_run) == (Imported.NEW, True, True)
        assert await editions(pool) == []
        assert (await load_registry(pool)).mark.seq == 0
    assert "nothing was changed" in done.as_text()


@pytest.mark.parametrize(
    ("file", "why"),
    [
        (quadrant_file("e"), "without quadrants"),
        (quadrant_file("e", quadrant("Q" * 33, 0, 0)), "code has 33 characters, at most 32"),
        (quadrant_file("e", quadrant("Q", 0, 0, name="N" * 65)), "quadrant Q: name has 65"),
        (quadrant_file("e", quadrant("Q", 0, 0, phone="1" * 25)), "quadrant Q: phone has 25"),
        (quadrant_file("e", quadrant("Q", 0, 0), quadrant("R", 0, 0, cai="\x1b")), "a name is"),
        (quadrant_file("e" * 33, quadrant("Q", 0, 0)), "a code is"),
    ],
)
@on_asyncio
async def test_nothing_is_half_imported(dsn: str, file: object, why: str) -> None:
    async with open_pool(dsn) as pool:
        with pytest.raises(Refused, match=why):
            await import_quadrants(pool, file)
        assert await editions(pool) == []
        assert await in_force(pool) is None


@on_asyncio
async def test_who_is_left_without_a_quadrant_is_reported(dsn: str, tmp_path: Path) -> None:
    async with open_pool(dsn) as pool:
        await fill(pool, tmp_path)
        fits = await import_quadrants(pool, EDITION_1)
        strays = await import_quadrants(pool, EDITION_2)
        elsewhere = await import_quadrants(pool, quadrant_file("far", quadrant("Q-01", 0, 0)))
        await revoke(pool, "patrol-1", "sold")
        revoked = await import_quadrants(pool, EDITION_2)
    assert (fits.stray_patrols, fits.stray_fronts) == ((), ())
    assert strays.stray_patrols == (StrayPatrol("patrol-1", "Q-01"),)
    assert "patrol-1 (Q-01)" in strays.as_text()
    assert (elsewhere.stray_patrols, elsewhere.stray_fronts) == ((), ("f-manga",))
    assert revoked.stray_patrols == ()
