"""The alarm panel of the demo's kit, encrypted over TCP: `python -m clients.demo.wall_panel`."""

import argparse
import time

import trio

from clients.demo.cast import Device
from clients.demo.kit import panel_id
from clients.demo.on_the_wall import GROUP, HOST, is_time, run, say
from clients.demo.reports import Connected, Failed, Pressed, tell
from clients.errors import NotAcknowledged
from clients.panel import LINK_TEST, Panel, call
from protocol.sia_dc09.faults import Answer
from protocol.vocabulary import Kind

ASK_AGAIN_S = 0.5


async def act(device: Device, arguments: argparse.Namespace, stopping: trio.Event) -> None:
    """Press now and then, and report how soon it was acknowledged."""
    wiring = device.wiring or {}
    key = bytes.fromhex(wiring["key_hex"])
    async with Panel(HOST, arguments.port, wiring["account"], key=key) as panel:
        try:
            while (await panel.send(LINK_TEST)).answer is not Answer.ACK:
                if not await is_time(stopping, ASK_AGAIN_S):
                    return
            tell(Connected(GROUP, device.device_id, True))
            after_s = arguments.first_s
            while await is_time(stopping, after_s):
                await _press(device, panel)
                after_s = arguments.every_s
        except NotAcknowledged as error:
            tell(Failed(GROUP, f"{device.device_id}: {error}"))
    tell(Connected(GROUP, device.device_id, False))


async def _press(device: Device, panel: Panel) -> None:
    began_ns = time.monotonic_ns()
    tell(Pressed(f"{device.device_id}-{began_ns}", device.device_id, Kind.PANIC, began_ns))
    reply = await panel.send(call(Kind.PANIC))
    took_ms = (time.monotonic_ns() - began_ns) / 1e6
    say(
        device,
        f"pánico por SIA DC-09, {reply.answer} en {took_ms:.0f} ms",
        f"panic over SIA DC-09, {reply.answer} after {took_ms:.0f} ms",
    )


if __name__ == "__main__":
    run(__doc__ or "", panel_id, act)
