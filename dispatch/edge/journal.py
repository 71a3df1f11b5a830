"""The core's journal, behind every press: opened, recovered from, drained, watched, kept small."""

import asyncio
import sqlite3
from dataclasses import replace
from typing import Final

import structlog

from dispatch.core.moment import Moment
from dispatch.edge.bounds import COMPACT_EVERY_S, DISK_CHECK_S, KEEPER_LOOK_S
from dispatch.edge.drain_process import DrainProcess
from dispatch.edge.health import Health
from dispatch.edge.keeper import Keeper, Tell
from dispatch.edge.log_process import LogProcess
from dispatch.edge.metrics import Metrics
from dispatch.journal.disk import look
from dispatch.journal.drain_talk import Begin, FoundDamaged, Said
from dispatch.journal.faults import NotStored
from dispatch.journal.recover import CLOCK_SET_BY_S, Recovered, closed_since_ms, recover
from dispatch.journal.status import Condition

OPEN_RETRY_S: Final = 0.25

log = structlog.get_logger()


class Journal:
    """The durable log of one core and what goes on around it.

    `tell` hears what became of each press: it brings it to the dispatcher.
    """

    def __init__(
        self,
        kept: LogProcess,
        tell: Tell,
        health: Health,
        metrics: Metrics,
        *,
        held_by_database: bool,
    ) -> None:
        loop = asyncio.get_running_loop()
        self.keeper = Keeper(tell, loop.call_soon, held_by_database=held_by_database)
        self._held_by_database = held_by_database
        self._health = health
        self._metrics = metrics
        self._drain: DrainProcess | None = None
        self._stored_seq = 0
        self._kept_at_s = self._looked_at_s = self._compacted_at_s = float("-inf")
        self._log = self.keeper.log = kept
        kept.on_stored = self._stored
        kept.on_failed = self.keeper.failed

    async def recover(self, now: Moment, boot: str) -> Recovered:
        """Return what an earlier run left: alerts, open and closed of late, and the kit.

        Without its memory the core still dispatches: senders repeat what they were not told is
        stored, and the log says what it can save.
        """
        try:
            since_ms, drained_seq = closed_since_ms(now), self._log.drained_seq
            states = await self._log.read(lambda reader: reader.newest_states(since_ms))
            off_duty = await self._log.read(lambda reader: reader.off_duty_after(drained_seq))
            recovered = replace(recover(states, now, boot=boot), off_duty=off_duty)
            self.keeper.recovered(recovered.alerts, recovered.messages)
        except (sqlite3.Error, OSError, NotStored) as error:
            log.error("not_recovered", reason=str(error))
            return Recovered()
        return recovered

    async def keep(self) -> None:
        """See to it that there is a process that stores, for ever."""
        await self._log.run()

    async def drain(self, dsn: str) -> None:
        """Bring what the log has to PostgreSQL, for ever."""
        # The disk does not let the log be opened, for now; its thread tells nobody when.
        while not self._log.log_id:  # noqa: ASYNC110
            await asyncio.sleep(OPEN_RETRY_S)
        self._drain = DrainProcess(lambda: self._begin(dsn), self._drain_says)
        await self._drain.run()

    def look(self, now: Moment) -> None:
        """See how the log and its disk are, and have done what is due. Call it often."""
        is_sound = self._look_at_log()
        if now.mono_s - self._kept_at_s >= KEEPER_LOOK_S:
            self._kept_at_s = now.mono_s
            self.keeper.look()
        if now.mono_s - self._looked_at_s >= DISK_CHECK_S:
            self._looked_at_s = now.mono_s
            self._health.disk_level = look(self._log.path.parent).level
        if is_sound and now.mono_s - self._compacted_at_s >= COMPACT_EVERY_S:
            self._compacted_at_s = now.mono_s
            self._log.compact(now.wall_ms - int(CLOCK_SET_BY_S * 1000))

    async def close(self) -> None:
        """Store what waits and let go of the file."""
        await self._log.close()

    def _stored(self, seq: int) -> None:
        self._stored_seq = seq
        self.keeper.stored(seq)
        if self._drain is not None:
            self._drain.stirred(seq)

    def _look_at_log(self) -> bool:
        state = self._log.state()
        is_sound = state.condition is Condition.HEALTHY
        self._health.journal_fault = "" if is_sound else str(state.reason or state.condition)
        self._metrics.journal_waiting.set(state.waiting)
        return is_sound

    def _begin(self, dsn: str) -> Begin:
        return Begin(
            dsn,
            str(self._log.path),
            self._log.log_id,
            self._log.drained_seq,
            self._stored_seq,
            self._held_by_database,
        )

    def _drain_says(self, said: Said) -> None:
        if isinstance(said, FoundDamaged):
            self._log.distrust(said.name, said.reason)
            return
        self.keeper.drained(said.drained_seq)
        self._log.drained(said.drained_seq)
        self._metrics.database_behind.set(said.entries_behind)
        self._metrics.database_behind_s.set(said.seconds_behind)
        self._metrics.database_refused.set(said.refused)
        if said.reason != self._health.database_fault:
            log.info("drain", reason=said.reason or "ok", behind=said.entries_behind)
        self._health.database_fault = said.reason
