"""The loop of a hardware button over UDP, for MicroPython and CPython: it lacks only the wires.

On an ESP32, beside `device.py`, with a contact on pin 4 and the network up, `main.py` is

    contact = machine.Pin(4, machine.Pin.IN, machine.Pin.PULL_UP)
    hang(device, "gateway.example", 7320, lambda: 0 if contact.value() else PANIC, show, now_ms)

where `show` lights the lamp and `now_ms` is `Ticks(time.ticks_ms, time.ticks_diff)`.
"""

import select
import socket

try:
    from collections.abc import Callable

    from clients.button.device import Device
except ImportError:
    pass

LOOK_MS = 20
"""How often the contact is looked at. A shorter touch than this is no press."""


class Ticks:
    """MicroPython's milliseconds, which begin anew after some days, as a count that only grows."""

    def __init__(
        self, ticks_ms: "Callable[[], int]", ticks_diff: "Callable[[int, int], int]"
    ) -> None:
        self._ticks_ms = ticks_ms
        self._ticks_diff = ticks_diff
        self._last = ticks_ms()
        self._now_ms = 0

    def __call__(self) -> int:
        """Return the milliseconds since it was made."""
        ticks = self._ticks_ms()
        self._now_ms += self._ticks_diff(ticks, self._last)
        self._last = ticks
        return self._now_ms


def hang(
    device: "Device",
    host: str,
    port: int,
    pressed: "Callable[[], int]",
    show: "Callable[[str], None]",
    now_ms: "Callable[[], int]",
) -> None:
    """Run a button for good. `pressed` returns the kind while it is held down, and otherwise 0.

    Raises `OSError` if the gateway's name cannot be found.
    """
    wire = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    wire.connect(socket.getaddrinfo(host, port, socket.AF_INET, socket.SOCK_DGRAM)[0][-1])
    wire.setblocking(False)
    readable = select.poll()
    readable.register(wire, select.POLLIN)
    held = 0
    while True:
        kind = pressed()
        if kind and kind != held:
            device.press(kind, now_ms())
        held = kind
        _send(device, wire, now_ms())
        show(device.lamp())
        if readable.poll(LOOK_MS):
            _hear(device, wire, now_ms())


def _send(device: "Device", wire: socket.socket, now_ms: int) -> None:
    while True:
        datagram = device.due(now_ms)
        if datagram is None:
            return
        try:
            wire.send(datagram)
        except OSError:  # no network now: it is due again soon
            return


def _hear(device: "Device", wire: socket.socket, now_ms: int) -> None:
    try:  # noqa: SIM105 - MicroPython has no contextlib
        device.hear(wire.recv(33), now_ms)
    except OSError:  # nobody is at the port now
        pass
