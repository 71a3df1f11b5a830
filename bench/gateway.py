"""What a gateway costs, and how much later a panel's press is on a handheld than an app's.

    python -m bench.gateway --panels 10000 --seconds 30

A real core and a real gateway. So many panels keep their lines tested, each every 60 s, first over
TCP connections that stay open, then over UDP; the gateway's CPU is read meanwhile. Over TCP, panels
and an app press by turns, and a handheld closes each alert, so that each press raises its own.
"""

import argparse
import asyncio
import itertools
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, cast

import uvloop
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from bench.cpu import cpu_ns, rest
from bench.installation import (
    APP,
    HOST,
    PATIENCE_S,
    PATROL,
    TOKEN,
    Failed,
    account,
    prepare,
    running,
    settings,
)
from clients.uuid7 import new_signal_id
from dispatch.settings import Settings
from protocol import PATH, SUBPROTOCOL
from protocol.codec import decode_server, encode
from protocol.messages import Accept, Alert, ClientMessage, Close, Hello, Position, Signal, Welcome
from protocol.sia_dc09.header import Header
from protocol.sia_dc09.panel import sia_data, write_message
from protocol.vocabulary import AlertState, Kind, Outcome

EVERY_S: Final = 60.0
FOREVER_S: Final = 3_600.0
UDP_SOCKETS: Final = 200
"""Each speaks for some of the panels, at a pace that one address may keep."""
PRESSES_PER_S: Final = 12.0
"""So that the handheld that answers each keeps to its own pace."""


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.gateway", description=__doc__)
    parser.add_argument("--panels", type=int, default=10_000, help="panels (at most 15000)")
    parser.add_argument("--seconds", type=float, default=30.0, help="of each measurement")
    parser.add_argument("--presses", type=int, default=200, help="of each way")
    parser.add_argument("--json", metavar="PATH", help="write the figures as JSON too; - is stdout")
    args = parser.parse_args(argv)
    if not (1 <= args.panels <= 15_000 and args.presses >= 1 and args.seconds > 0):
        parser.error("--panels 1 to 15000, --presses at least 1, --seconds more than 0")
    with tempfile.TemporaryDirectory(prefix="cuadrante-bench-") as folder:
        prepared = settings(Path(folder))
        place = prepare(prepared, args.panels)
        try:
            with running(prepared, "core"), running(prepared, "gateway") as gateway:
                bench = Bench(prepared, gateway, args.panels, place)
                figures = uvloop.run(bench.measure(args.seconds, args.presses))
        except Failed as failed:
            print(f"bench.gateway: {failed}", file=sys.stderr)
            return 1
    if args.json == "-":
        print(json.dumps(figures, indent=2))
        return 0
    print("\n".join(lines(figures)))
    if args.json:
        Path(args.json).write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return 0


# --- panels ---------------------------------------------------------------------------------------


