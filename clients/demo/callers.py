"""What the simulated apps and buttons share: a press, and what its sender hears of it."""

import time
from collections.abc import Sequence

import trio

from clients.app import App
from clients.button import Button
from clients.demo.reports import Heard, Pressed, Sirens, Unstored, tell
from clients.demo.simulator import Player, Scene, say_when_up, spread_out
from clients.errors import ActionRefused, NotStored
from clients.press import Press
from link.errors import ClientError
from link.feed import Reader
from protocol.messages import Position, Receipt, Siren
from protocol.vocabulary import Kind, Role

LINGER_S = 5.0
"""How long the end of the demo waits for presses to be stored."""


class Caller:
    """One neighbour's app, or one button."""

    def __init__(self, scene: Scene, player: Player) -> None:
        kind = Button if player.device.role is Role.BUTTON else App
        self.player = player
        self._scene = scene
        self._sirens: Reader[Siren] | None = None
        self._sender = kind(scene.url, player.credentials, linger_s=LINGER_S)
        self._inside = False

    @property
    def is_free(self) -> bool:
        """Whether this device can call for help anew: it is there and has nothing open."""
        return self._inside and not self._sender.presses

    def listen(self) -> None:
        """Report what this app hears of its front's sirens. Before it lives."""
        if isinstance(self._sender, App):
            self._sirens = self._sender.sirens()

    async def live(self) -> None:
        """Be there until the scene ends; then wait until every press is stored."""
        try:
            async with self._sender, trio.open_nursery() as nursery:
                if self._sirens is not None:
                    nursery.start_soon(_report_sirens, self._sirens)
                nursery.start_soon(say_when_up, self._scene.group, self.player, self._sender.link)
                await self._sender.synced()
                self._inside = True
                await self._scene.stopping.wait()
                self._inside = False
                nursery.cancel_scope.cancel()
        except NotStored:
            waiting = [press for press in self._sender.presses.values() if press.unstored]
            tell(Unstored(len(waiting)))
        except ClientError as error:
            self._scene.failed(self.player, error)

    async def press(self, kind: Kind, position: Position | None) -> Press:
        """Press, and report it."""
        at_ns = time.monotonic_ns()
        press = await self._sender.press(kind, position=position)
        tell(Pressed(press.signal_id, self.player.device.device_id, kind, at_ns))
        return press

    async def follow(self, press: Press) -> Receipt | None:
        """Report what the sender hears until the end. Returns the first receipt."""
        first: Receipt | None = None
        stage = None
        try:
            async for receipt in press.receipts():
                first = first or receipt
                if receipt.stage is not stage:
                    stage = receipt.stage
                    tell(heard(receipt))
        except ActionRefused as error:
            self._scene.failed(self.player, error)
        return first

    async def call(self, kind: Kind, position: Position | None) -> None:
        """Press and follow."""
        await self.follow(await self.press(kind, position))


async def _report_sirens(sirens: Reader[Siren]) -> None:
    async for siren in sirens:
        tell(Sirens(siren.device, siren.state, siren.text))


def heard(receipt: Receipt) -> Heard:
    """Return the report of a receipt."""
    quadrant = None if receipt.quadrant is None else receipt.quadrant.code
    return Heard(
        receipt.signal_id,
        receipt.alert_id,
        receipt.stage,
        receipt.verdict,
        quadrant,
        time.monotonic_ns(),
    )


async def connect(scene: Scene, nursery: trio.Nursery, players: Sequence[Player]) -> list[Caller]:
    """Bring all devices of the process to life."""
    callers = [Caller(scene, player) for player in players]
    # One hears what all of its front hear.
    of_kit = [front.front_id for front in scene.registry.fronts[:1]]
    for caller in [each for each in callers if each.player.device.front_id in of_kit][:1]:
        caller.listen()
    await spread_out(scene, nursery, [caller.live for caller in callers])
    return callers
