"""The core process: the registry is loaded, the port opened, and every press dispatched."""

import asyncio
import gc
import logging
import signal
import sqlite3
import ssl
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

import structlog
import uvloop

from dispatch.core.dispatcher import Dispatcher
from dispatch.core.effects import Append, IssueToken
from dispatch.core.events import Tick
from dispatch.core.facts import Fact
from dispatch.core.moment import Moment
from dispatch.core.registry import Change, Registry
from dispatch.edge.bounds import (
    CERTIFICATE_CHECK_S,
    CLOSE_GRACE_S,
    COMPACT_EVERY_S,
    DISK_CHECK_S,
    DRAIN_NOTICE_S,
    KEEPER_LOOK_S,
)
from dispatch.edge.clock import read_clock
from dispatch.edge.exposure import ListenError, refuse_exposure
from dispatch.edge.front_door import FrontDoor
from dispatch.edge.half_open import give_up_soon
from dispatch.edge.health import Health
from dispatch.edge.keeper import Keeper
from dispatch.edge.metrics import Metrics
from dispatch.edge.outbox import Outbox
from dispatch.edge.ticker import Ticker
from dispatch.edge.tls import Tls, TlsFiles
from dispatch.edge.tokens import TokenIssuer
from dispatch.journal.disk import look
from dispatch.journal.drain import Drain, DrainStatus
from dispatch.journal.faults import NotStored
from dispatch.journal.local_log import LocalLog
from dispatch.journal.recover import CLOCK_SET_BY_S, closed_since_ms, recover, this_boot
from dispatch.journal.status import Condition
from dispatch.logs import BackgroundWriter
from dispatch.store.open_registry import OpenedRegistry, follow_registry, open_registry
from dispatch.store.pool import Pool, open_pool
from dispatch.store.registry_copy import RegistryCopy
from dispatch.store.watch import FeedStatus
from protocol.close_codes import CloseCode
from protocol.limits import HELLO_DEADLINE_S

BEAT_S: Final = 0.25
BACKLOG: Final = 4_096
COLLECT_AFTER: Final = (50_000, 20, 100)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class CoreOptions:
    """What the core process needs to know."""

    dsn: str
    journal_file: Path
    registry_folder: Path
    """Where the local copy of the registry is kept."""
    held_by_database: bool = False
    """A press counts as stored only once PostgreSQL has it too."""
    host: str = "127.0.0.1"
    port: int = 7310
    tls: TlsFiles | None = None
    allow_plain: bool = False
    origins: tuple[str, ...] = ()
    connections_max: int = 19_000


def run_core(options: CoreOptions, on_ready: Callable[[int], None], logs: BackgroundWriter) -> None:
    """Serve until SIGTERM or SIGINT. `on_ready` is given the bound port.

    Raises `ListenError`, `TlsError`, `StoreUnavailable`, `Refused`.
    """
    uvloop.run(_serve(options, on_ready, logs))


async def _serve(
    options: CoreOptions, on_ready: Callable[[int], None], logs: BackgroundWriter
) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    tls = Tls(options.tls) if options.tls else None
    refuse_exposure(options.host, has_tls=tls is not None, allow_plain=options.allow_plain)
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(open_pool(options.dsn))
        core = await Core.load(pool, options, logs)
        stack.push_async_callback(core.close_journal)
        # Before the task group, which would wrap a port that is taken into an exception group.
        server = await _listen(core.door, options, tls.context if tls else None)
        stack.callback(server.close)
        background = await stack.enter_async_context(asyncio.TaskGroup())
        tasks = [
            background.create_task(core.run_drain()),
            background.create_task(core.follow_registry(options.dsn)),
            background.create_task(core.copy.run()),
            background.create_task(core.keep_time(tls)),
        ]
        on_ready(server.sockets[0].getsockname()[1])
        await stopping.wait()
        await core.drain(server)
        for task in tasks:
            task.cancel()


