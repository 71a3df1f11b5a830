"""One push service's way, in virtual time: tried, retried, left alone, and never blocking."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio

from dispatch.push.bounds import (
    ANSWER_WITHIN_S,
    ATTEMPTS_MAX,
    FAILURES_TO_OPEN,
    ORDERS_PER_LANE_MAX,
    SENDERS_PER_LANE,
)
from dispatch.push.lane import Lane
from dispatch.push.orders import Order
from dispatch.push.outcome import Answer, Outcome
from dispatch.push.tally import Tally
from tests.push.orders import order

OK = Answer(Outcome.ACCEPTED, 201)
DEAD = Answer(Outcome.FAILED)


class Service:
    """A push service that answers as it is told, the last answer for ever."""

    def __init__(self, *answers: Answer, takes_s: float = 0.0) -> None:
        self.answers = list(answers)
        self.takes_s = takes_s
        self.asked: list[tuple[float, Order]] = []
        self.at_once = self.at_once_most = 0

    async def send(self, one: Order) -> Answer:
        self.asked.append((trio.current_time(), one))
        self.at_once += 1
        self.at_once_most = max(self.at_once, self.at_once_most)
        await trio.sleep(self.takes_s)
        self.at_once -= 1
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    async def aclose(self) -> None:
        """It holds nothing."""


class Rig:
    def __init__(self, service: Service) -> None:
        self.tally = Tally()
        self.gone: list[Order] = []
        self.lane = Lane("push.example", service, self.tally, self.gone.append, jitter=lambda: 1.0)

    def outcomes(self) -> Counter[str]:
        (family,) = self.tally.outcomes.collect()
        return Counter(
            {
                sample.labels["outcome"]: int(sample.value)
                for sample in family.samples
                if sample.name.endswith("_total") and sample.value
            }
        )


@asynccontextmanager
async def running(service: Service) -> AsyncIterator[Rig]:
    rig = Rig(service)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(rig.lane.run)
        yield rig
        nursery.cancel_scope.cancel()


def later(one: Order) -> Order:
    """The same, of use for as long as anything."""
    return Order(one.alert_id, one.device_id, one.urgency, one.target, trio.current_time() + 3_600)


async def test_an_order_is_sent_at_once(autojump_clock) -> None:
    service = Service(OK)
    async with running(service) as rig:
        started_s = trio.current_time()
        rig.lane.put(later(order()))
        await trio.sleep(1)
        assert [at_s - started_s for at_s, _ in service.asked] == [0.0]
        assert rig.outcomes() == {"accepted": 1}


async def test_a_few_at_once_and_the_others_after_them(autojump_clock) -> None:
    service = Service(OK, takes_s=1.0)
    async with running(service) as rig:
        for number in range(3 * SENDERS_PER_LANE):
            rig.lane.put(later(order(number)))
        await trio.sleep(3.5)
    assert service.at_once_most == SENDERS_PER_LANE
    assert rig.outcomes() == {"accepted": 3 * SENDERS_PER_LANE}


async def test_a_failure_is_tried_again_later_and_later_and_then_given_up(autojump_clock) -> None:
    service = Service(DEAD)
    async with running(service) as rig:
        rig.lane.put(later(order()))
        await trio.sleep(3_000)
        pauses = [
            after[0] - before[0]
            for before, after in zip(service.asked, service.asked[1:], strict=False)
        ]
        assert len(service.asked) == ATTEMPTS_MAX
        assert pauses == sorted(pauses)
        assert rig.outcomes() == {"failed": ATTEMPTS_MAX, "given_up": 1}


async def test_a_service_that_asks_us_to_wait_is_waited_for_by_all(autojump_clock) -> None:
    service = Service(Answer(Outcome.BUSY, 429, wait_s=30.0), OK)
    async with running(service) as rig:
        started_s = trio.current_time()
        rig.lane.put(later(order(1)))
        await trio.sleep(1)
        rig.lane.put(later(order(2)))
        await trio.sleep(100)
        assert [round(at_s - started_s) for at_s, _ in service.asked] == [0, 30, 30]
        assert rig.outcomes() == {"busy": 1, "accepted": 2}


async def test_one_device_that_has_too_many_is_tried_again_and_the_others_do_not_wait(
    autojump_clock,
) -> None:
    service = Service(*(Answer(Outcome.THROTTLED, 429),) * FAILURES_TO_OPEN, OK)
    async with running(service) as rig:
        for number in range(FAILURES_TO_OPEN):
            rig.lane.put(later(order(number)))
        await trio.sleep(0.1)
        rig.lane.put(later(order(100)))
        await trio.sleep(0.01)
        assert rig.outcomes()["accepted"] == 1
        await trio.sleep(60)
        assert rig.outcomes()["accepted"] == FAILURES_TO_OPEN + 1


async def test_a_dead_service_is_left_alone_then_tried_by_one_and_takes_all_once_it_lives(
    autojump_clock,
) -> None:
    service = Service(DEAD, takes_s=ANSWER_WITHIN_S)
    async with running(service) as rig:
        for number in range(200):
            rig.lane.put(later(order(number)))
        await trio.sleep(60)
        asked = len(service.asked)
        assert SENDERS_PER_LANE <= asked < SENDERS_PER_LANE + FAILURES_TO_OPEN + 10
        service.answers, service.takes_s = [OK], 0.0
        await trio.sleep(120)
        assert rig.outcomes()["accepted"] == 200


async def test_what_is_of_no_use_any_more_is_not_sent(autojump_clock) -> None:
    service = Service(OK)
    async with running(service) as rig:
        late = order(expires_at_s=trio.current_time() - 1)
        rig.lane.put(late)
        await trio.sleep(1)
        assert not service.asked
        assert rig.outcomes() == {"expired": 1}


async def test_an_address_that_is_gone_is_said_and_not_tried_again(autojump_clock) -> None:
    service = Service(Answer(Outcome.GONE, 410))
    async with running(service) as rig:
        one = later(order())
        rig.lane.put(one)
        await trio.sleep(1_000)
        assert rig.gone == [one]
        assert len(service.asked) == 1


async def test_a_newer_order_makes_trying_the_older_one_again_needless(autojump_clock) -> None:
    service = Service(DEAD, OK, takes_s=1.0)
    async with running(service) as rig:
        rig.lane.put(later(order()))
        await trio.sleep(0.5)
        rig.lane.put(later(order()), after_s=5.0)
        await trio.sleep(100)
        assert len(service.asked) == 2
        assert rig.outcomes() == {"failed": 1, "accepted": 1}


async def test_a_lane_that_does_not_move_is_bounded(autojump_clock) -> None:
    rig = Rig(Service(OK))
    for number in range(ORDERS_PER_LANE_MAX + 5):
        rig.lane.put(order(number))
    assert rig.outcomes() == {"dropped": 5}
