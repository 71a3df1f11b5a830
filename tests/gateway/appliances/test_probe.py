"""Appliances are asked for proof of life a little more often than they must give it."""

import trio
from trio.testing import MockClock

from dispatch.gateway.appliances.asking import Faulty, Unreachable
from dispatch.gateway.appliances.probe import probe
from tests.gateway.appliances.stand_in import no_jitter

HEARTBEAT_S = 100.0


class Living:
    def __init__(self) -> None:
        self.trouble: Exception | None = None
        self.asked_at_s: list[float] = []

    async def prove_life(self) -> None:
        self.asked_at_s.append(trio.current_time())
        if self.trouble is not None:
            raise self.trouble


class Findings:
    def __init__(self) -> None:
        self.seen: list[str] = []
        self.faults: list[str] = []

    def lives(self, device_id: str) -> None:
        self.seen.append(device_id)

    def judged(self, device_id: str, fault: str) -> None:
        assert device_id == "cam-1"
        self.faults.append(fault)


async def probed(living: Living, for_s: float) -> Findings:
    findings = Findings()
    with trio.move_on_after(for_s):
        limiter = trio.CapacityLimiter(1)
        await probe("cam-1", living, HEARTBEAT_S, limiter, findings, no_jitter)
    return findings


async def test_it_is_heard_from_within_its_heartbeat(autojump_clock: MockClock) -> None:
    living = Living()

    findings = await probed(living, 10 * HEARTBEAT_S)

    gaps_s = [b - a for a, b in zip(living.asked_at_s, living.asked_at_s[1:], strict=False)]
    assert findings.seen == ["cam-1"] * len(living.asked_at_s)
    assert set(findings.faults) == {""}
    assert 0 < max(gaps_s) < HEARTBEAT_S


async def test_one_that_does_not_answer_is_asked_again_soon_and_not_vouched_for(
    autojump_clock: MockClock,
) -> None:
    living = Living()
    living.trouble = Unreachable("")

    findings = await probed(living, HEARTBEAT_S)

    assert len(living.asked_at_s) >= 4, "one lost packet must not make it missing"
    assert findings.seen == findings.faults == []


async def test_one_that_answers_wrongly_lives_and_is_at_fault(autojump_clock: MockClock) -> None:
    living = Living()
    living.trouble = Faulty("a page instead")

    findings = await probed(living, HEARTBEAT_S)

    assert findings.seen
    assert set(findings.faults) == {"a page instead"}
