import asyncio
import re
from dataclasses import replace
from pathlib import Path

import pytest

from dispatch.core.credentials import CODE_ALPHABET, code_digest, digest
from dispatch.core.registry import Device
from dispatch.store.enrolment import (
    Enrolment,
    devices,
    issue_code,
    issue_codes,
    keep_token,
    new_code,
    reinstate,
    revoke,
    spend_code,
)
from dispatch.store.errors import Refused
from dispatch.store.load import load_registry
from dispatch.store.pool import Pool, connected, open_pool
from protocol.vocabulary import Role

from .on_asyncio import on_asyncio
from .samples import APP, BUTTON, PATROL, fill

TOKEN, OTHER_TOKEN = digest("token"), digest("other token")


async def device(pool: Pool, device_id: str) -> Device:
    things = (await load_registry(pool)).things
    return next(thing for thing in things if getattr(thing, "device_id", None) == device_id)


async def state(pool: Pool, device_id: str) -> Enrolment:
    return next(row.enrolment for row in await devices(pool) if row.device_id == device_id)


def test_codes_are_read_aloud_easily_and_never_alike() -> None:
    codes = {new_code() for _ in range(1_000)}
    assert len(codes) == 1_000
    group = f"[{CODE_ALPHABET}]{{4}}"
    assert all(re.fullmatch(f"{group}-{group}-{group}", code) for code in codes)
    assert set("".join(codes)) == set(CODE_ALPHABET) | {"-"}


@on_asyncio
async def test_a_new_device_gets_a_code_that_is_kept_as_a_digest(dsn: str) -> None:
    async with open_pool(dsn) as pool:
        code = await issue_code(pool, PATROL)
        kept = await device(pool, "patrol-1")
    assert kept.code_hash == code_digest(code)
    assert replace(kept, code_hash=None, code_expires_at_ms=0) == PATROL


@on_asyncio
async def test_a_code_is_good_for_its_time_only(dsn: str) -> None:
    async with open_pool(dsn) as pool:
        await issue_code(pool, PATROL, valid_s=-1)
        assert await state(pool, "patrol-1") is Enrolment.CODE_EXPIRED
        assert not await keep_token(pool, "patrol-1", TOKEN)
        await issue_code(pool, PATROL)
        assert await state(pool, "patrol-1") is Enrolment.CODE_ISSUED
        assert await keep_token(pool, "patrol-1", TOKEN)


@on_asyncio
async def test_a_code_can_be_traded_again_until_it_is_spent(dsn: str) -> None:
    async with open_pool(dsn) as pool:
        await issue_code(pool, PATROL)
        assert await keep_token(pool, "patrol-1", TOKEN)
        assert await keep_token(pool, "patrol-1", OTHER_TOKEN)  # the first answer was lost
        assert (await device(pool, "patrol-1")).token_hash == OTHER_TOKEN
        assert await spend_code(pool, "patrol-1")
        assert not await keep_token(pool, "patrol-1", TOKEN)
        assert not await spend_code(pool, "patrol-1")
        kept = await device(pool, "patrol-1")
    assert (kept.token_hash, kept.code_hash, kept.code_expires_at_ms) == (OTHER_TOKEN, None, 0)


@on_asyncio
async def test_of_two_trades_at_once_one_token_counts(dsn: str) -> None:
    async with open_pool(dsn) as pool:
        await issue_code(pool, PATROL)
        kept = await asyncio.gather(
            keep_token(pool, "patrol-1", TOKEN), keep_token(pool, "patrol-1", OTHER_TOKEN)
        )
        assert kept == [True, True]
        assert (await device(pool, "patrol-1")).token_hash in {TOKEN, OTHER_TOKEN}


@on_asyncio
async def test_once_spent_a_code_loses_every_race(dsn: str) -> None:
    async with open_pool(dsn) as pool:
        await issue_code(pool, PATROL)
        await keep_token(pool, "patrol-1", TOKEN)
        spent, stolen = await asyncio.gather(
            spend_code(pool, "patrol-1"), keep_token(pool, "patrol-1", OTHER_TOKEN)
        )
        assert spent
        token_hash = (await device(pool, "patrol-1")).token_hash
        assert token_hash == (OTHER_TOKEN if stolen else TOKEN)
        assert not await keep_token(pool, "patrol-1", OTHER_TOKEN)


@on_asyncio
async def test_a_new_code_keeps_the_old_token_until_it_is_traded(dsn: str) -> None:
    async with open_pool(dsn) as pool:
        await issue_code(pool, PATROL)
        await keep_token(pool, "patrol-1", TOKEN)
        await spend_code(pool, "patrol-1")
        code = await issue_code(pool, PATROL)
        assert not await spend_code(pool, "patrol-1"), "a hello with the old token spends no code"
        kept = await device(pool, "patrol-1")
        assert (kept.token_hash, kept.code_hash) == (TOKEN, code_digest(code))
        assert await keep_token(pool, "patrol-1", OTHER_TOKEN)
        assert (await device(pool, "patrol-1")).token_hash == OTHER_TOKEN