class Line(asyncio.Protocol):
    """A panel's connection that stays open."""

    def __init__(self, count: Callable[[int], None]) -> None:
        self.transport: asyncio.WriteTransport | None = None
        self._count = count

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what to write to."""
        self.transport = cast(asyncio.WriteTransport, transport)

    def data_received(self, data: bytes) -> None:
        """Count the answers."""
        self._count(data.count(b'"ACK"'))


class Datagrams(asyncio.DatagramProtocol):
    """A socket that speaks for some panels."""

    def __init__(self, count: Callable[[int], None]) -> None:
        self._count = count

    def datagram_received(self, data: bytes, _address: object) -> None:
        """Count the answers."""
        self._count(data.count(b'"ACK"'))


class Bench:
    """One run against one gateway."""

    def __init__(self, settings: Settings, gateway: int, panels: int, place: Position) -> None:
        self._settings = settings
        self._gateway = gateway
        self._panels = panels
        self._place = place
        self._sequence = itertools.count(1)
        self._sent = self._acked = 0

    async def measure(self, seconds: float, presses: int) -> dict[str, Any]:
        """Measure everything, one thing after the other."""
        await self._known()
        lines = await self._connect()
        tcp = await self._load(lambda number, frame: _write(lines[number], frame), seconds)
        # Lines are tested meanwhile too: a panel that falls silent is missed after two minutes.
        tests = asyncio.create_task(
            self._tests(lambda number, frame: _write(lines[number], frame), FOREVER_S)
        )
        press_ms = await self._press_by_turns(presses)
        tests.cancel()
        for line in lines:
            if line.transport is not None:
                line.transport.abort()
        sockets = await self._datagrams()
        udp = await self._load(lambda at, frame: sockets[at % UDP_SOCKETS].sendto(frame), seconds)
        for each in sockets:
            each.close()
        await asyncio.sleep(0)  # uvloop closes them at its next turn
        return {"panels": self._panels, "tcp": tcp, "udp": udp, "press_ms": press_ms}

    async def _known(self) -> None:
        """Wait until the gateway knows its panels: an answer says so."""
        give_up_at_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < give_up_at_s:
            reader, writer = await asyncio.open_connection(HOST, self._port)
            writer.write(self._frame(self._panels - 1))
            try:
                if b'"ACK"' in await asyncio.wait_for(reader.read(100), 1):
                    return
            except TimeoutError:
                pass
            finally:
                writer.close()
                await writer.wait_closed()
            await asyncio.sleep(0.2)
        raise Failed("the gateway does not answer its panels")

    async def _connect(self) -> list[Line]:
        """Connect them all; each tests its line at once, as a panel does."""
        loop, lines = asyncio.get_running_loop(), list[Line]()
        self._sent = self._acked = 0
        for number in range(self._panels):
            _, line = await loop.create_connection(lambda: Line(self._count), HOST, self._port)
            _write(line, self._frame(number))
            self._sent += 1
            lines.append(line)
        await self._all_acked()
        return lines

    async def _datagrams(self) -> list[asyncio.DatagramTransport]:
        loop = asyncio.get_running_loop()
        return [
            (
                await loop.create_datagram_endpoint(
                    lambda: Datagrams(self._count), remote_addr=(HOST, self._port)
                )
            )[0]
            for _ in range(UDP_SOCKETS)
        ]

    async def _load(self, send: Callable[[int, bytes], None], seconds: float) -> dict[str, Any]:
        """Have every panel test its line every 60 s, and read what that costs the gateway."""
        self._sent = self._acked = 0
        await asyncio.to_thread(rest, [self._gateway])
        started_s, cpu_s = time.monotonic(), cpu_ns([self._gateway]) / 1e9
        await self._tests(send, seconds)
        took_s, used_s = time.monotonic() - started_s, cpu_ns([self._gateway]) / 1e9 - cpu_s
        await self._all_acked()
        return {
            "link_tests_per_s": round(self._sent / took_s, 1),
            "core_percent": round(100 * used_s / took_s, 1),
            "us_per_link_test": round(1e6 * used_s / self._sent),
        }

    async def _tests(self, send: Callable[[int, bytes], None], seconds: float) -> None:
        per_s = self._panels / EVERY_S
        started_s = time.monotonic()
        for at in range(max(1, round(per_s * seconds))):
            due_s = started_s + at / per_s
            if (wait_s := due_s - time.monotonic()) > 0:
                await asyncio.sleep(wait_s)
            number = at % self._panels
            send(number, self._frame(number))
            self._sent += 1

    async def _all_acked(self) -> None:
        give_up_at_s = time.monotonic() + PATIENCE_S
        while self._acked < self._sent:
            if time.monotonic() > give_up_at_s:
                raise Failed(f"{self._acked} of {self._sent} link tests were acknowledged")
            await asyncio.sleep(0.05)

    def _count(self, acks: int) -> None:
        self._acked += acks

    def _frame(self, number: int, code: str = "") -> bytes:
        of, sequence = account(number), next(self._sequence) % 9999 + 1
        if not code:
            return write_message(Header("NULL", sequence, of))
        return write_message(Header("SIA-DCS", sequence, of), sia_data(of, code))

    @property
    def _port(self) -> int:
        return self._settings.gateway_panel_port

    # --- presses ----------------------------------------------------------------------------------

    async def _press_by_turns(self, presses: int) -> dict[str, dict[str, float]]:
        """Press on a panel and in an app by turns, each to an alert of its own."""
        async with self._device(PATROL, on_duty=True) as patrol, self._device(APP) as app:
            reader, writer = await asyncio.open_connection(HOST, self._port)
            answers = [asyncio.create_task(_drain(reader)), asyncio.create_task(_read(app))]
            took: dict[str, list[float]] = {"panel": [], "app": []}
            for _ in range(presses):
                for way, press in (("panel", self._on_panel(writer)), ("app", self._in_app(app))):
                    took[way].append(await _one(patrol, press))
                    await asyncio.sleep(1 / PRESSES_PER_S)
            for each in answers:
                each.cancel()
            writer.close()
            await writer.wait_closed()
        return {way: _spread(each) for way, each in took.items()}

    async def _on_panel(self, writer: asyncio.StreamWriter) -> None:
        writer.write(self._frame(0, "Nri1/PA001"))

    async def _in_app(self, app: ClientConnection) -> None:
        signal = Signal(signal_id=new_signal_id(), kind=Kind.PANIC, position=self._place)
        await app.send(encode(signal), text=True)

    def _device(self, device_id: str, on_duty: bool | None = None) -> "Greeted":
        return Greeted(f"ws://{HOST}:{self._settings.port}{PATH}", device_id, on_duty)


class Greeted:
    """A device's connection, once the core has welcomed it."""

    def __init__(self, url: str, device_id: str, on_duty: bool | None) -> None:
        self._hello = Hello(device_id=device_id, token=TOKEN, on_duty=on_duty)
        self._connect = connect(
            url, subprotocols=[Subprotocol(SUBPROTOCOL)], compression=None, ping_interval=None
        )

    async def __aenter__(self) -> ClientConnection:
        socket = await self._connect.__aenter__()
        await socket.send(encode(self._hello), text=True)
        while not isinstance(decode_server(await socket.recv(decode=False)), Welcome):
            pass
        return socket

    async def __aexit__(self, *error: Any) -> None:
        await self._connect.__aexit__(*error)


