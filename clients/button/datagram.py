"""A hardware button as a program: `device.py` with a network, a clock and a file.

`python -m clients.button.datagram` is the same in a terminal.
"""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from itertools import count
from pathlib import Path
from typing import Final

import trio

from clients.button import device
from clients.button.device import Device
from clients.button.key import BootCount, ButtonKey, load_key
from clients.button.wire import Wire, opened
from clients.errors import NoLongerOpen, NotReceived, NotStored
from link.backoff import full_jitter_s
from link.beside import beside
from link.feed import Feed, Reader
from link.living import Living
from protocol.button.message import KINDS, packed
from protocol.messages import Position, Text
from protocol.vocabulary import Kind

LINGER_S: Final = 30.0
BROKEN: Final = (OSError, trio.BrokenResourceError, trio.ClosedResourceError, trio.TooSlowError)

_CODES: Final = {kind: code for code, kind in KINDS.items()}


class ButtonPress:
    """A press under way, and what the lamp says of it."""

    def __init__(self, pressed: device.Press) -> None:
        self.pressed = pressed
        self.lamp = device.SENDING
        self._told = count()
        self._news: Feed[str] = Feed()

    def lamps(self) -> Reader[str]:
        """Follow the press: the lamp as it is, then each change, until it has ended."""
        return self._news.reader([(None, self.lamp)])

    async def until(self, lamp: str) -> str:
        """Wait until the lamp shows this, or what comes after it; return what it shows.

        Raises `NoLongerOpen` if the press was refused, or is not followed any further.
        """
        async for shown in self.lamps():
            if has_reached(shown, lamp):
                return shown
        raise NoLongerOpen(Text("La señal terminó.", "The press has ended."))

    def look(self, *, is_over: bool) -> None:
        """Tell whoever follows what is new."""
        lamp = self.pressed.shown()
        if lamp != self.lamp:
            self.lamp = lamp
            self._news.put(next(self._told), lamp)
        if is_over or self.pressed.ended():
            self._news.end()


class DatagramButton(Living):
    """A button behind a gateway.

        async with DatagramButton(Path("button.json"), "gateway", 7320) as button:
            press = button.press()
            async for lamp in press.lamps():
                print(lamp)

    Leaving the block waits until every press is stored, for `linger_s` at most, and raises
    `NotStored` otherwise (`NotReceived` if nobody is known to have heard of one).
    """

    def __init__(
        self,
        key: Path | ButtonKey,
        host: str,
        port: int,
        *,
        boots: BootCount | None = None,
        tcp: bool = False,
        linger_s: float = LINGER_S,
    ) -> None:
        """`key`: what the button is, or the file that says so, beside which its starts are counted.

        Raises `CredentialsError`.
        """
        if isinstance(key, Path):
            boots = boots or BootCount(key)
            key = load_key(key)
        self._key = key
        self._boots = boots
        self._opened = partial(opened, host, port, tcp=tcp)
        self._jitter = secrets.SystemRandom().random
        self._linger_s = linger_s
        self._presses: list[ButtonPress] = []
        self._changed = trio.Event()
        self._settled = trio.Event()
        self._device: Device | None = None

    @property
    def device(self) -> Device:
        """The button itself. It exists inside the block."""
        assert self._device is not None  # noqa: S101 - entered
        return self._device

    def press(self, kind: Kind = Kind.PANIC, *, position: Position | None = None) -> ButtonPress:
        """Call for help. Returns at once; the press is sent until the server has stored it."""
        pressed = self.device.press(_CODES[kind], _now_ms(), packed(position))
        known = next((each for each in self._presses if each.pressed is pressed), None)
        if known is None:
            known = ButtonPress(pressed)
            self._presses.append(known)
        self._changed.set()
        return known

    def cancel(self, press: ButtonPress) -> None:
        """Take a press back. The patrol is told and decides: it may be duress."""
        self.device.cancel(press.pressed, _now_ms())
        self._changed.set()

    # --- life -------------------------------------------------------------------------------------

    @asynccontextmanager
    async def _live(self) -> AsyncIterator[None]:
        """Start up: count it, and greet the gateway in the background; at the end wait for what is
        not stored yet. Raises `NotStored`.
        """
        self._device = Device(
            self._key.device_id,
            self._key.key,
            self._boots.load() if self._boots else 0,
            secrets.randbits(32),
            self._boots.save if self._boots else lambda _: None,
            _now_ms(),
        )
        async with beside(self._run):
            yield
            with trio.move_on_after(self._linger_s):
                while any(each.unsettled() for each in self.device.presses):
                    self._settled = trio.Event()
                    await self._settled.wait()
        unsettled = [each for each in self.device.presses if each.unsettled()]
        if unsettled:
            raise _why_unsettled(unsettled)

    async def _run(self) -> None:
        """Keep a way to the gateway open. What is due meanwhile goes as soon as there is one."""
        attempt = 0
        while True:
            self._changed = trio.Event()
            try:
                async with self._opened() as wire, beside(partial(self._listen, wire)):
                    attempt = 0
                    self.device.hurry(_now_ms())
                    await self._talk(wire)
            except* BROKEN:  # both ways may break at once
                with trio.move_on_after(full_jitter_s(attempt, self._jitter)):
                    await self._changed.wait()  # somebody presses
                attempt += 1

    async def _talk(self, wire: Wire) -> None:
        while True:
            while (datagram := self.device.due(_now_ms())) is not None:
                await wire.send(datagram)
            self._look()
            with trio.move_on_at((self.device.wake_ms() + 1) / 1000):
                await self._changed.wait()
            self._changed = trio.Event()

    async def _listen(self, wire: Wire) -> None:
        while True:
            if self.device.hear(await wire.receive(), _now_ms()):
                self._look()
                self._changed.set()

    def _look(self) -> None:
        for press in list(self._presses):
            is_over = press.pressed not in self.device.presses
            press.look(is_over=is_over)
            if is_over:
                self._presses.remove(press)
        self._settled.set()


def has_reached(shown: str, lamp: str) -> bool:
    """Say whether a press whose lamp shows one thing has got to another."""
    return shown != device.REFUSED and device.LAMPS.index(shown) >= device.LAMPS.index(lamp)


def _now_ms() -> int:
    return int(trio.current_time() * 1000)


def _why_unsettled(presses: list[device.Press]) -> NotStored:
    """Say what is not known of them, and what to do about it."""
    unheard = sum(each.shown() in (device.SENDING, device.WAITING) for each in presses)
    if unheard:
        return NotReceived(
            Text(
                f"El servidor no ha respondido por {unheard} señal(es).",
                f"The server has not answered for {unheard} press(es).",
            ),
            Text("Llame al 123.", "Call 123."),
        )
    return NotStored(
        Text(
            f"El servidor recibió {len(presses)} señal(es), pero aún no las confirma.",
            f"The server has received {len(presses)} press(es), but not confirmed them yet.",
        ),
        Text("Si nadie llega, llame al 123.", "If nobody comes, call 123."),
    )


if __name__ == "__main__":
    from clients.commands.datagram_button import main

    main()