@on_asyncio
async def test_issuing_brings_the_device_up_to_date(dsn: str) -> None:
    async with open_pool(dsn) as pool:
        await issue_code(pool, PATROL)
        await issue_code(pool, replace(PATROL, name="Patrulla 1B", quadrant="Q-02"))
        kept = await device(pool, "patrol-1")
    assert (kept.name, kept.quadrant) == ("Patrulla 1B", "Q-02")


@on_asyncio
async def test_what_the_registry_cannot_hold_is_refused(dsn: str) -> None:
    async with open_pool(dsn) as pool:
        with pytest.raises(Refused, match="a device names a known person"):
            await issue_code(pool, APP)
        with pytest.raises(Refused, match="patrols have a quadrant"):
            await issue_code(pool, replace(PATROL, quadrant=None))
        assert await devices(pool) == []


@on_asyncio
async def test_a_revoked_device_has_nothing_left_and_no_way_back(dsn: str) -> None:
    async with open_pool(dsn) as pool:
        await issue_code(pool, PATROL)
        await keep_token(pool, "patrol-1", TOKEN)
        assert await revoke(pool, "patrol-1", "lost")
        assert await revoke(pool, "patrol-1", "again")
        assert not await keep_token(pool, "patrol-1", OTHER_TOKEN)
        kept = await device(pool, "patrol-1")
        assert (kept.revoked, kept.token_hash, kept.code_hash) == (True, None, None)
        [row] = await devices(pool)
        assert (row.enrolment, row.revoked_reason) == (Enrolment.REVOKED, "lost")
        with pytest.raises(Refused, match="is revoked"):
            await issue_code(pool, PATROL)
        with pytest.raises(Refused, match="unknown or revoked, such as patrol-1"):
            await issue_codes(pool, ["patrol-1"])
        await issue_code(pool, PATROL, reinstate=True)
        assert await keep_token(pool, "patrol-1", OTHER_TOKEN)


@on_asyncio
async def test_a_revoked_device_is_taken_back_as_it_was_without_its_token(dsn: str) -> None:
    async with open_pool(dsn) as pool:
        await issue_code(pool, PATROL)
        await keep_token(pool, "patrol-1", TOKEN)
        before = await device(pool, "patrol-1")
        with pytest.raises(Refused, match="patrol-1 is not revoked"):
            await reinstate(pool, "patrol-1")
        await revoke(pool, "patrol-1", "lost")
        code = await reinstate(pool, "patrol-1")
        assert code is not None
        after = await device(pool, "patrol-1")
        assert (after.revoked, after.token_hash) == (False, None)
        assert after.code_hash == code_digest(code)
        assert (after.name, after.quadrant) == (before.name, before.quadrant)
        [row] = await devices(pool)
        assert (row.enrolment, row.revoked_reason) == (Enrolment.CODE_ISSUED, None)
        assert await keep_token(pool, "patrol-1", OTHER_TOKEN)
        assert await reinstate(pool, "nobody") is None


@on_asyncio
async def test_an_unknown_device_is_said_to_be_unknown(dsn: str) -> None:
    async with open_pool(dsn) as pool:
        assert not await revoke(pool, "nobody", "lost")
        assert not await keep_token(pool, "nobody", TOKEN)
        assert not await spend_code(pool, "nobody")


@on_asyncio
async def test_codes_in_bulk_are_for_those_named_or_those_without_a_token(
    dsn: str, tmp_path: Path
) -> None:
    async with open_pool(dsn) as pool:
        await fill(pool, tmp_path)
        codes = await issue_codes(pool, ["app-ana", "button-1"])
        assert codes.keys() == {"app-ana", "button-1"}
        assert (await device(pool, "app-ana")).code_hash == code_digest(codes["app-ana"])
        await keep_token(pool, "app-ana", TOKEN)
        await revoke(pool, "button-1", "broken")
        assert (await issue_codes(pool)).keys() == {"patrol-1", "gateway-1"}
        assert await issue_codes(pool, []) == {}


@on_asyncio
async def test_codes_in_bulk_are_for_all_named_or_none(dsn: str, tmp_path: Path) -> None:
    async with open_pool(dsn) as pool:
        await fill(pool, tmp_path)
        with pytest.raises(Refused, match="1 devices are unknown or revoked, such as nobody"):
            await issue_codes(pool, ["app-ana", "nobody"])
        assert (await device(pool, "app-ana")).code_hash is None


@on_asyncio
async def test_devices_are_listed_by_role_and_front(dsn: str, tmp_path: Path) -> None:
    async with open_pool(dsn) as pool:
        await fill(pool, tmp_path)
        async with connected(pool) as connection:
            await connection.execute("UPDATE devices SET created_at = to_timestamp(0)")
        every = [row.device_id for row in await devices(pool)]
        buttons = [row.device_id for row in await devices(pool, role=Role.BUTTON)]
        front = [row.device_id for row in await devices(pool, front="f-manga")]
        [row] = await devices(pool, role=Role.BUTTON, front="f-manga")
    assert every == ["app-ana", "button-1", "gateway-1", "patrol-1"]
    assert (buttons, front) == (["button-1"], ["app-ana", "button-1"])
    assert (row.name, row.role, row.enrolment) == (BUTTON.name, Role.BUTTON, Enrolment.NO_CODE)
    assert row.created_at.timestamp() == 0
