"""Proof of life of appliances that never speak for themselves: somebody has to ask."""

from typing import Protocol

import trio

from dispatch.gateway.appliances.asking import Faulty, Unreachable
from dispatch.gateway.appliances.attempts import Jitter
from dispatch.gateway.appliances.bounds import FIRST_PROBE_WITHIN_S, PROBE_SHARE, REPROBE_SHARE


class Living(Protocol):
    """An appliance, for all that a probe needs of it."""

    async def prove_life(self) -> None:
        """Do what it is there for. Raises `Unreachable`, `Faulty`."""


class Findings(Protocol):
    """Who is told what probes find."""

    def lives(self, device_id: str) -> None:
        """It answered, rightly or not."""

    def judged(self, device_id: str, fault: str) -> None:
        """What is wrong with its answers; empty when nothing is."""


async def probe(
    device_id: str,
    living: Living,
    heartbeat_s: float,
    limiter: trio.CapacityLimiter,
    findings: Findings,
    jitter: Jitter,
) -> None:
    """Ask again and again, somewhat more often than its heartbeat, for ever.

    Nobody says here that it is missing: who is not heard from is the core's to notice.
    """
    await trio.sleep(jitter() * min(FIRST_PROBE_WITHIN_S, heartbeat_s * REPROBE_SHARE))
    while True:
        share = PROBE_SHARE
        try:
            async with limiter:
                await living.prove_life()
        except Unreachable:
            share = REPROBE_SHARE
        except Faulty as error:
            findings.lives(device_id)
            findings.judged(device_id, str(error))
        else:
            findings.lives(device_id)
            findings.judged(device_id, "")
        await trio.sleep(heartbeat_s * share)
