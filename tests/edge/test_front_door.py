"""Who gets in, and what plain HTTP is told."""

import json
from contextlib import AsyncExitStack

import pytest
from prometheus_client.parser import text_string_to_metric_families
from websockets.exceptions import ConnectionClosed, InvalidMessage, InvalidStatus

from protocol import PATH, SUBPROTOCOL
from protocol.close_codes import CloseCode
from protocol.messages import Notice
from protocol.vocabulary import NoticeCode
from tests.edge.town import Town, on_uvloop, open_town, press, pressed_and_seen

PAGE = "https://frente.example"


async def refused_with(town: Town, **options: object) -> int:
    with pytest.raises(InvalidStatus) as refused:
        async with town.peer(**options):  # type: ignore[arg-type]
            pass
    return refused.value.response.status_code


@pytest.mark.parametrize("offered", [(), ("chat",), ("cuadrante.v2",)])
@on_uvloop
async def test_without_its_subprotocol_nobody_gets_in(offered: tuple[str, ...]) -> None:
    async with open_town() as town:
        assert await refused_with(town, subprotocols=offered) == 400


@on_uvloop
async def test_the_subprotocol_is_picked_from_several() -> None:
    async with (
        open_town() as town,
        town.peer(subprotocols=("chat", SUBPROTOCOL)) as peer,
    ):
        assert peer.socket.subprotocol == SUBPROTOCOL


@pytest.mark.parametrize("origin", ["https://evil.example", "http://frente.example", "null"])
@on_uvloop
async def test_a_browser_of_another_page_is_refused(origin: str) -> None:
    async with open_town(origins=(PAGE,)) as town:
        assert await refused_with(town, origin=origin) == 403


@pytest.mark.parametrize("origin", [PAGE, None])
@on_uvloop
async def test_a_page_on_the_list_and_what_is_no_browser_get_in(origin: str | None) -> None:
    async with open_town(origins=(PAGE,)) as town, town.peer("ana", origin=origin) as ana:
        await ana.is_served()


@on_uvloop
async def test_with_no_list_no_page_gets_in() -> None:
    async with open_town() as town:
        assert await refused_with(town, origin=PAGE) == 403


@pytest.mark.parametrize("path", ["/", "/v1/", "/v2", "/healthz/x", "/../v1"])
@on_uvloop
async def test_other_paths_are_not_here(path: str) -> None:
    async with open_town() as town:
        status, body = await town.get(path)
    assert status == 404
    assert PATH.encode() in body


@on_uvloop
async def test_the_protocol_is_not_for_plain_http() -> None:
    async with open_town() as town:
        assert (await town.get(PATH))[0] == 426


@on_uvloop
async def test_health_is_red_until_a_patrol_is_on_duty() -> None:
    async with open_town() as town:
        status, body = await town.get("/healthz")
        assert (status, json.loads(body)["reasons"]) == (503, ["nobody_on_duty"])
        async with town.peer("patrol-w", on_duty=True):
            status, body = await town.get("/healthz?probe=1")
            green = {"status": "green", "reasons": [], "warnings": [], "details": {}}
            assert (status, json.loads(body)) == (200, green | {"registry_seq": 0})


@on_uvloop
async def test_metrics_are_what_prometheus_reads() -> None:
    async with (
        open_town() as town,
        town.peer("patrol-w", on_duty=True) as patrol,
        town.peer("ana") as ana,
    ):
        await pressed_and_seen(ana, patrol, press())
        status, body = await town.get("/metrics")
    assert status == 200
    families = {family.name: family for family in text_string_to_metric_families(body.decode())}
    (connected,) = families["cuadrante_devices_connected"].samples
    assert connected.value == 2
    counted = {
        (sample.labels["kind"], sample.labels["reason"]): sample.value
        for sample in families["cuadrante_decisions"].samples
        if sample.name.endswith("_total")
    }
    assert counted["signal", "first"] == 1
    assert b"ana" not in body


@on_uvloop
async def test_while_draining_those_within_are_told_and_others_turned_away() -> None:
    async with (
        open_town() as town,
        town.peer("patrol-w", on_duty=True) as patrol,
        town.peer("ana") as ana,
    ):
        town.health.is_draining = True
        town.door.drain()
        while (await ana.hear_a(Notice)).code is not NoticeCode.DRAINING:
            pass
        assert await refused_with(town) == 503
        assert json.loads((await town.get("/healthz"))[1])["reasons"] == ["draining"]
        await pressed_and_seen(ana, patrol, press())  # what is under way is still answered


@on_uvloop
async def test_strangers_are_bounded_and_keep_no_device_out() -> None:
    async with open_town(connections_max=80) as town, AsyncExitStack() as stack:
        for _ in range(40):
            await stack.enter_async_context(town.peer())
        with pytest.raises((InvalidMessage, ConnectionClosed, ConnectionError, EOFError)):
            await stack.enter_async_context(town.peer())
        stranger = next(iter(town.door.connections))
        stranger.abort()
        await town.until(lambda: stranger not in town.door.connections)
        ana = await stack.enter_async_context(town.peer("ana"))
        await ana.is_served()


@on_uvloop
async def test_there_is_room_for_so_many_connections_and_no_more() -> None:
    names = ["ana", "beto", "caro", "dora", "gate", "patrol-w", "patrol-w2", "patrol-e", "op"]
    async with open_town(connections_max=len(names)) as town, AsyncExitStack() as stack:
        for name in names:
            await stack.enter_async_context(town.peer(name))
        with pytest.raises((InvalidMessage, ConnectionClosed, ConnectionError, EOFError)):
            await stack.enter_async_context(town.peer())


@on_uvloop
async def test_a_device_that_comes_again_replaces_itself() -> None:
    async with open_town() as town, town.peer("ana") as old, town.peer() as new:
        await new.greet("ana")
        assert await old.closed_with() == CloseCode.REPLACED
        await new.is_served()
        assert town.dispatcher.city.presence.session_of.keys() == {"ana"}


@on_uvloop
async def test_a_connection_that_ends_leaves_nothing_behind() -> None:
    async with open_town() as town:
        async with town.peer("ana"):
            assert len(town.outbox.connections) == 1
        await town.until(lambda: not town.door.connections)
        assert not town.outbox.connections
        assert not town.dispatcher.city.presence.session_of
