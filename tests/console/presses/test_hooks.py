"""An address presses for its device, and for those behind it; nobody learns it from us."""

from pathlib import Path

import structlog

from dispatch.core.credentials import digest
from dispatch.store.hooks import put_hook, remove_hook
from protocol.messages import Signal
from protocol.vocabulary import Kind
from tests.console.presses.test_traccar import SOS
from tests.console.presses.toy_core import toy_core
from tests.console.samples import console
from tests.store.conftest import Server
from tests.store.on_asyncio import on_asyncio

SECRET = "a-secret-of-many-random-bits"
OTHER = SECRET + "-2"


@on_asyncio
async def test_a_call_is_a_press_of_the_kind_that_it_says(dsn: str, tmp_path: Path) -> None:
    async with toy_core() as (core, link), console(dsn, tmp_path, core=link) as (client, pool):
        await put_hook(pool, "app-1", digest(SECRET))
        with structlog.testing.capture_logs() as logged:
            for ask in (client.get, client.post):
                answer = await ask(f"/v1/hooks/{SECRET}", params={"kind": "fire"})
                assert (answer.status_code, answer.json()["stored"]) == (202, True)
        assert SECRET not in str(logged)
        sent = [each for each in core.heard if isinstance(each, Signal)]
        assert [(each.source_device_id, each.kind) for each in sent] == [("app-1", Kind.FIRE)] * 2
        assert len({each.signal_id for each in sent}) == 2
        bad = await client.get(f"/v1/hooks/{SECRET}", params={"kind": "joke"})
        assert (bad.status_code, bad.json()["field"]) == (400, "kind")
        await remove_hook(pool, "app-1")
        gone = await client.get(f"/v1/hooks/{SECRET}")
        assert (gone.status_code, gone.json()["code"]) == (401, "not_authenticated")


@on_asyncio
async def test_traccar_presses_for_what_is_behind_it(dsn: str, tmp_path: Path) -> None:
    async with toy_core() as (core, link), console(dsn, tmp_path, core=link) as (client, pool):
        await put_hook(pool, "gw:1", digest(SECRET))
        await put_hook(pool, "app-1", digest(OTHER))
        path = f"/v1/hooks/{SECRET}/traccar"
        behind = SOS | {"device": {"uniqueId": "siren-1"}}
        assert (await client.post(path, json=behind)).status_code == 202
        assert (await client.post(f"/v1/hooks/{OTHER}/traccar", json=behind)).status_code == 202
        sent = [each.source_device_id for each in core.heard if isinstance(each, Signal)]
        assert sent == ["siren-1", "app-1"], "an address of one device presses for that one"
        stranger = await client.post(path, json=SOS)
        assert (stranger.status_code, stranger.json()["field"]) == (403, "device.uniqueId")
        quiet = behind | {"event": {"id": 9, "type": "geofenceEnter"}}
        assert (await client.post(path, json=quiet)).status_code == 204
        bad = await client.post(path, json={"device": {}})
        assert (bad.status_code, bad.json()["field"]) == (400, "device")
        alone = await client.get(f"/v1/hooks/{SECRET}")
        assert (alone.status_code, alone.json()["field"]) == (400, "secret")


@on_asyncio
async def test_without_postgresql_an_address_that_is_known_presses(
    server: Server, dsn: str, tmp_path: Path
) -> None:
    async with toy_core() as (_, link), console(dsn, tmp_path, core=link) as (client, pool):
        await put_hook(pool, "app-1", digest(SECRET))
        await client.get(f"/v1/hooks/{SECRET}")
        with server.frozen():
            assert (await client.get(f"/v1/hooks/{SECRET}")).status_code == 202
            assert (await client.get(f"/v1/hooks/{OTHER}")).status_code == 503
