"""A physical button, two ways: with an operating system, and without.

from clients.button import Button                    # over a WebSocket, to the server itself
from clients.button.datagram import DatagramButton   # over UDP or TCP, to a gateway

`device.py` with `loop.py` (MicroPython) and `c/` (C99) are for hardware that holds nothing else;
all but the first speak `protocol/button.md`.
"""

from clients.button.websocket import Button

__all__ = ["Button"]
