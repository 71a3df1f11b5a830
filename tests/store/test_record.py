from pathlib import Path
from typing import Any

import pytest

from dispatch.core.facts import Fact, FactKind
from dispatch.store.enrolment import Enrolment, devices, issue_codes, keep_token
from dispatch.store.pool import Pool, connected, open_pool
from dispatch.store.record import (
    forget_old_false_alarms,
    is_recorded,
    keep_denial,
    keep_false_alarm,
    record,
)

from .on_asyncio import on_asyncio
from .samples import fill

ALERT_ID = "01932f7a-5c00-7abc-8def-0123456789ab"
DENIED = Fact(FactKind.DENIED, 1_700_000_000_000, "not_yours", "app-ana", ALERT_ID)
FALSE_ALARM = Fact(FactKind.FALSE_ALARM, 1_700_000_000_000, "", "app-ana", ALERT_ID, "p-ana")


async def rows(pool: Pool, sql: str) -> list[tuple[Any, ...]]:
    async with connected(pool) as connection:
        return [tuple(row) for row in await connection.fetch(sql)]


async def count(pool: Pool, table: str) -> int:
    [[number]] = await rows(pool, f"SELECT count(*) FROM {table}")  # noqa: S608 - our own names
    return number


@on_asyncio
async def test_a_false_alarm_counts_once_however_often_it_is_told(dsn: str, tmp_path: Path) -> None:
    async with open_pool(dsn) as pool:
        await fill(pool, tmp_path)
        for _ in range(2):
            await keep_false_alarm(
                pool, alert_id=ALERT_ID, device_id="app-ana", person_id="p-ana", closed_at_ms=0
            )
        assert await rows(pool, "SELECT device_id, person_id FROM false_alarms") == [
            ("app-ana", "p-ana")
        ]


@on_asyncio
async def test_a_false_alarm_of_nobody_known_is_left_out(dsn: str, tmp_path: Path) -> None:
    async with open_pool(dsn) as pool:
        await fill(pool, tmp_path)
        for device_id, person_id in (("gone", "p-ana"), ("button-1", "gone")):
            await keep_false_alarm(
                pool, alert_id=ALERT_ID, device_id=device_id, person_id=person_id, closed_at_ms=0
            )
        assert await rows(pool, "SELECT device_id, person_id FROM false_alarms") == [
            ("button-1", None)
        ]


@on_asyncio
async def test_only_old_false_alarms_are_forgotten(dsn: str, tmp_path: Path) -> None:
    async with open_pool(dsn) as pool:
        await fill(pool, tmp_path)
        async with connected(pool) as connection:
            await connection.execute(
                "INSERT INTO false_alarms VALUES (gen_random_uuid(), 'app-ana', NULL, now()),"
                " (gen_random_uuid(), 'app-ana', NULL, now() - interval '91 days')"
            )
            await forget_old_false_alarms(connection)
        assert await count(pool, "false_alarms") == 1


@on_asyncio
async def test_a_denial_is_kept_even_of_a_device_that_does_not_exist(dsn: str) -> None:
    async with open_pool(dsn) as pool:
        await keep_denial(pool, at_ms=1_500, device_id="nobody", reason="bad_credentials")
        assert await rows(
            pool, "SELECT extract(epoch FROM at), device_id, what, reason FROM denials"
        ) == [(1.5, "nobody", "denied", "bad_credentials")]


@on_asyncio
async def test_facts_go_where_they_belong(dsn: str, tmp_path: Path) -> None:
    async with open_pool(dsn) as pool:
        await fill(pool, tmp_path)
        await issue_codes(pool, ["app-ana"])
        await keep_token(pool, "app-ana", bytes(32))
        spent = Fact(FactKind.CODE_SPENT, 0, device_id="app-ana")
        async with connected(pool) as connection:
            await record(connection, [FALSE_ALARM, spent, DENIED, DENIED, FALSE_ALARM])
        assert await count(pool, "false_alarms") == 1
        assert await count(pool, "denials") == 2
        assert await rows(pool, "SELECT 1 FROM devices WHERE code_hash IS NOT NULL") == []
        assert (await devices(pool, front="f-manga"))[0].enrolment is Enrolment.ENROLLED


@pytest.mark.parametrize(
    ("fact", "is_one"),
    [
        (Fact(FactKind.SIGNAL, 0, "first", "app-ana", ALERT_ID), False),
        (Fact(FactKind.GREETED, 0, "app", "app-ana"), False),
        # Anyone can open connections without end; one that named a device is worth a line.
        (Fact(FactKind.REFUSED, 0, "hello_timeout"), False),
        (Fact(FactKind.REFUSED, 0, "revoked", "app-ana"), True),
        (DENIED, True),
        (FALSE_ALARM, True),
    ],
)
def test_only_facts_with_a_place_of_their_own_are_recorded(fact: Fact, is_one: bool) -> None:
    assert is_recorded(fact) is is_one
