"""Presses go on while things change, hang, flood and die."""

import json
import os
import signal
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import trio
import trio.testing

from clients.app import App
from clients.patrol import Patrol
from link.enrolment import enrol
from link.errors import EnrolmentFailed
from protocol import PATH, SUBPROTOCOL
from protocol.codec import encode
from protocol.messages import Hello, Position
from protocol.vocabulary import Kind, Outcome, Stage
from tests.live.devices import (
    Device,
    connected,
    credentials,
    device,
    on_duty,
    press,
    press_and_close,
)
from tests.live.program import PATIENCE_S, Area, Program

PRESS_EVERY_S = 0.08
"""A pace at which the frames of their patrol are not taken for a flood."""


@asynccontextmanager
async def presses_going_on(
    sender: Device, patrol: Device, position: Position
) -> AsyncIterator[list[str]]:
    """One press after the other for as long as the block lasts, each seen before the next.

    Yields the editions of their alerts. A press that does not arrive fails the test.
    """
    editions: list[str] = []
    is_over = False

    async def go_on() -> None:
        while not is_over:
            editions.append((await press_and_close(sender, patrol, position)).edition)
            await trio.sleep(PRESS_EVERY_S)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(go_on)
        yield editions
        is_over = True


async def more_of(editions: list[str], count: int = 10) -> None:
    """Wait for further presses."""
    wanted = len(editions) + count
    with trio.fail_after(PATIENCE_S):
        while len(editions) < wanted:
            await trio.lowlevel.checkpoint()


async def test_a_new_edition_comes_into_force_while_presses_go_on(
    program: Program, area: Area
) -> None:
    async with (
        on_duty(program, area.patrols[0]) as patrol,
        device(program, area.apps[0]) as ana,
        device(program, area.apps[1]) as beto,
    ):
        old = press(area.spot(7))
        await beto.say(old)
        await patrol.hear_of(old.signal_id)
        async with presses_going_on(ana, patrol, area.spot()) as editions:
            await more_of(editions)
            await trio.to_thread.run_sync(program.import_edition, "live-2")
            with trio.fail_after(PATIENCE_S):
                while editions[-1] != "live-2":
                    await more_of(editions, 1)
        assert editions == sorted(editions), "once in force it stays in force"
        assert set(editions) == {"live-1", "live-2"}
        async with connected(program) as again:
            await again.greet(area.patrols[0], program.tokens[area.patrols[0]])
            kept = {each.alert_id: each.edition for each in await again.synced()}  # type: ignore[union-attr]
        assert kept == {old.signal_id: "live-1"}


async def test_a_killed_database_holds_up_no_press_and_is_followed_again(
    program: Program, area: Area
) -> None:
    async with (
        on_duty(program, area.patrols[0]) as patrol,
        device(program, area.apps[0]) as ana,
        presses_going_on(ana, patrol, area.spot()) as editions,
    ):
        await more_of(editions)
        mark = program.mark()
        os.kill(program.pid_of("postgres"), signal.SIGKILL)
        await more_of(editions)
        await trio.to_thread.run_sync(program.wait_ready, "postgres", mark)
        await more_of(editions)
        code = await trio.to_thread.run_sync(
            lambda: program.enrol(f"new-{area.name}", "--role", "app")
        )
        with trio.fail_after(PATIENCE_S):
            while True:
                try:
                    await enrol(program.url, code)
                    break
                except EnrolmentFailed:
                    await trio.lowlevel.checkpoint()  # the core has not heard of it yet
        await more_of(editions)


async def test_a_press_made_while_the_core_is_dead_arrives_when_it_is_back(
    program: Program, area: Area
) -> None:
    async with (
        Patrol(program.url, await credentials(program, area.patrols[0])) as patrol,
        App(program.url, await credentials(program, area.apps[0])) as app,
    ):
        await patrol.synced()
        await app.synced()
        mark = program.mark()
        os.kill(program.pid_of("core"), signal.SIGKILL)
        pressed = await app.press(Kind.PANIC, position=area.spot())
        await trio.to_thread.run_sync(program.wait_ready, "core", mark)
        with trio.fail_after(PATIENCE_S):
            await pressed.until(Stage.DELIVERED)
        assert set(patrol.open) == {pressed.signal_id}


