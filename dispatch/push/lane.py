"""The way to one push service. One that is dead, slow or full holds up no other."""

from collections.abc import Callable
from dataclasses import replace
from secrets import SystemRandom
from typing import Protocol

import structlog
import trio

from dispatch.push.bounds import (
    ATTEMPTS_MAX,
    ORDERS_PER_LANE_MAX,
    RETRY_CAP_S,
    RETRY_FIRST_S,
    SENDERS_PER_LANE,
)
from dispatch.push.breaker import Breaker
from dispatch.push.orders import Order, Orders
from dispatch.push.outcome import Answer, Outcome
from dispatch.push.tally import Tally

_FAILURES = frozenset({Outcome.BUSY, Outcome.FAILED})
_RETRIED = _FAILURES | {Outcome.THROTTLED}

log = structlog.get_logger()


class Provider(Protocol):
    """One push service. Whatever goes wrong there is an answer, in `ANSWER_WITHIN_S`."""

    async def send(self, order: Order) -> Answer:
        """Hand over one push."""

    async def aclose(self) -> None:
        """Let go of its connections."""


class Lane:
    """Orders for one push service, tried a few at once until they are settled.

    `on_gone` is told of an order whose address wakes nobody any more. `jitter` draws from 0 to 1.
    """

    def __init__(
        self,
        service: str,
        provider: Provider,
        tally: Tally,
        on_gone: Callable[[Order], None],
        *,
        jitter: Callable[[], float] | None = None,
    ) -> None:
        self.service = service
        self._provider = provider
        self._tally = tally
        self._on_gone = on_gone
        self._jitter = jitter or SystemRandom().random
        self._orders = Orders(ORDERS_PER_LANE_MAX)
        self._breaker = Breaker()
        self._came = trio.Event()
        tally.waiting.labels(service).set_function(lambda: len(self._orders))
        tally.open_breakers.labels(service).set_function(lambda: self._breaker.is_open)

    def put(self, order: Order, after_s: float = 0.0) -> None:
        """Take an order, which an older one for the same alert and address gives way to."""
        dropped = self._orders.put(order, trio.current_time() + after_s)
        if dropped:
            self._count(Outcome.DROPPED)
        self._came.set()
        self._came = trio.Event()

    async def run(self) -> None:
        """Send, for ever."""
        async with trio.open_nursery() as nursery:
            for _ in range(SENDERS_PER_LANE):
                nursery.start_soon(self._work)

    async def _work(self) -> None:
        while True:
            self._settle(order := await self._next(), await self._provider.send(order))

    async def _next(self) -> Order:
        """Wait for an order that is due, on a lane that may be tried."""
        while True:
            now_s = trio.current_time()
            due_s = self._orders.next_due_s()
            if due_s is None or due_s > now_s:
                await self._something(None if due_s is None else due_s - now_s)
            elif wait_s := self._breaker.wait_s(now_s):
                await self._something(wait_s)
            else:
                order = self._orders.take(now_s)
                if order is not None and order.expires_at_s > now_s:
                    return order
                self._count(Outcome.EXPIRED)

    async def _something(self, within_s: float | None) -> None:
        """Wait until an order came, or for so long."""
        with trio.move_on_after(float("inf") if within_s is None else within_s):
            await self._came.wait()

    def _settle(self, order: Order, answer: Answer) -> None:
        now_s = trio.current_time()
        was_open = self._breaker.is_open
        if answer.outcome in _FAILURES:
            self._breaker.failed(now_s, answer.wait_s)
        else:
            self._breaker.worked()
            if was_open:
                self._came.set()  # the others waited for this
                self._came = trio.Event()
        if was_open != self._breaker.is_open:
            log.warning("push_service", service=self.service, works=was_open, status=answer.status)
        self._count(answer.outcome)
        if answer.outcome in _RETRIED:
            self._try_again(order, answer)
        if answer.outcome is Outcome.GONE:
            self._on_gone(order)
        if answer.outcome is Outcome.REFUSED:
            said = {"status": answer.status, "reason": answer.reason}
            log.warning("push_refused", service=self.service, **said)

    def _try_again(self, order: Order, answer: Answer) -> None:
        if self._orders.holds(order):
            return  # a newer one says the same
        if order.attempts + 1 >= ATTEMPTS_MAX:
            self._count(Outcome.GIVEN_UP)
            return
        longest_s = min(RETRY_CAP_S, RETRY_FIRST_S * 2**order.attempts)
        wait_s = max(answer.wait_s, longest_s * (0.5 + 0.5 * self._jitter()))
        self.put(replace(order, attempts=order.attempts + 1), wait_s)

    def _count(self, outcome: Outcome) -> None:
        self._tally.outcomes.labels(self.service, outcome).inc()
