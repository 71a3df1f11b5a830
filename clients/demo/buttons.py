"""The buttons on the walls, each a client of its own: `python -m clients.demo.buttons`.

They know no position: the server knows where they hang.
"""

import argparse
from collections.abc import Sequence

import trio

from clients.demo.callers import Caller, connect
from clients.demo.intent import draw_pause_s
from clients.demo.simulator import Player, Scene, parser, run
from protocol.vocabulary import Kind, Role

PER_S = 0.1
TEST_SHARE = 0.25


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
        free = [caller for caller in callers if caller.is_free]
        kind = Kind.TEST if draw.random() < TEST_SHARE else Kind.PANIC
        if free:
            presses.start_soon(draw.choice(free).call, kind, None)


def _arguments() -> argparse.Namespace:
    line = parser(__doc__ or "")
    line.add_argument("--per-s", type=float, default=PER_S, help="presses a second, all together")
    return line.parse_args()


if __name__ == "__main__":
    run("buttons", (Role.BUTTON,), act, _arguments())
