"""A device is let in by its own token, for as long as it is enrolled."""

from pathlib import Path

import pytest

from dispatch.console.bounds import STRANGERS_BURST
from dispatch.store.enrolment import revoke
from tests.console.samples import PATROL, TOKEN, console, enrol_patrol
from tests.store.on_asyncio import on_asyncio

NEARBY = "/v1/quadrants/Q-1/nearby"


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (f"Bearer {PATROL}:{TOKEN}", 404),
        (f"bearer {PATROL}:{TOKEN}", 404),
        (f"Bearer {PATROL}:{TOKEN}x", 401),
        (f"Bearer {PATROL}:", 401),
        (f"Basic {PATROL}:{TOKEN}", 401),
        (f"Bearer nobody:{TOKEN}", 401),
        ("Bearer", 401),
        ("", 401),
        (f"Bearer app-1:{TOKEN}", 403),
    ],
)
def test_only_its_own_token_lets_a_device_in(
    dsn: str, tmp_path: Path, said: str, status: int
) -> None:
    @on_asyncio
    async def asked() -> None:
        async with console(dsn, tmp_path) as (client, pool):
            await enrol_patrol(pool)
            answer = await client.get(NEARBY, headers={"Authorization": said})
            assert answer.status_code == status  # 404: let in, and there is no such quadrant

    asked()


@on_asyncio
async def test_a_revoked_device_is_a_stranger_and_strangers_are_held_to_a_pace(
    dsn: str, tmp_path: Path
) -> None:
    async with console(dsn, tmp_path) as (client, pool):
        await enrol_patrol(pool)
        await revoke(pool, PATROL, "lost")
        headers = {"Authorization": f"Bearer {PATROL}:{TOKEN}"}
        statuses = [
            (await client.get(NEARBY, headers=headers)).status_code
            for _ in range(STRANGERS_BURST + 2)
        ]
        assert statuses[0] == 401
        assert statuses[-1] == 429
