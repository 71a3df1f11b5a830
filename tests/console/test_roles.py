"""Each role at each route: one table, and no route that is not in it."""

from pathlib import Path

import httpx
import pytest

from dispatch.console.presses import core_link
from dispatch.store.account_role import AccountRole
from tests.console.samples import ALERT, console, logged_in
from tests.store.on_asyncio import on_asyncio

OPERATOR, SUPERVISOR, ADMINISTRATOR = AccountRole
EVERYBODY = frozenset(AccountRole)
SUPERVISORS = frozenset({SUPERVISOR, ADMINISTRATOR})
ADMINISTRATORS = frozenset({ADMINISTRATOR})

MAY = {
    ("get", "/v1/session"): EVERYBODY,
    ("get", "/v1/health"): EVERYBODY,
    ("get", "/v1/alerts"): EVERYBODY,
    ("get", "/v1/alerts/{alert_id}"): EVERYBODY,
    ("get", "/v1/alerts/{alert_id}/timeline"): EVERYBODY,
    ("get", "/v1/alerts/{alert_id}/pictures"): EVERYBODY,
    ("get", "/v1/people"): EVERYBODY,
    ("put", "/v1/people/{person_id}"): ADMINISTRATORS,
    ("delete", "/v1/people/{person_id}"): ADMINISTRATORS,
    ("get", "/v1/fronts"): EVERYBODY,
    ("put", "/v1/fronts/{front_id}"): ADMINISTRATORS,
    ("delete", "/v1/fronts/{front_id}"): ADMINISTRATORS,
    ("get", "/v1/devices"): EVERYBODY,
    ("put", "/v1/devices/{device_id}"): ADMINISTRATORS,
    ("post", "/v1/devices/{device_id}/code"): SUPERVISORS,
    ("post", "/v1/devices/{device_id}/revocation"): SUPERVISORS,
    ("post", "/v1/devices/{device_id}/reinstatement"): SUPERVISORS,
    ("post", "/v1/devices/{device_id}/hook"): ADMINISTRATORS,
    ("delete", "/v1/devices/{device_id}/hook"): ADMINISTRATORS,
    ("get", "/v1/quadrants"): EVERYBODY,
    ("get", "/v1/editions"): EVERYBODY,
    ("post", "/v1/alerts/{alert_id}/close"): EVERYBODY,
    ("post", "/v1/alerts/{alert_id}/assign"): EVERYBODY,
    ("post", "/v1/alerts/{alert_id}/silence"): EVERYBODY,
    ("post", "/v1/fronts/{front_id}/messages"): EVERYBODY,
    ("get", "/v1/messages"): EVERYBODY,
    ("get", "/v1/troubles"): EVERYBODY,
    ("get", "/v1/kit"): EVERYBODY,
    ("get", "/v1/policies"): EVERYBODY,
    ("get", "/v1/exports/alerts.csv"): SUPERVISORS,
    ("get", "/v1/exports/alerts.geojson"): SUPERVISORS,
    ("get", "/v1/cap"): SUPERVISORS,
    ("get", "/v1/alerts/{alert_id}/cap"): SUPERVISORS,
    ("get", "/v1/audit"): ADMINISTRATORS,
    ("delete", "/v1/session"): EVERYBODY,
}
"""The last ends the session that all others need."""

OPEN = {
    ("get", "/healthz"),
    ("get", "/v1/config"),
    ("post", "/v1/session"),
    ("post", "/v1/signals"),
    ("get", "/v1/hooks/{secret}"),
    ("post", "/v1/hooks/{secret}"),
    ("post", "/v1/hooks/{secret}/traccar"),
    ("get", "/v1/quadrants/{code}/nearby"),
    ("put", "/v1/pictures/{picture_id}"),
    ("get", "/v1/pictures/{picture_id}.jpg"),
    ("get", "/v1/quadrants/{code}/nearby"),
}
"""Not for accounts: for everybody, or for devices with credentials of their own."""


async def ask(client: httpx.AsyncClient, method: str, path: str, headers: dict[str, str]) -> int:
    named = path.format(alert_id=ALERT, person_id="p-1", front_id="f-1", device_id="app-1")
    return (await client.request(method, named, headers=headers)).status_code


@pytest.mark.parametrize("role", AccountRole)
def test_a_role_may_what_the_table_says_and_nothing_else(
    dsn: str, tmp_path: Path, role: AccountRole, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core_link, "CORE_ANSWERS_WITHIN_S", 0.01)

    @on_asyncio
    async def asked() -> None:
        async with console(dsn, tmp_path) as (client, pool):
            headers = await logged_in(pool, role)
            for (method, path), roles in MAY.items():
                status = await ask(client, method, path, headers)
                # What is allowed may still be of no use without a body, or without a core.
                allowed = {200, 201, 204, 400, 404, 409, 503}
                assert (status in allowed) is (role in roles), (role, method, path, status)
                assert status == 403 or role in roles, (role, method, path, status)

    asked()


@on_asyncio
async def test_who_is_not_logged_in_may_nothing(dsn: str, tmp_path: Path) -> None:
    async with console(dsn, tmp_path) as (client, _):
        for method, path in MAY:
            assert await ask(client, method, path, {"X-Cuadrante": "1"}) == 401, (method, path)


@on_asyncio
async def test_no_route_is_left_out(dsn: str, tmp_path: Path) -> None:
    async with console(dsn, tmp_path) as (client, _):
        described = (await client.get("/v1/openapi.json")).json()
    routes = {(method, path) for path, methods in described["paths"].items() for method in methods}
    assert routes == set(MAY) | OPEN
