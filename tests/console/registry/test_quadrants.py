"""The quadrants in force, as a map shows them; sent again only when there are others."""

from pathlib import Path

import httpx
import shapely

from dispatch.store.account_role import AccountRole
from tests.console.samples import PATROL, TOKEN, console, enrol_patrol, logged_in
from tests.store.on_asyncio import on_asyncio
from tests.store.samples import EDITION_1, EDITION_2, activate


@on_asyncio
async def test_they_are_sent_once_an_edition(dsn: str, tmp_path: Path) -> None:
    async with console(dsn, tmp_path) as (client, pool):
        ana = await logged_in(pool, AccountRole.OPERATOR)

        async def ask(**headers: str) -> httpx.Response:
            return await client.get("/v1/quadrants", headers=ana | headers)

        empty = await ask()
        assert empty.json() == {"type": "FeatureCollection", "edition": None, "features": []}
        for edition in (EDITION_1, EDITION_2):
            await activate(pool, edition)
            plain = await ask(**{"Accept-Encoding": "identity"})
            assert plain.headers["Content-Type"] == "application/geo+json"
            collection = plain.json()
            assert collection["edition"] == edition.edition.id
            for feature, quadrant in zip(
                collection["features"], edition.edition.quadrants, strict=True
            ):
                assert feature["properties"]["code"] == quadrant.code
                shape = shapely.geometry.shape(feature["geometry"])
                assert shape.equals(quadrant.polygon)
            packed = await ask(**{"Accept-Encoding": "gzip"})
            assert packed.headers["Content-Encoding"] == "gzip"
            assert packed.json() == collection
            again = await ask(**{"If-None-Match": plain.headers["ETag"]})
            assert (again.status_code, again.content) == (304, b"")
            other = await ask(**{"If-None-Match": empty.headers["ETag"]})
            assert other.status_code == 200
        editions = (await client.get("/v1/editions", headers=ana)).json()["editions"]
        assert [(each["edition_id"], each["in_force"]) for each in editions] == [
            ("2025", True),
            ("2024", False),
        ]
        assert editions[0]["quadrants"] == 2


@on_asyncio
async def test_a_handheld_sees_its_quadrant_and_those_beside_it(dsn: str, tmp_path: Path) -> None:
    async with console(dsn, tmp_path) as (client, pool):
        await activate(pool, EDITION_1)
        await enrol_patrol(pool)
        patrol = {"Authorization": f"Bearer {PATROL}:{TOKEN}"}
        nearby = await client.get("/v1/quadrants/Q-01/nearby", headers=patrol)
        codes = [feature["id"] for feature in nearby.json()["features"]]
        assert codes == ["Q-01", "Q-02"]
        assert (await client.get("/v1/quadrants/Q-9/nearby", headers=patrol)).status_code == 404
        app = {"Authorization": f"Bearer app-1:{TOKEN}"}
        assert (await client.get("/v1/quadrants/Q-01/nearby", headers=app)).status_code == 403
        assert (await client.get("/v1/quadrants/Q-01/nearby")).status_code == 401
