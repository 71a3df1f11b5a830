"""The home-made button of the demo's kit, over UDP: `python -m clients.demo.wall_button`."""

import argparse
import time

import trio

from clients.button.datagram import DatagramButton
from clients.button.device import ACCEPTED, CLOSED, DELIVERED, RECEIVED, STORED
from clients.button.key import ButtonKey
from clients.demo.cast import Device
from clients.demo.kit import button_id
from clients.demo.on_the_wall import GROUP, HOST, is_time, run, say
from clients.demo.reports import Connected, Failed, Pressed, Unstored, tell
from clients.errors import NotStored
from link.errors import ClientError
from protocol.vocabulary import Kind

LINGER_S = 5.0
LAMP = {
    RECEIVED: "recibida",
    STORED: "guardada",
    DELIVERED: "entregada",
    ACCEPTED: "aceptada",
    CLOSED: "cerrada",
}


async def act(device: Device, arguments: argparse.Namespace, stopping: trio.Event) -> None:
    """Press now and then, and report what the lamp shows."""
    file = arguments.dir / f"{device.device_id}.json"
    ButtonKey(device.device_id, (device.wiring or {})["key_hex"]).save(file)
    try:
        async with (
            DatagramButton(file, HOST, arguments.port, linger_s=LINGER_S) as button,
            trio.open_nursery() as nursery,
        ):
            tell(Connected(GROUP, device.device_id, True))
            after_s = arguments.first_s
            while await is_time(stopping, after_s):
                nursery.start_soon(_press, device, button)
                after_s = arguments.every_s
            nursery.cancel_scope.cancel()
    except NotStored:
        tell(Unstored(1))
    except ClientError as error:
        tell(Failed(GROUP, f"{device.device_id}: {error}"))
    tell(Connected(GROUP, device.device_id, False))


async def _press(device: Device, button: DatagramButton) -> None:
    began_ns = time.monotonic_ns()
    tell(Pressed(f"{device.device_id}-{began_ns}", device.device_id, Kind.PANIC, began_ns))
    async for lamp in button.press(Kind.PANIC).lamps():
        if lamp in LAMP:
            say(device, f"luz: {LAMP[lamp]}", f"lamp: {lamp}")


if __name__ == "__main__":
    run(__doc__ or "", button_id, act)
