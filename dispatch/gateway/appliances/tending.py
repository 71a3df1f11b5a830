"""The cameras and relays behind this gateway: who they are, and who does what the core commands.

Each has a task of its own: one that hangs, or that our own fault befalls, costs no other anything.
"""

import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

import structlog
import trio

from dispatch.gateway.appliances.attempts import Jitter
from dispatch.gateway.appliances.bounds import (
    AFTER_BUG_S,
    CLOSE_WITHIN_S,
    LOOKS_AT_ONCE,
    LOOKS_REMEMBERED,
    PROBES_AT_ONCE,
)
from dispatch.gateway.appliances.camera import Camera
from dispatch.gateway.appliances.looks import Taken, look
from dispatch.gateway.appliances.probe import probe
from dispatch.gateway.appliances.relay import Relay
from dispatch.gateway.appliances.relay_siren import RelaySiren
from dispatch.wiring import Camera as CameraWiring
from dispatch.wiring import Shelly
from protocol.messages import Command, Sounded
from protocol.uuid7 import ENTROPY_BYTES, uuid7
from protocol.vocabulary import Action

log = structlog.get_logger()


class Owner(Protocol):
    """Who appliances are tended for. Called from their tasks, never waited for."""

    def lives(self, device_id: str) -> None:
        """It gave proof of life."""

    def is_faulty(self, device_id: str, present: bool) -> None:
        """It answers, and not as it should; or does again."""

    def sounded(self, message: Sounded) -> None:
        """What has become of a siren."""

    def taken(self, picture: Taken) -> None:
        """A camera has taken a picture."""

    def missed(self, alert_id: str, camera_id: str) -> None:
        """The core asks for pictures that were taken, or are being taken."""


@dataclass(slots=True)
class _Wired:
    """One appliance as it is wired now."""

    wiring: CameraWiring | Shelly
    heartbeat_s: float
    appliance: Camera | Relay
    siren: RelaySiren | None
    scopes: set[trio.CancelScope] = field(default_factory=set)
    """Of the tasks that have to do with it."""
    is_over: bool = False
    fault: str = ""
    told: bool | None = None
    """Whether the core knows of a fault; None: it was told nothing since it is there."""


