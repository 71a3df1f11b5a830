"""Presses at a pace of their own, whatever becomes of them: `python -m tests.faults.load`.

A process of its own, so that what it feels is what people feel. Apps and handhelds are the SDK's.
The first line of its input is a `Plan`; then `press`, `rest` and `end` are obeyed. What it sees
goes out as JSON lines, each with the moment by CLOCK_MONOTONIC, which all processes share.
"""

import sys
import time
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Final

import msgspec
import trio

from clients.app import App
from clients.errors import ActionRefused, NoLongerOpen, OutboxError
from clients.patrol import Patrol
from link.connection import LinkState
from link.enrolment import Credentials
from link.errors import ClientError
from link.feed import Reader
from protocol.messages import Alert, AnyServerMessage, Error, Position, Receipt
from protocol.vocabulary import AlertState, Kind, Outcome, Role

LEAVE_WITHIN_S: Final = 3.0
LOOK_EVERY_S: Final = 0.02


class Caller(msgspec.Struct, frozen=True):
    """An app, where it is, and which handheld answers its calls."""

    device_id: str
    token: str
    at: Position
    answered_by: str


class Handheld(msgspec.Struct, frozen=True):
    device_id: str
    token: str


class Plan(msgspec.Struct, frozen=True):
    """Who presses, where to, how often."""

    url: str
    per_s: float
    callers: tuple[Caller, ...]
    handhelds: tuple[Handheld, ...]


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that was seen, and when."""

    what: str
    at_s: float
    device: str = ""
    id: str = ""
    """Of the signal, or of the alert."""
    word: str = ""


def say(what: str, device: str = "", id: str = "", word: str = "") -> None:  # noqa: A002
    line = Line(what, time.monotonic(), device, id, word)
    sys.stdout.buffer.write(msgspec.json.encode(line) + b"\n")
    sys.stdout.buffer.flush()


class Telephone(App):
    """An app that tells what it was told."""

    def __init__(self, plan: Plan, caller: Caller) -> None:
        credentials = Credentials(caller.device_id, Role.APP, caller.token)
        super().__init__(plan.url, credentials, linger_s=LEAVE_WITHIN_S)
        self.caller = caller
        self.device_id = caller.device_id
        self._unstored: set[str] = set()

    async def call(self) -> None:
        try:
            press = await self.press(Kind.PANIC, position=self.caller.at)
        except OutboxError:
            say("held", self.device_id)
            return
        self._unstored.add(press.signal_id)
        say("press", self.device_id, press.signal_id)

    def heard(self, message: AnyServerMessage) -> None:
        if isinstance(message, Receipt) and message.stored:
            if message.signal_id in self._unstored:
                self._unstored.discard(message.signal_id)
                say("stored", self.device_id, message.signal_id)
        elif isinstance(message, Error):
            say("refused", self.device_id, message.alert_id or "", message.code)
        super().heard(message)


class Witness(Patrol):
    """A handheld that tells what it is shown, and answers the calls that are its own."""

    def __init__(self, plan: Plan, device_id: str, token: str, nursery: trio.Nursery) -> None:
        super().__init__(plan.url, Credentials(device_id, Role.PATROL, token))
        self.device_id = device_id
        self._mine = {each.device_id for each in plan.callers if each.answered_by == device_id}
        self._answering: set[str] = set()
        self._nursery = nursery

    def heard(self, message: AnyServerMessage) -> None:
        before = set(self.open)
        super().heard(message)
        for alert_id in self.open.keys() - before:
            say("shown", self.device_id, alert_id)
        for alert_id in before - self.open.keys():
            say("gone", self.device_id, alert_id)
        if (
            isinstance(message, Alert)
            and message.state is not AlertState.CLOSED
            and message.sender.device_id in self._mine
            and message.alert_id not in self._answering
        ):
            self._answering.add(message.alert_id)
            self._nursery.start_soon(self._answer, message.alert_id)

    async def _answer(self, alert_id: str) -> None:
        try:
            await self.accept(alert_id, eta_s=60)
            await self.close(alert_id, Outcome.REAL)
        except (ActionRefused, NoLongerOpen) as error:
            say("not_answered", self.device_id, alert_id, type(error).__name__)
        finally:
            self._answering.discard(alert_id)


async def follow(device_id: str, states: Reader[LinkState]) -> None:
    async for state in states:
        say("up" if state.up else "down", device_id)


async def press_on(telephones: list[Telephone], per_s: float, resting: trio.Event) -> None:
    """One press after the other, each at its time: a slow answer delays no later one."""
    due_s = trio.current_time()
    for number in count():
        await trio.sleep_until(due_s)
        if resting.is_set():
            return
        await telephones[number % len(telephones)].call()
        due_s += 1 / per_s


async def rest(telephones: list[Telephone]) -> None:
    """Say so once every press has ended."""
    while any(each.presses for each in telephones):  # noqa: ASYNC110 - it only tells when asked
        await trio.sleep(LOOK_EVERY_S)
    say("rests")


async def live(
    one: Telephone | Witness, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
) -> None:
    async with one:
        task_status.started()
        await trio.sleep_forever()


async def obey(plan: Plan, commands: Callable[[], Awaitable[str]]) -> None:
    async with trio.open_nursery() as nursery:
        telephones = [Telephone(plan, caller) for caller in plan.callers]
        witnesses = [Witness(plan, each.device_id, each.token, nursery) for each in plan.handhelds]
        everybody: list[Telephone | Witness] = [*telephones, *witnesses]
        for one in everybody:
            await nursery.start(live, one)
            nursery.start_soon(follow, one.device_id, one.states())
        resting = trio.Event()
        while command := (await commands()).strip():
            if command == "press":
                nursery.start_soon(press_on, telephones, plan.per_s, resting)
            elif command == "rest":
                resting.set()
                nursery.start_soon(rest, telephones)
            else:
                break
        nursery.cancel_scope.cancel()


async def main() -> None:
    lines = trio.wrap_file(sys.stdin)
    plan = msgspec.json.decode(await lines.readline(), type=Plan)
    try:
        await obey(plan, lines.readline)
    except* ClientError as group:
        say("failed", word=repr(group.exceptions))


if __name__ == "__main__":
    trio.run(main)
