"""Wall clocks that jump by an hour: timers are on the monotonic one."""

import os
import time
from functools import partial
from pathlib import Path
from typing import Final

import trio

from protocol.messages import Accept, Alert, Close, Command, Ping, Pong
from protocol.vocabulary import AlertState, Outcome
from tests.faults.ledger import PATIENCE_S, now_s
from tests.faults.rig import Rig
from tests.faults.trial import CannotTry, Row, Scale, Trial, three_phases, trial
from tests.live.devices import Device, device, on_duty, press

REPEATED_AFTER_S: Final = 10.0
LATE_S: Final = 1.5
"""A timer may be late by what a busy machine does."""
JUMPS_S: Final = (3600, -3600, 0)
LIBRARY: Final = "faketime/libfaketime.so.1"


def clock_jumps(row: Row, rig: Rig, scale: Scale) -> None:
    """Forward and back, while an alert waits for its answer."""
    setting = rig.home / "clock"
    environment = {
        "LD_PRELOAD": str(library()),
        "FAKETIME_TIMESTAMP_FILE": str(setting),
        "FAKETIME_CACHE_DURATION": "1",  # seconds between looks at that file
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        # Its cure for waits on a condition makes those for the interpreter lock last seconds.
        "FAKETIME_FORCE_MONOTONIC_FIX": "0",
    }

    def jump(one: Trial) -> None:
        for _ in range(min(scale.rounds, 3)):
            took_s = trio.run(unanswered, one, setting)
            one.note(f"called again after {took_s:.2f} s")
            one.expect(
                REPEATED_AFTER_S - 0.01 <= took_s <= REPEATED_AFTER_S + LATE_S,
                f"called again after {took_s:.3f} s",
            )

    set_clock(setting, 0)
    with rig.another_core("clock-jumps", environment), trial(row, rig, scale) as one:
        three_phases(one, jump)
        one.audit()
        one.unfelt()


async def unanswered(one: Trial, setting: Path) -> float:
    """Press where nobody answers, and let the clock jump. Returns when they were called again."""
    rig, area = one.rig, one.rig.free_area
    async with (
        on_duty(rig, area.patrols[0]) as patrol,
        device(rig, area.apps[0]) as sender,
    ):
        signal = press(area.spot())
        pressed_s = now_s()
        await sender.say(signal)
        await patrol.hear_of(signal.signal_id)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(jump_about, one, sender, setting)
            await patrol.hear_a(Command)
            took_s = now_s() - pressed_s
        alert_id = signal.signal_id
        await patrol.say(Accept(alert_id=alert_id), Close(alert_id=alert_id, outcome=Outcome.REAL))
        await patrol.hear_a(Alert, lambda each: each.state is AlertState.CLOSED)
        return took_s


async def jump_about(one: Trial, sender: Device, setting: Path) -> None:
    """Set the clock, and wait until the core has it, again and again."""
    for offset_s in JUMPS_S:
        set_clock(setting, offset_s)
        with trio.fail_after(PATIENCE_S):
            while abs(await clock_of(sender) - offset_s) > 60:
                await trio.to_thread.run_sync(partial(one.ledger.more, stored=1))
        await trio.to_thread.run_sync(partial(one.ledger.more, stored=one.scale.phase // 9))


async def clock_of(sender: Device) -> float:
    """Ask the core for the time. Returns the seconds by which it is ahead."""
    await sender.say(Ping(ref="time"))
    pong = await sender.hear_a(Pong)
    return float(pong.now_ms / 1000 - time.time())


def set_clock(setting: Path, offset_s: int) -> None:
    """Set the core's wall clock off by so many seconds; it looks once a second."""
    whole = setting.with_suffix(".new")
    whole.write_text(f"{offset_s:+d}\n")
    whole.replace(setting)


def library() -> Path:
    """Find libfaketime. Raises `CannotTry`."""
    triplet = f"{os.uname().machine}-linux-gnu"
    found = [path for path in (Path("/usr/lib") / triplet / LIBRARY,) if path.is_file()]
    if not found:
        raise CannotTry("libfaketime is missing: apt-get install libfaketime")
    return found[0]
