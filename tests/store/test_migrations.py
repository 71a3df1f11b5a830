"""What the registry's schema itself refuses, whoever writes to it."""

import asyncio

import pytest

from dispatch.store.errors import Refused
from dispatch.store.pool import connected, open_pool

from .conftest import TEMPLATE, Server
from .on_asyncio import on_asyncio
from .samples import EDITION_1, activate, fill

REFUSED = [
    ("INSERT INTO people VALUES ('p 1', 'Ana')", "an id is 1 to 64"),
    ("INSERT INTO people VALUES (E'p1\\n', 'Ana')", "an id is 1 to 64"),
    ("INSERT INTO people VALUES ('p1', ' ')", "a person has a name"),
    ("INSERT INTO people VALUES ('p1', repeat('á', 65))", "a name is at most 64"),
    ("INSERT INTO people VALUES ('p1', E'Ana\\u001b[31m')", "a name is at most 64 printable"),
    ("INSERT INTO people VALUES ('p1', 'Ana', repeat('1', 25))", "a phone is at most 24"),
    ("UPDATE fronts SET address = repeat('á', 121)", "an address is at most 120"),
    ("UPDATE fronts SET lat = 'NaN'", "a latitude lies between"),
    ("UPDATE fronts SET lat = 90.1", "a latitude lies between"),
    ("UPDATE fronts SET lon = -180.1", "a longitude lies between"),
    ("UPDATE fronts SET lat = NULL", "a place has both"),
    ("UPDATE fronts SET lat = NULL, lon = NULL", "an address stands beside"),
    ("UPDATE fronts SET sirens = -1", "a kit has 0 to 999"),
    ("UPDATE fronts SET coordinator_id = 'p-nobody'", "a front names a known coordinator"),
    ("UPDATE devices SET role = 'spy'", "a role is one of the protocols"),
    ("UPDATE devices SET quadrant = NULL", "patrols have a quadrant and supervisors may"),
    ("UPDATE devices SET quadrant = 'Q-01'", "patrols have a quadrant and supervisors may"),
    ("UPDATE devices SET quadrant = ' Q-01' WHERE role = 'patrol'", "a code is 1 to 32"),
    ("UPDATE devices SET person_id = 'p-nobody'", "a device names a known person"),
    ("UPDATE devices SET gateway_id = device_id", "no device is its own gateway"),
    ("UPDATE devices SET token_hash = 'short'", "a digest has 32 bytes"),
    ("UPDATE devices SET code_hash = sha256('x')", "a code expires"),
    ("UPDATE devices SET code_traded_at = now()", "only a code is traded"),
    ("UPDATE devices SET revoked_at = now()", "a revocation has a reason"),
    (
        "UPDATE devices SET revoked_at = now(), revoked_reason = '', token_hash = sha256('x')",
        "a revoked device has no credentials",
    ),
    ("UPDATE devices SET heartbeat_s = 1", "a heartbeat is 5 seconds"),
    ("UPDATE devices SET wiring = 'x'", "only what is behind a gateway is wired"),
    (
        "UPDATE devices SET wiring = repeat('x', 1025)::bytea WHERE gateway_id IS NOT NULL",
        "a sealed wiring has at most",
    ),
    (
        "UPDATE devices SET role = 'camera', quadrant = NULL, front_id = 'f-manga'; "
        "INSERT INTO devices (device_id, role, name, front_id) "
        "VALUES ('camera-5', 'camera', 'C', 'f-manga')",
        "front f-manga has more than 4 cameras",
    ),
    (
        "INSERT INTO devices (device_id, role, name, front_id) "
        "SELECT 's-' || n, 'siren', 'S', 'f-manga' FROM generate_series(1, 5) AS n",
        "front f-manga has more than 4 sirens: revoke one first",
    ),
    ("UPDATE fronts SET siren_test_week_min = 600", "a siren test has both"),
    (
        "UPDATE fronts SET siren_test_week_min = 10080, siren_test_lasts_min = 15",
        "a week has 10080",
    ),
    (
        "UPDATE fronts SET siren_test_week_min = 0, siren_test_lasts_min = 61",
        "a siren test lasts",
    ),
    ("UPDATE devices SET device_id = 'other'", "an id never changes"),
    ("TRUNCATE people CASCADE", "delete the rows instead"),
    ("INSERT INTO active_edition VALUES (false, '2024')", "one edition is in force"),
    ("DELETE FROM active_edition", "activate another edition instead"),
    ("UPDATE quadrants SET name = ''", "import a new edition instead"),
    ("DELETE FROM editions", "active edition"),
    ("DELETE FROM people", "front|device"),
]


@pytest.fixture(scope="module")
def filled(server: Server, tmp_path_factory: pytest.TempPathFactory) -> str:
    """One database for all refusals: none of them changes it."""
    dsn = server.new_database(TEMPLATE)

    async def prepare() -> None:
        async with open_pool(dsn) as pool:
            await fill(pool, tmp_path_factory.mktemp("registry"))
            await activate(pool, EDITION_1)

    asyncio.run(prepare())
    return dsn


@pytest.mark.parametrize(("sql", "why"), REFUSED)
@on_asyncio
async def test_it_is_refused_in_words(filled: str, sql: str, why: str) -> None:
    async with open_pool(filled) as pool:
        with pytest.raises(Refused, match=why):
            async with connected(pool) as connection:
                await connection.execute(sql)


@on_asyncio
async def test_denials_are_only_appended_to_and_kept_for_a_year(dsn: str) -> None:
    async with open_pool(dsn) as pool:
        async with connected(pool) as connection:
            await connection.execute(
                "INSERT INTO denials (at, what, reason) VALUES (now(), 'denied', 'x'),"
                " (now() - interval '2 years', 'denied', 'y')"
            )
            await connection.execute("DELETE FROM denials WHERE reason = 'y'")
        for sql in ("UPDATE denials SET reason = ''", "DELETE FROM denials", "TRUNCATE denials"):
            with pytest.raises(Refused, match="record"):
                async with connected(pool) as connection:
                    await connection.execute(sql)
        async with connected(pool) as connection:
            assert await connection.fetchval("SELECT count(*) FROM denials") == 1