class Appliances:
    """Tended for as long as `run` runs; what they are told before, they do then."""

    def __init__(self, owner: Owner, jitter: Jitter) -> None:
        self._nursery: trio.Nursery | None = None
        self._early: list[Callable[[], Awaitable[None]]] = []
        self._owner = owner
        self._jitter = jitter
        self._wired: dict[str, _Wired] = {}
        self._probes = trio.CapacityLimiter(PROBES_AT_ONCE)
        self._looks = 0
        self._looked: OrderedDict[tuple[str, str], None] = OrderedDict()

    async def run(self) -> None:
        """Tend them, for ever."""
        async with trio.open_nursery() as self._nursery:
            for task in self._early:
                self._nursery.start_soon(task)
            self._early.clear()
            await trio.sleep_forever()

    # --- who they are -----------------------------------------------------------------------------

    def wire(self, device_id: str, wiring: CameraWiring | Shelly, heartbeat_s: float) -> None:
        """Tend an appliance, from now on as it is wired here."""
        known = self._wired.get(device_id)
        if known is not None and (known.wiring, known.heartbeat_s) == (wiring, heartbeat_s):
            return
        self.unwire(device_id)
        appliance = Camera(wiring) if isinstance(wiring, CameraWiring) else Relay(wiring)
        siren = None
        if isinstance(appliance, Relay):
            siren = RelaySiren(device_id, appliance, self._owner.sounded, self._jitter)
        wired = _Wired(wiring, heartbeat_s, appliance, siren)
        self._wired[device_id] = wired
        self._start(partial(self._tend, device_id, wired))

    def unwire(self, device_id: str) -> None:
        """Have nothing more to do with an appliance."""
        known = self._wired.pop(device_id, None)
        if known is None:
            return
        known.is_over = True
        for scope in known.scopes:
            scope.cancel()

    # --- what the core says -----------------------------------------------------------------------

    def command(self, command: Command) -> bool:
        """Have a camera or a siren do as the core says; False: none of them is this device.

        Asked again to look for the same alert, as after a reconnect, a camera does not; what it saw
        is told again.
        """
        device_id = command.device_id
        wired = None if device_id is None else self._wired.get(device_id)
        if wired is None or device_id is None:
            return False
        if command.action is Action.LOOK and isinstance(wired.appliance, Camera):
            self._look(command.alert_id, device_id, wired, wired.appliance)
        elif command.action is Action.SOUND and wired.siren is not None and command.for_s:
            wired.siren.sound(command.alert_id, command.for_s)
        elif command.action is Action.SILENCE and wired.siren is not None:
            wired.siren.silence(command.alert_id)
        else:
            return False
        return True

    def greeted(self) -> None:
        """The core is there anew: each probe says again whether something is wrong."""
        for wired in self._wired.values():
            wired.told = None

    # --- what probes find -------------------------------------------------------------------------

    def lives(self, device_id: str) -> None:
        """An appliance gave proof of life."""
        self._owner.lives(device_id)

    def judged(self, device_id: str, fault: str) -> None:
        """Tell when what is wrong with an appliance begins or ends."""
        wired = self._wired.get(device_id)
        if wired is None:
            return
        if fault != wired.fault:
            log.warning("appliance", device=device_id, fault=fault or "none any more")
            wired.fault = fault
        if wired.told is not bool(fault):
            wired.told = bool(fault)
            self._owner.is_faulty(device_id, wired.told)

    # --- their tasks ------------------------------------------------------------------------------

    def _start(self, task: Callable[[], Awaitable[None]]) -> None:
        if self._nursery is None:
            self._early.append(task)
        else:
            self._nursery.start_soon(task)

    def _look(self, alert_id: str, device_id: str, wired: _Wired, camera: Camera) -> None:
        if (alert_id, device_id) in self._looked:
            self._owner.missed(alert_id, device_id)
            return
        if self._looks >= LOOKS_AT_ONCE:
            log.error("look_refused", camera=device_id, reason="too many at once")
            return
        self._looks += 1
        self._looked[alert_id, device_id] = None
        if len(self._looked) > LOOKS_REMEMBERED:
            self._looked.popitem(last=False)
        self._start(partial(self._looking, alert_id, device_id, wired, camera))

    async def _looking(self, alert_id: str, device_id: str, wired: _Wired, camera: Camera) -> None:
        def keep(jpeg: bytes, taken_at_ms: int) -> None:
            picture_id = uuid7(taken_at_ms, secrets.token_bytes(ENTROPY_BYTES))
            self._owner.taken(Taken(picture_id, alert_id, device_id, taken_at_ms, jpeg))
            self._owner.lives(device_id)

        async def work() -> None:
            if not await look(camera, keep, self._jitter):
                log.warning("nothing_seen", camera=device_id)

        try:
            await self._guarded(device_id, wired, work)
        finally:
            self._looks -= 1

    async def _tend(self, device_id: str, wired: _Wired) -> None:
        """Probe it, and sound it if it is a siren, until it is wired otherwise."""

        async def work() -> None:
            async with trio.open_nursery() as nursery:
                if wired.siren is not None:
                    nursery.start_soon(wired.siren.run)
                heartbeat_s, limiter = wired.heartbeat_s, self._probes
                await probe(device_id, wired.appliance, heartbeat_s, limiter, self, self._jitter)

        try:
            while not wired.is_over:
                await self._guarded(device_id, wired, work)
        finally:
            with trio.move_on_after(CLOSE_WITHIN_S, shield=True):
                await wired.appliance.aclose()

    async def _guarded(
        self, device_id: str, wired: _Wired, work: Callable[[], Awaitable[None]]
    ) -> None:
        """Do some work on an appliance while it is wired so. A bug of ours befalls it alone."""
        if wired.is_over:
            return
        with trio.CancelScope() as scope:
            wired.scopes.add(scope)
            try:
                await work()
            except Exception:
                log.exception("bug", device=device_id)
                await trio.sleep(AFTER_BUG_S)
            finally:
                wired.scopes.discard(scope)