async def test_what_a_killed_core_had_not_confirmed_is_resent_and_applied_once(
    program: Program, area: Area
) -> None:
    async with (
        Patrol(program.url, await credentials(program, area.patrols[0])) as patrol,
        App(program.url, await credentials(program, area.apps[0])) as app,
    ):
        await patrol.synced()
        pressed = await app.press(Kind.PANIC, position=area.spot())
        with trio.fail_after(PATIENCE_S):
            await pressed.until_stored()
            await pressed.until(Stage.DELIVERED)

        async def killed_over(action: Callable[[], Awaitable[object]]) -> None:
            mark, core = program.mark(), program.pid_of("core")
            with trio.fail_after(PATIENCE_S):
                async with trio.open_nursery() as nursery:
                    os.kill(core, signal.SIGSTOP)  # it hears no more, and the links stay up
                    nursery.start_soon(action)
                    await trio.testing.wait_all_tasks_blocked()
                    os.kill(core, signal.SIGKILL)
                    await trio.to_thread.run_sync(program.wait_ready, "core", mark)

        alert_id = pressed.signal_id
        await killed_over(lambda: patrol.accept(alert_id, eta_s=240))
        assert patrol.open[alert_id].owner is not None
        with trio.fail_after(PATIENCE_S):
            assert (await pressed.until(Stage.ACCEPTED)).stored
        with trio.fail_after(PATIENCE_S):
            await patrol.arrive(alert_id)  # killed at once, the core may have it on no disk yet
        await killed_over(lambda: patrol.close(alert_id, Outcome.REAL, "Atendida"))
        with trio.fail_after(PATIENCE_S):
            assert (await pressed.until(Stage.CLOSED)).outcome is Outcome.REAL
        assert alert_id not in patrol.open


@asynccontextmanager
async def deaf_patrol(program: Program, device_id: str) -> AsyncIterator[None]:
    """A handheld that greets and then reads nothing, with small buffers of its own."""
    token = (await credentials(program, device_id)).token
    with trio.socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        await sock.connect(("127.0.0.1", program.port))
        stream = trio.SocketStream(sock)
        hello = encode(Hello(device_id=device_id, token=token, on_duty=True))
        await stream.send_all(UPGRADE + masked(hello))
        yield


UPGRADE = (
    f"GET {PATH} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    f"Sec-WebSocket-Protocol: {SUBPROTOCOL}\r\n\r\n"
).encode()


def masked(payload: bytes) -> bytes:
    """A text frame of a client whose mask is zero (RFC 6455, section 5.3)."""
    return struct.pack("!BBHI", 0x81, 0x80 | 126, len(payload), 0) + payload


async def flood(program: Program, token: str, device_id: str) -> None:
    """Send as fast as the machine can, and come again whenever it is hung up on."""
    hello = encode(Hello(device_id=device_id, token=token))
    noise = masked(json.dumps({"type": "ping", "ref": "x" * 60}).encode()) * 10_000
    while True:
        stream = await trio.open_tcp_stream("127.0.0.1", program.port)
        async with stream:
            try:
                await stream.send_all(UPGRADE + masked(hello))
                while True:
                    await stream.send_all(noise)
            except trio.BrokenResourceError:
                await trio.lowlevel.checkpoint()


async def test_a_flood_and_a_deaf_handheld_hold_up_no_press(program: Program, area: Area) -> None:
    flooder = area.apps[1]
    token = (await credentials(program, flooder)).token
    async with (
        deaf_patrol(program, area.patrols[1]),
        on_duty(program, area.patrols[0]) as patrol,
        device(program, area.apps[0]) as ana,
        trio.open_nursery() as nursery,
    ):
        mark = program.mark()
        for _ in range(3):
            nursery.start_soon(flood, program, token, flooder)
        async with presses_going_on(ana, patrol, area.spot()) as editions:
            await trio.to_thread.run_sync(
                lambda: program.wait_logged(lambda said: said.get("reason") == "flooding", mark)
            )
            await more_of(editions, 30)
        nursery.cancel_scope.cancel()
