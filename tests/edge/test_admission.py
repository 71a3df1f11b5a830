"""Whoever comes or goes waits for those who are here, in an order, and no longer than it must."""

import asyncio
import json
import socket
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import pytest

from dispatch.core import session as core_session
from dispatch.core.facts import FactKind
from dispatch.edge import admission as edge_admission
from dispatch.edge import connection as edge_connection
from dispatch.edge.admission import Admission, Rank
from dispatch.edge.bounds import COMING_MAX, SLICE_S
from dispatch.edge.clock import read_clock
from protocol import PATH, URGENT
from tests.edge.test_connection import REQUEST, close_code, hello, text, upgraded
from tests.edge.town import PATIENCE_S, Town, on_uvloop, open_town

URGENT_REQUEST = REQUEST.replace(f"GET {PATH} ".encode(), f"GET {PATH}?{URGENT} ".encode())


def takes(seconds: float) -> None:
    until_s = read_clock().mono_s + seconds
    while read_clock().mono_s < until_s:
        pass


@on_uvloop
async def test_the_first_in_rank_goes_first_and_the_rest_in_turn() -> None:
    admission, done = Admission(), list[str]()
    for name, rank in (
        ("c", Rank.GOES),
        ("says", Rank.SAYS),
        ("b1", Rank.COMES),
        ("b2", Rank.COMES),
        ("a", Rank.URGENT),
    ):
        admission.put(rank, lambda name=name: done.append(name))  # type: ignore[misc]
    assert not done, "each has its turn later"
    await until(lambda: len(done) == 5)
    assert done == ["says", "a", "b1", "b2", "c"]


@on_uvloop
async def test_those_who_go_do_not_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge_admission, "GOING_MAX", 2)
    admission, done = Admission(), list[str]()
    for rank in (Rank.URGENT, Rank.GOES, Rank.GOES, Rank.GOES):
        admission.put(rank, lambda name=rank.name: done.append(name))  # type: ignore[misc]
    await until(lambda: len(done) == 4)
    assert done == ["GOES", "GOES", "URGENT", "GOES"]


@on_uvloop
async def test_between_two_slices_all_others_have_their_turn() -> None:
    admission, order = Admission(), list[str]()
    loop = asyncio.get_running_loop()
    for _ in range(5):
        admission.put(Rank.COMES, lambda: (takes(SLICE_S), order.append("slice")))

    def other() -> None:
        order.append("other")
        if order.count("slice") < 5:
            loop.call_soon(other)

    loop.call_soon(other)
    await until(lambda: order.count("slice") == 5)
    between = "".join(each[0] for each in order).strip("o")
    assert "ss" not in between, order


@on_uvloop
async def test_however_much_is_said_those_who_come_have_their_slice() -> None:
    admission, order = Admission(), list[str]()
    for _ in range(5):
        admission.put(Rank.SAYS, lambda: (takes(SLICE_S), order.append("says")))
        admission.put(Rank.COMES, lambda: (takes(SLICE_S), order.append("comes")))
    await until(lambda: len(order) == 10)
    assert order == ["says", "comes"] * 5


@on_uvloop
async def test_what_fails_keeps_nobody_from_a_turn() -> None:
    failures, done = list[dict[str, Any]](), list[bool]()
    asyncio.get_running_loop().set_exception_handler(lambda _, said: failures.append(said))
    admission = Admission()
    admission.put(Rank.COMES, lambda: 1 // 0)
    admission.put(Rank.COMES, lambda: done.append(True))
    await until(lambda: bool(done))
    assert isinstance(failures[0]["exception"], ZeroDivisionError)


@on_uvloop
async def test_only_those_who_would_wait_too_long_have_to_come_back() -> None:
    admission = Admission()
    for rank in Rank:
        for _ in range(COMING_MAX):
            assert not admission.is_full(rank)
            admission.put(rank, lambda: None)
    assert [rank for rank in Rank if admission.is_full(rank)] == [Rank.COMES]
    await until(lambda: not admission.is_full(Rank.COMES))


@on_uvloop
async def test_who_asks_for_it_is_let_in_first() -> None:
    async with open_town() as town:
        with ExitStack() as stack:
            for name, request in (
                ("ana", REQUEST),
                ("beto", REQUEST),
                ("patrol-w", URGENT_REQUEST),
            ):
                comes = stack.enter_context(socket.create_connection(("127.0.0.1", town.port)))
                comes.sendall(request + text(hello(name)))  # the loop looks at none of them yet
            await town.until(lambda: len(greeted(town)) == 3)
    assert greeted(town)[0] == "patrol-w"


def greeted(town: Town) -> list[str | None]:
    return [fact.device_id for fact in town.facts if fact.kind is FactKind.GREETED]


@on_uvloop
async def test_with_too_many_waiting_the_next_is_told_to_come_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(edge_admission, "COMING_MAX", 0)
    async with open_town() as town:
        async with town.raw() as (reader, writer):
            writer.write(REQUEST)
            async with asyncio.timeout(PATIENCE_S):
                answer = await reader.read()
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"\r\nRetry-After: 5\r\n" in answer
        async with town.raw() as (reader, writer):
            writer.write(URGENT_REQUEST)
            async with asyncio.timeout(PATIENCE_S):
                assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
        status, body = await town.get("/healthz")
        assert (status, json.loads(body)["reasons"]) == (503, ["nobody_on_duty"])


@on_uvloop
async def test_who_waits_for_us_is_not_called_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge_connection, "HELLO_DEADLINE_S", 0.05)
    monkeypatch.setattr(core_session, "HELLO_DEADLINE_S", 0.05)
    async with open_town() as town, town.raw() as (reader, writer):
        await busy(town, 0.4)
        writer.write(REQUEST + text(hello("ana")))
        async with asyncio.timeout(PATIENCE_S):
            await reader.readuntil(b'"welcome"')


@on_uvloop
async def test_who_greets_while_we_are_busy_is_not_called_late(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(edge_connection, "HELLO_DEADLINE_S", 0.2)
    monkeypatch.setattr(core_session, "HELLO_DEADLINE_S", 0.2)
    async with open_town() as town, town.raw() as (reader, writer):
        await upgraded(reader, writer)
        await busy(town, 0.8)
        writer.write(text(hello("ana")))
        async with asyncio.timeout(PATIENCE_S):
            await reader.readuntil(b'"welcome"')


async def busy(town: Town, seconds: float) -> None:
    """Those who go first leave no time to others for so long, but the loop turns."""
    until_s = read_clock().mono_s + seconds

    def again() -> None:
        takes(SLICE_S)
        if read_clock().mono_s < until_s:
            town.door.admission.put(Rank.URGENT, again)

    again()


@on_uvloop
async def test_a_stranger_may_not_send_more_than_is_read_of_it() -> None:
    async with open_town() as town, town.raw() as (reader, writer):
        await upgraded(reader, writer)
        await busy(town, 0.2)
        writer.write(text(b"x" * 8_000) * 3)
        assert await close_code(reader) in (1006, 4002)
        await town.until(lambda: not town.door.connections)
        assert not town.health.has_bug


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not is_so():  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0)