async def _one(patrol: ClientConnection, press: Coroutine[Any, Any, None]) -> float:
    """One press to the handheld, in milliseconds; then its alert is closed, and is seen to be."""
    started_s = time.perf_counter()
    await press
    raised = await _alert(patrol, lambda alert: alert.state is not AlertState.CLOSED)
    took_ms = 1e3 * (time.perf_counter() - started_s)
    answers: tuple[ClientMessage, ...] = (
        Accept(alert_id=raised.alert_id),
        Close(alert_id=raised.alert_id, outcome=Outcome.TEST),
    )
    for answer in answers:
        await patrol.send(encode(answer), text=True)
    await _alert(patrol, lambda alert: alert.state is AlertState.CLOSED)
    return took_ms


async def _alert(patrol: ClientConnection, is_it: Callable[[Alert], bool]) -> Alert:
    try:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                message = decode_server(await patrol.recv(decode=False))
                if isinstance(message, Alert) and is_it(message):
                    return message
    except TimeoutError:
        raise Failed(f"the handheld saw no news of a press for {PATIENCE_S:g} s") from None


async def _read(app: ClientConnection) -> None:
    """Whoever does not read what it is answered is cut off in the end."""
    async for _ in app:
        pass


async def _drain(reader: asyncio.StreamReader) -> None:
    while await reader.read(4_096):
        pass


def _write(line: Line, frame: bytes) -> None:
    if line.transport is None or line.transport.is_closing():
        raise Failed("the gateway closed a panel's connection")
    line.transport.write(frame)


def _spread(took_ms: list[float]) -> dict[str, float]:
    ranks = statistics.quantiles(took_ms, n=100) if len(took_ms) > 1 else took_ms * 99
    return {"p50": round(ranks[49], 2), "p99": round(ranks[98], 2)}


def lines(figures: dict[str, Any]) -> Iterator[str]:
    """The figures for people."""
    yield f"{figures['panels']:,} panels, each testing its line every {EVERY_S:g} s"
    for way in ("tcp", "udp"):
        yield (
            "  {way}: {core_percent} % of one core, {us_per_link_test} µs a link test "
            "({link_tests_per_s} a second)".format(way=way.upper(), **figures[way])
        )
    yield "from a press to the handheld, ms"
    for way, spread in figures["press_ms"].items():
        yield f"  {way:<6} p50 {spread['p50']:>7}  p99 {spread['p99']:>7}"
    panel, app = figures["press_ms"]["panel"], figures["press_ms"]["app"]
    yield f"  a panel's p99 is {panel['p99'] / app['p99']:.1f} times an app's"


if __name__ == "__main__":
    raise SystemExit(main())
