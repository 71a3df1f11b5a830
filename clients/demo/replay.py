"""Real incidents pressed again by the members' apps: `python -m clients.demo.replay`.

Each becomes its own alert (`clients.demo.schedule`); where the file knows the quadrant, the one in
the receipt is compared with it.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import trio

from clients.demo.callers import Caller, connect, heard
from clients.demo.incidents import check, read_incidents
from clients.demo.reports import Checked, Replaying, tell
from clients.demo.schedule import ACCURACY_M, Schedule, Turn
from clients.demo.simulator import Player, Scene, parser, run
from link.errors import ClientError
from protocol.messages import Position, Receipt
from protocol.vocabulary import Role, Verdict

PER_S = 20.0
PROGRESS_EVERY_S = 1.0


class Replay:
    """One run through the incidents."""

    def __init__(self, scene: Scene, callers: Sequence[Caller], schedule: Schedule) -> None:
        self._scene = scene
        self._callers = {caller.player.device.device_id: caller for caller in callers}
        self._schedule = schedule
        self._changed = trio.Event()

    async def run(self) -> None:
        """Press at the given pace, no faster than devices and places become free."""
        pause_s = 1 / self._scene.arguments.per_s
        due_s = trio.current_time()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._report, nursery.cancel_scope)
            while not self._schedule.is_over:
                turn = self._schedule.next_turn()
                if turn is None:
                    self._changed = trio.Event()
                    await self._changed.wait()
                    continue
                nursery.start_soon(self._press, turn)
                due_s = max(due_s + pause_s, trio.current_time() - pause_s)
                await trio.sleep_until(due_s)

    async def _press(self, turn: Turn) -> None:
        incident, caller = turn.incident, self._callers[turn.device_id]
        position = Position(incident.lat, incident.lon, ACCURACY_M, 0.0)
        first: Receipt | None = None
        try:
            press = await caller.press(turn.kind, position)
            async for receipt in press.receipts():
                if first is None:
                    first = receipt
                    self._compare(turn, receipt)
        except ClientError as error:
            self._scene.failed(caller.player, error)
        located = first is not None and first.verdict is Verdict.FIRST
        self._schedule.over(turn, located=located)
        self._changed.set()

    def _compare(self, turn: Turn, receipt: Receipt) -> None:
        tell(heard(receipt))
        if receipt.verdict is not Verdict.FIRST:
            return  # it shows another alert's place; the incident is pressed again later
        incident = turn.incident
        code = None if receipt.quadrant is None else receipt.quadrant.code
        right = check(incident, code, receipt.found_by) if self._scene.arguments.check else None
        tell(
            Checked(incident.incident_id, incident.expected, code, receipt.found_by, right),
        )

    async def _report(self, scope: trio.CancelScope) -> None:
        schedule = self._schedule
        while True:
            tell(Replaying(schedule.done, schedule.total, schedule.under_way, schedule.given_up))
            if schedule.is_over:
                scope.cancel()
            await trio.sleep(PROGRESS_EVERY_S)


async def act(scene: Scene, players: Sequence[Player]) -> None:
    """Replay the file, and then wait for the scene's end."""
    incidents = read_incidents(scene.arguments.incidents, scene.arguments.limit)
    async with trio.open_nursery() as nursery:
        callers = await connect(scene, nursery, players)
        schedule = Schedule(incidents, [player.device.device_id for player in players])
        async with trio.open_nursery() as replaying:
            replaying.start_soon(Replay(scene, callers, schedule).run)
            await scene.stopping.wait()
            replaying.cancel_scope.cancel()


def _arguments() -> argparse.Namespace:
    line = parser(__doc__ or "")
    line.add_argument("--incidents", type=Path, required=True, help="CSV, plain or gzip")
    line.add_argument("--limit", type=int, help="only so many of them")
    line.add_argument("--per-s", type=float, default=PER_S, help="presses a second at most")
    line.add_argument("--check", action="store_true", help="compare with the file's quadrants")
    return line.parse_args()


if __name__ == "__main__":
    run("members", (Role.APP,), act, _arguments())
