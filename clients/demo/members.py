"""The neighbours' apps, each a client of its own: `python -m clients.demo.members`.

They press, mostly near home and with the fix that a phone has; sometimes again, sometimes together
with a neighbour, sometimes by mistake.
"""

import argparse
from collections.abc import Sequence

import trio

from clients.demo.beats import moved
from clients.demo.callers import Caller, connect
from clients.demo.intent import Intent, Sequel, draw_fix, draw_intent, draw_pause_s
from clients.demo.simulator import Player, Scene, parser, run
from link.errors import ClientError
from protocol.messages import Position
from protocol.vocabulary import Role

BESIDE_M = 30.0
PER_S = 0.5


async def act(scene: Scene, players: Sequence[Player]) -> None:
    """Press at the rate that was asked for, until the scene ends."""
    async with trio.open_nursery() as nursery:
        callers = await connect(scene, nursery, players)
        async with trio.open_nursery() as presses:
            presses.start_soon(_go_on, scene, callers, presses)
            await scene.stopping.wait()
            presses.cancel_scope.cancel()


async def _go_on(scene: Scene, callers: Sequence[Caller], presses: trio.Nursery) -> None:
    draw = scene.draw("presses")
    while True:
        await trio.sleep(draw_pause_s(draw, scene.arguments.per_s))
        intent = draw_intent(draw)
        free = [caller for caller in callers if caller.is_free]
        if free:
            caller = draw.choice(free)
            beside = [other for other in free if _is_beside(caller, other)]
            home = caller.player.device.spot
            fix = None if home is None else draw_fix(draw, home.lat, home.lon)
            presses.start_soon(_play, intent, caller, fix, beside)


async def _play(
    intent: Intent, caller: Caller, fix: Position | None, beside: Sequence[Caller]
) -> None:
    try:
        async with trio.open_nursery() as nursery:
            press = await caller.press(intent.kind, fix)
            nursery.start_soon(caller.follow, press)
            if intent.sequel is Sequel.NONE:
                return
            await trio.sleep(intent.sequel_after_s)
            if intent.sequel is Sequel.REPEAT:
                nursery.start_soon(caller.call, intent.kind, fix)
            elif intent.sequel is Sequel.CANCEL and not press.ended:
                await press.cancel()
            elif intent.sequel is Sequel.NEIGHBOUR and beside and fix is not None:
                lat, lon = moved(fix.lat, fix.lon, BESIDE_M, 0.0)
                nursery.start_soon(beside[0].call, intent.kind, Position(lat, lon, fix.accuracy_m))
    except* ClientError:
        pass  # its alert was closed before it could be taken back


def _is_beside(caller: Caller, other: Caller) -> bool:
    same_front = caller.player.device.front_id == other.player.device.front_id
    return same_front and caller is not other


def _arguments() -> argparse.Namespace:
    line = parser(__doc__ or "")
    line.add_argument("--per-s", type=float, default=PER_S, help="presses a second, all together")
    return line.parse_args()


if __name__ == "__main__":
    run("members", (Role.APP,), act, _arguments())
