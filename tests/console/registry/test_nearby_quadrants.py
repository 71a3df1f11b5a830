"""A patrol's map has its quadrant and those beside it, of the edition in force."""

from pathlib import Path

import shapely

from tests.console.samples import PATROL, TOKEN, console, enrol_patrol
from tests.store.on_asyncio import on_asyncio
from tests.store.samples import EDITION_1, EDITION_2, activate

HEADERS = {"Authorization": f"Bearer {PATROL}:{TOKEN}"}


@on_asyncio
async def test_the_quadrant_comes_first_and_then_its_neighbours(dsn: str, tmp_path: Path) -> None:
    async with console(dsn, tmp_path) as (client, pool):
        await enrol_patrol(pool)
        for edition in (EDITION_1, EDITION_2):
            await activate(pool, edition)
            for own in edition.edition.quadrants:
                answer = await client.get(f"/v1/quadrants/{own.code}/nearby", headers=HEADERS)
                assert answer.headers["Content-Type"] == "application/geo+json"
                said = answer.json()
                assert said["edition"] == edition.edition.id
                codes = [feature["properties"]["code"] for feature in said["features"]]
                beside = {
                    other.code
                    for other in edition.edition.quadrants
                    if shapely.dwithin(own.polygon, other.polygon, 0.002)
                }
                assert codes[0] == own.code
                assert set(codes) == beside
                drawn = shapely.geometry.shape(said["features"][0]["geometry"])
                assert drawn.equals(own.polygon)