class Core:
    """The parts of a running core, wired."""

    def __init__(self, opened: OpenedRegistry, pool: Pool, options: CoreOptions) -> None:
        registry = Registry(opened.locator, opened.things)
        self.copy = RegistryCopy(options.registry_folder, registry, opened.mark, opened.kept)
        self._mark = opened.mark
        self._issuer = TokenIssuer(pool)
        self._dispatcher = Dispatcher(registry, this_boot())
        self._metrics = Metrics(self._dispatcher)
        self.health = Health(self._dispatcher)
        self.health.is_registry_live = not opened.is_copy
        self._outbox = Outbox(
            self._dispatcher,
            self._metrics,
            self.health,
            self._record,
            self._append,
            self._issue_token,
        )
        self._keeper = Keeper(
            self._outbox.handle,
            asyncio.get_running_loop().call_soon,
            held_by_database=options.held_by_database,
        )
        self._log = self._open_journal(options.journal_file)
        self._pool = pool
        self._drain: Drain | None = None
        self._ticker = Ticker(self._dispatcher.next_deadline_s, lambda: self._outbox.handle(Tick()))
        self._outbox.on_applied = self._ticker.look
        self.door = FrontDoor(
            self._dispatcher,
            self._outbox,
            self.health,
            self._metrics,
            connections_max=options.connections_max,
            origins=options.origins,
        )
        self._stored_seq = 0
        self._logs: BackgroundWriter | None = None
        self._looked_at_s = self._compacted_at_s = self._kept_at_s = float("-inf")

    @classmethod
    async def load(cls, pool: Pool, options: CoreOptions, logs: BackgroundWriter) -> "Core":
        """Read the registry and build the index of its quadrants."""
        gc.disable()  # until all is there: nothing of it is garbage
        opened = await open_registry(pool, options.registry_folder)
        edition = opened.locator.edition
        log.log(
            logging.WARNING if opened.is_copy else logging.INFO,
            "registry_loaded",
            source="local copy, PostgreSQL is away" if opened.is_copy else "postgresql",
            edition=edition.id or None,
            quadrants=len(edition.quadrants),
            things=len(opened.things),
        )
        core = cls(opened, pool, options)
        core._logs = logs
        core.recover()
        _spare_the_collector()
        return core

    def recover(self) -> None:
        """Go on where the journal says that the last run was."""
        now = read_clock()
        try:
            states = self._log.newest_states(closed_since_ms(now))
            recovered = recover(states, now, boot=self._dispatcher.city.boot)
            self._keeper.recovered(recovered.alerts)
        except (sqlite3.Error, OSError, NotStored) as error:
            # Without its memory the core still dispatches: senders repeat what they were not told
            # is stored, and the journal says what it can save.
            log.error("not_recovered", reason=str(error))
            return
        self._dispatcher.restore(recovered.alerts)
        self._ticker.look()
        log.info(
            "recovered",
            open=self._dispatcher.city.board.open_count,
            closed=len(recovered.alerts) - self._dispatcher.city.board.open_count,
            unreadable=recovered.unreadable,
        )

    async def run_drain(self) -> None:
        """Bring what the journal has to PostgreSQL, behind the presses."""
        # The disk does not let the journal be opened, for now; its thread tells nobody when.
        while not self._log.log_id:  # noqa: ASYNC110
            await asyncio.sleep(BEAT_S)
        self._drain = Drain(
            self._log,
            self._pool,
            UUID(self._log.log_id),
            on_drained=self._keeper.drained,
            say=self._drain_status,
        )
        self._drain.stirred(self._stored_seq)
        await self._drain.run()

    async def close_journal(self) -> None:
        """Store what waits and let go of the file."""
        await asyncio.to_thread(self._log.close)

    async def follow_registry(self, dsn: str) -> None:
        """Put every change of the registry in force as it is committed."""
        await follow_registry(
            self._pool,
            dsn,
            self._mark,
            self._change,
            say=self._feed_status,
            reached=self.copy.reached,
        )

    async def keep_time(self, tls: Tls | None) -> None:
        """Feel the pulse of the loop, and notice renewed certificates."""
        checked_at_s = read_clock().mono_s
        while True:
            now = read_clock()
            self.health.beat(now, BEAT_S)
            self._look_at_journal(now)
            self.health.registry_copy_fault = self.copy.fault
            if self._logs is not None:
                self._metrics.logs_lost.set(self._logs.lost)
            if tls is not None and now.mono_s - checked_at_s >= CERTIFICATE_CHECK_S:
                checked_at_s = now.mono_s
                tls.reload_if_changed()
            await asyncio.sleep(BEAT_S)

    async def drain(self, server: asyncio.Server) -> None:
        """Stop taking connections, say so, finish what is under way, close the rest."""
        log.info("draining", connections=len(self.door.connections))
        self.health.is_draining = True
        server.close()
        self.door.drain()
        await asyncio.sleep(DRAIN_NOTICE_S)
        for connection in list(self.door.connections):
            connection.close(CloseCode.DRAINING)
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_GRACE_S + 1):
                await self.door.empty.wait()
        await self.copy.save()
        log.info("drained", connections=len(self.door.connections))

    def _record(self, fact: Fact) -> None:
        self._metrics.count(fact)
        named = {"reason": fact.reason, "device": fact.device_id, "alert": fact.alert_id}
        log.info(fact.kind, **{name: value for name, value in named.items() if value})

    def _append(self, effect: Append) -> None:
        self._keeper.append(effect)

    def _open_journal(self, path: Path) -> LocalLog:
        loop = asyncio.get_running_loop()
        journal = LocalLog(
            path,
            call_back=loop.call_soon_threadsafe,
            on_stored=self._stored,
            on_failed=self._keeper.failed,
        )
        self._keeper.log = journal
        return journal

    def _stored(self, seq: int) -> None:
        self._stored_seq = seq
        self._keeper.stored(seq)
        if self._drain is not None:
            self._drain.stirred(seq)

    def _look_at_journal(self, now: Moment) -> None:
        if now.mono_s - self._kept_at_s >= KEEPER_LOOK_S:
            self._kept_at_s = now.mono_s
            self._keeper.look()
        state = self._log.state()
        self._metrics.journal_waiting.set(state.waiting)
        if self._drain is not None:
            drained = self._drain.status()
            self._metrics.database_behind.set(drained.entries_behind)
            self._metrics.database_behind_s.set(drained.seconds_behind)
            self._metrics.database_refused.set(drained.refused)
        sound = state.condition is Condition.HEALTHY
        self.health.journal_fault = "" if sound else str(state.reason or state.condition)
        if now.mono_s - self._looked_at_s < DISK_CHECK_S:
            return
        self._looked_at_s = now.mono_s
        self.health.disk_level = look(self._log.path.parent).level
        if now.mono_s - self._compacted_at_s >= COMPACT_EVERY_S and sound:
            self._compacted_at_s = now.mono_s
            self._log.compact(now.wall_ms - int(CLOCK_SET_BY_S * 1000))

    def _drain_status(self, status: DrainStatus) -> None:
        if status.reason != self.health.database_fault:
            log.info("drain", reason=status.reason or "ok", behind=status.entries_behind)
        self.health.database_fault = status.reason

    def _issue_token(self, wanted: IssueToken) -> None:
        device = self._dispatcher.city.registry.devices[wanted.device_id]
        self._issuer.start(wanted, device, self._outbox)

    def _change(self, change: Change) -> None:
        self._outbox.handle(change)

    def _feed_status(self, status: FeedStatus) -> None:
        if status.live != self.health.is_registry_live:
            log.info("registry_feed", live=status.live, reason=status.reason)
        self.health.is_registry_live = status.live


def _spare_the_collector() -> None:
    """Keep garbage collection from pausing the loop.

    What was loaded stays, so it is never looked at, not even now (0.1 s with 30,000 devices); what
    presses leave behind has hardly any cycles, so reference counting frees it and the oldest
    generation is looked through rarely.
    """
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
    gc.enable()


async def _listen(
    door: FrontDoor, options: CoreOptions, context: ssl.SSLContext | None
) -> asyncio.Server:
    loop = asyncio.get_running_loop()
    try:
        server = await loop.create_server(
            door.connect,
            options.host,
            options.port,
            ssl=context,
            backlog=BACKLOG,
            ssl_handshake_timeout=HELLO_DEADLINE_S if context else None,
            ssl_shutdown_timeout=CLOSE_GRACE_S if context else None,
        )
        for listener in server.sockets:
            give_up_soon(listener)
        return server
    except (OSError, UnicodeError) as error:
        reason = (isinstance(error, OSError) and error.strerror) or error
        raise ListenError(
            f"cannot listen on {options.host} port {options.port}: {reason}. "
            "Is another server running? Choose another port with --port, or host with --host."
        ) from error
