"""The handhelds of the patrols on duty: `python -m clients.demo.handhelds`.

They show every alert, accept after a human delay (some late, some never), arrive, close with an
outcome, and take breaks.
"""

import argparse
import time
from collections.abc import Sequence

import trio

from clients.demo.conduct import Answer, Temper, answer, goes_off_duty_for_s, temper_of
from clients.demo.reports import Answered, Shown, tell
from clients.demo.simulator import Player, Scene, parser, run, say_when_up, spread_out
from clients.errors import ActionRefused
from clients.patrol import Patrol
from link.errors import ClientError
from protocol.messages import Alert, Text
from protocol.vocabulary import AlertState, Kind, Outcome, Role, SirenState

OUTCOME: dict[Outcome, Text] = {
    Outcome.REAL: Text("cierra: atendida", "closes: attended"),
    Outcome.UNFOUNDED: Text("cierra: sin novedad", "closes: nothing found"),
    Outcome.FALSE_ALARM: Text("cierra: falsa alarma", "closes: false alarm"),
    Outcome.CANCELLED: Text("cierra: cancelada", "closes: cancelled"),
    Outcome.TEST: Text("cierra: prueba", "closes: test"),
    Outcome.DUPLICATE: Text("cierra: repetida", "closes: duplicate"),
}


class Handheld:
    """One patrol officer with a handheld, who answers one alert at a time."""

    def __init__(self, scene: Scene, player: Player) -> None:
        self._scene = scene
        self._player = player
        self._quadrant = player.device.quadrant or ""
        self._draw = scene.draw(player.device.device_id)
        prompt = scene.arguments.prompt
        self._temper = Temper.PROMPT if prompt else temper_of(self._quadrant, scene.seed)
        self._patrol = Patrol(scene.url, player.credentials, on_duty=True)
        self._shown: set[str] = set()
        self._left_at_round: dict[str, int] = {}
        self._changed = trio.Event()

    async def live(self) -> None:
        """Serve until the scene ends."""
        try:
            async with self._patrol, trio.open_nursery() as nursery:
                nursery.start_soon(say_when_up, self._scene.group, self._player, self._patrol.link)
                nursery.start_soon(self._watch)
                nursery.start_soon(self._work)
                await self._scene.stopping.wait()
                nursery.cancel_scope.cancel()
        except ClientError as error:
            self._scene.failed(self._player, error)

    async def _watch(self) -> None:
        async for alert in self._patrol.alerts():
            if alert.state is AlertState.CLOSED:
                self._shown.discard(alert.alert_id)
            elif alert.alert_id not in self._shown:
                self._shown.add(alert.alert_id)
                now_ns = time.monotonic_ns()
                tell(Shown(alert.alert_id, self._player.device.device_id, alert.version, now_ns))
            self._changed.set()

    async def _work(self) -> None:
        while True:
            alert = self._next()
            if alert is None:
                self._changed = trio.Event()
                await self._changed.wait()
                continue
            plan = self._plan(alert)
            if plan is None or not await self._stays_free(alert, plan.accepts_after_s):
                self._left_at_round[alert.alert_id] = alert.escalation.rounds
                continue
            await self._attend(alert, plan)
            break_s = goes_off_duty_for_s(self._draw)
            if break_s is not None and self._scene.hurry == 1:
                await self._patrol.duty(False)
                await trio.sleep(break_s)
                await self._patrol.duty(True)

    def _next(self) -> Alert | None:
        """Return the oldest alert that nobody has accepted and that was not left to others.

        What was left is looked at again when it is raised further.
        """
        opened, left = self._patrol.open, self._left_at_round
        for alert_id in left.keys() - opened.keys():
            del left[alert_id]
        return next(
            (
                alert
                for alert in opened.values()
                if alert.owner is None and left.get(alert.alert_id) != alert.escalation.rounds
            ),
            None,
        )

    def _plan(self, alert: Alert) -> Answer | None:
        own = alert.quadrant is not None and alert.quadrant.code == self._quadrant
        hurry = self._scene.hurry
        return answer(self._draw, self._temper, own=own, hurry=hurry)

    async def _stays_free(self, alert: Alert, for_s: float) -> bool:
        """Wait before accepting. False: someone else accepted, or it is over."""
        with trio.move_on_after(for_s):
            while True:
                known = self._patrol.open.get(alert.alert_id)
                if known is None or known.owner is not None:
                    return False
                self._changed = trio.Event()
                await self._changed.wait()
        return True

    async def _attend(self, alert: Alert, plan: Answer) -> None:
        try:
            await self._patrol.accept(alert.alert_id, eta_s=plan.eta_s)
            self._say(
                alert,
                Text(
                    f"acepta, llega en {plan.eta_s} s", f"accepts, will be there in {plan.eta_s} s"
                ),
            )
            await trio.sleep(plan.travels_s)
            await self._patrol.arrive(alert.alert_id)
            self._say(alert, Text("llega", "arrives"))
            await self._silence(alert)
            await trio.sleep(plan.works_s)
            outcome = self._outcome(alert, plan)
            await self._patrol.close(alert.alert_id, outcome)
            self._say(alert, OUTCOME[outcome])
        except ActionRefused:  # another was quicker, or the control room has closed it
            self._left_at_round[alert.alert_id] = alert.escalation.rounds

    async def _silence(self, alert: Alert) -> None:
        """Whoever is there needs no siren any more, to be heard and to hear."""
        known = self._patrol.open.get(alert.alert_id)
        if known is not None and any(each.state is SirenState.SOUNDING for each in known.sirens):
            await self._patrol.silence(alert.alert_id)
            self._say(alert, Text("apaga la sirena", "silences the siren"))

    def _outcome(self, alert: Alert, plan: Answer) -> Outcome:
        known = self._patrol.open.get(alert.alert_id, alert)
        if known.kind is Kind.TEST:
            return Outcome.TEST
        if known.cancel_requested_at_ms is not None:
            return Outcome.CANCELLED
        return plan.outcome

    def _say(self, alert: Alert, what: Text) -> None:
        quadrant = None if alert.quadrant is None else alert.quadrant.name
        tell(Answered(alert.alert_id, self._player.device.name, quadrant, what))


async def act(scene: Scene, players: Sequence[Player]) -> None:
    """Run all handhelds until the scene ends."""
    async with trio.open_nursery() as nursery:
        await spread_out(scene, nursery, [Handheld(scene, player).live for player in players])


def _arguments() -> argparse.Namespace:
    line = parser(__doc__ or "")
    line.add_argument("--prompt", action="store_true", help="no slow patrols and none that is deaf")
    return line.parse_args()


if __name__ == "__main__":
    run("handhelds", (Role.PATROL,), act, _arguments())
