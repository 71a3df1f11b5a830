"""The control room's staff: `python -m clients.demo.control_room`.

Operators take what belongs to no quadrant, supervisors what no patrol has answered.
"""

from collections.abc import Sequence
from typing import Final

import trio

from clients.demo.reports import Answered, tell
from clients.demo.simulator import Player, Scene, parser, run, say_when_up, spread_out
from clients.errors import ActionRefused
from clients.operator import Operator
from link.errors import ClientError
from protocol.messages import Alert, Text
from protocol.vocabulary import Outcome, Reach, Role, Step

TALKS_S: Final = (5.0, 15.0)
CALLS: Final = Text("atiende por teléfono y cierra", "answers by phone and closes")


def must_answer(role: Role, alert: Alert) -> bool:
    """Say whether nobody but this member of the control room is left to answer an alert."""
    if alert.owner is not None:
        return False
    if role is Role.SUPERVISOR:
        return alert.escalation.step in (Step.SUPERVISORS, Step.INSISTED)
    return alert.told.reach is Reach.NO_QUADRANT


class Desk:
    """One operator or supervisor."""

    def __init__(self, scene: Scene, player: Player) -> None:
        self._scene = scene
        self._player = player
        self._draw = scene.draw(player.device.device_id)
        self._operator = Operator(scene.url, player.credentials)
        self._taken: set[str] = set()

    async def live(self) -> None:
        """Watch until the scene ends."""
        try:
            async with self._operator, trio.open_nursery() as nursery:
                nursery.start_soon(
                    say_when_up, self._scene.group, self._player, self._operator.link
                )
                nursery.start_soon(self._watch, nursery)
                await self._scene.stopping.wait()
                nursery.cancel_scope.cancel()
        except ClientError as error:
            self._scene.failed(self._player, error)

    async def _watch(self, nursery: trio.Nursery) -> None:
        async for alert in self._operator.alerts():
            self._taken &= self._operator.open.keys()
            is_new = alert.alert_id in self._operator.open.keys() - self._taken
            if is_new and must_answer(self._player.device.role, alert):
                self._taken.add(alert.alert_id)
                nursery.start_soon(self._answer, alert)

    async def _answer(self, alert: Alert) -> None:
        await trio.sleep(self._draw.uniform(*TALKS_S) / self._scene.hurry)
        known = self._operator.open.get(alert.alert_id)
        if known is None or known.owner is not None:
            self._taken.discard(alert.alert_id)
            return
        try:
            await self._operator.close(alert.alert_id, Outcome.REAL, CALLS.es)
            tell(Answered(alert.alert_id, self._player.device.name, None, CALLS))
        except ActionRefused:
            return  # a patrol was quicker


async def act(scene: Scene, players: Sequence[Player]) -> None:
    """Run the desks until the scene ends."""
    async with trio.open_nursery() as nursery:
        await spread_out(scene, nursery, [Desk(scene, player).live for player in players])


if __name__ == "__main__":
    run("control", (Role.OPERATOR, Role.SUPERVISOR), act, parser(__doc__ or "").parse_args())
