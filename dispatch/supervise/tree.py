"""The process tree: start in order, restart who dies, give up loudly, drain in reverse order.

A child that the others can do without (`essential=False`) keeps nobody waiting and ends nobody: it
is tried again for ever.

Each child's care encloses the start of the next one, as nested blocks do. Leaving the innermost
block, for whatever cause, therefore drains the children in reverse order.
"""

import math
import random
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from signal import SIGINT, SIGTERM, Signals

import structlog
import trio

from dispatch.supervise.child import Child, ChildError, ChildSpec, running
from dispatch.supervise.exit_codes import Ending
from dispatch.supervise.restarts import Failure, FailureRecord, GaveUpError, RestartPolicy

DRAIN_DEADLINE_S = 30.0
HOLD_NEXT_S = 2.0
"""Long enough for one that comes up as usual, short enough for those who wait without need."""
KILL_AGAIN_EVERY_S = 0.1

log = structlog.get_logger()

Details = Mapping[str, object]


async def supervise(
    specs: Sequence[ChildSpec],
    *,
    policy: RestartPolicy | None = None,
    drain_deadline_s: float = DRAIN_DEADLINE_S,
    jitter: Callable[[], float] = random.random,
    task_status: trio.TaskStatus[dict[str, Details]] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Run `specs` until SIGTERM or SIGINT, then drain them and return.

    They start in order, each after the former is ready; one that is not essential is waited for
    `HOLD_NEXT_S` at most, and only until it fails. Once all have had their turn, `task_status` is
    started with what each announced. A second signal, or `drain_deadline_s`, ends the drain at
    once. Cancelling drains too. Must run in the main thread (it receives signals).

    Raises `GaveUpError` after draining, when an essential child fails for good.
    """
    tree = _Tree()
    policy = policy or RestartPolicy()
    async with trio.open_nursery() as nursery:
        await nursery.start(_obey_signals, tree)
        nursery.start_soon(_bound_drain, tree, drain_deadline_s)
        with tree.work:
            async with AsyncExitStack() as stack:
                for spec in specs:
                    keeper = _Keeper(spec, tree, FailureRecord(policy), jitter)
                    await stack.enter_async_context(_kept(keeper))
                task_status.started({each.spec.name: each.details for each in tree.keepers})
                await trio.sleep_forever()
        nursery.cancel_scope.cancel()
    if tree.gave_up is not None:
        raise tree.gave_up


class _Tree:
    """What the parts of one tree share."""

    def __init__(self) -> None:
        self.keepers: list[_Keeper] = []
        self.work = trio.CancelScope()
        self.stopping = trio.Event()
        self.hurry = trio.Event()
        self.gave_up: GaveUpError | None = None

    def stop(self) -> None:
        self.stopping.set()
        self.work.cancel()


class _Keeper:
    """Keeps one child alive until its scope is cancelled."""

    def __init__(
        self, spec: ChildSpec, tree: _Tree, record: FailureRecord, jitter: Callable[[], float]
    ) -> None:
        self.spec = spec
        # Shielded: a cancelled tree must end its children one after the other.
        self.scope = trio.CancelScope(shield=True)
        self.had_its_turn = trio.Event()
        """It is ready; or it failed, and the others can do without it."""
        self.details: Details = {}
        self.tree = tree
        self._record = record
        self._jitter = jitter
        self._child: Child | None = None

    async def keep(self) -> None:
        with self.scope:
            while True:
                ending, ran_for_s = await self._run_once()
                self._record.add(Failure(trio.current_time(), ending.reason), ran_for_s=ran_for_s)
                if not self.spec.essential:
                    self.had_its_turn.set()
                elif self._record.exhausted or not ending.curable:
                    self._give_up(ending)
                    return
                await self._back_off(ending)

    def end_now(self) -> None:
        self.scope.cancel()
        if self._child is not None:
            self._child.kill()

    async def _run_once(self) -> tuple[Ending, float]:
        """One life of the child: how it ended, and for how long it had been ready (s)."""
        try:
            async with running(self.spec) as child:
                self._child = child
                started_s = trio.current_time()
                await child.wait_ready()
                ready_s = trio.current_time()
                log.info(
                    "child_ready",
                    child=self.spec.name,
                    pid=child.pid,
                    after_s=round(ready_s - started_s, 3),
                    **{"details": child.details} if child.details else {},
                )
                self.details = child.details
                self.had_its_turn.set()
                return await child.wait(), trio.current_time() - ready_s
        except ChildError as failure:
            return failure.ending, 0.0
        finally:
            self._child = None

    async def _back_off(self, ending: Ending) -> None:
        if not self.spec.essential and (self._record.is_hopeless or not ending.curable):
            delay_s = self._record.policy.hopeless_delay_s
            log.error("child_down", **self._state(ending), delay_s=delay_s)
        else:
            delay_s = round(self._record.next_delay_s(jitter=self._jitter()), 3)
            log.warning("child_restarting", **self._state(ending), delay_s=delay_s)
        await trio.sleep(delay_s)

    def _state(self, ending: Ending) -> dict[str, object]:
        failures = len(self._record.recent)
        return {"child": self.spec.name, "reason": ending.reason, "recent_failures": failures}

    def _give_up(self, ending: Ending) -> None:
        gave_up = GaveUpError(self.spec.name, self._record.recent, curable=ending.curable)
        log.error("gave_up", **self._state(ending))
        self.tree.gave_up = self.tree.gave_up or gave_up
        self.tree.stop()


@asynccontextmanager
async def _kept(keeper: _Keeper) -> AsyncIterator[None]:
    keeper.tree.keepers.append(keeper)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(keeper.keep)
        try:
            with trio.move_on_after(math.inf if keeper.spec.essential else HOLD_NEXT_S):
                await keeper.had_its_turn.wait()
            yield
        finally:
            keeper.scope.cancel()


async def _obey_signals(
    tree: _Tree, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
) -> None:
    with trio.open_signal_receiver(SIGTERM, SIGINT) as received:
        task_status.started()
        async for number in received:
            if tree.stopping.is_set():
                tree.hurry.set()
            else:
                log.info("draining", reason=Signals(number).name)
                tree.stop()


async def _bound_drain(tree: _Tree, drain_deadline_s: float) -> None:
    await tree.stopping.wait()
    reason = f"not drained within {drain_deadline_s:g} s"
    with trio.move_on_after(drain_deadline_s):
        await tree.hurry.wait()
        reason = "second signal"
    log.warning("drain_cut_short", reason=reason)
    while True:  # again and again: a child may have been on its way up
        for keeper in tree.keepers:
            keeper.end_now()
        await trio.sleep(KILL_AGAIN_EVERY_S)
