"""Policies are said as the core has them."""

from pathlib import Path

from dispatch.core.escalation import POLICIES
from dispatch.store.account_role import AccountRole
from tests.console.samples import console, logged_in
from tests.store.on_asyncio import on_asyncio


@on_asyncio
async def test_each_kind_has_its_policy(dsn: str, tmp_path: Path) -> None:
    async with console(dsn, tmp_path) as (client, pool):
        ana = await logged_in(pool, AccountRole.OPERATOR)
        said = (await client.get("/v1/policies", headers=ana)).json()["policies"]
    assert {each["kind"] for each in said} == set(POLICIES)
    for each in said:
        policy = POLICIES[each["kind"]]
        assert [(step["after_s"], step["step"]) for step in each["steps"]] == list(policy.steps)
        assert each["insist_every_s"] == policy.insist_every_s
        assert each["closes_after_s"] == policy.closes_after_s
