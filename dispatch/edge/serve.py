"""The core process: the registry is loaded, the port opened, and every press dispatched."""

import asyncio
import logging
import signal
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import structlog
import uvloop

from dispatch.core.dispatcher import Dispatcher
from dispatch.core.effects import Append, DropPushAddress, IssueToken, KeepPushAddress
from dispatch.core.events import Tick
from dispatch.core.facts import Fact
from dispatch.core.registry import CaughtUp, Change, Registry
from dispatch.edge.bounds import CERTIFICATE_CHECK_S, CLOSE_GRACE_S, DRAIN_NOTICE_S
from dispatch.edge.clock import read_clock
from dispatch.edge.collector import spare_the_old
from dispatch.edge.decision_log import DecisionLog
from dispatch.edge.exposure import refuse_exposure
from dispatch.edge.front_door import FrontDoor
from dispatch.edge.health import Health
from dispatch.edge.journal import Journal
from dispatch.edge.listening import Port, listen
from dispatch.edge.log_process import LogProcess
from dispatch.edge.metrics import Metrics
from dispatch.edge.outbox import Outbox
from dispatch.edge.pulse import Pulse
from dispatch.edge.push_addresses import AddressBook
from dispatch.edge.ticker import Ticker
from dispatch.edge.tls import Tls, TlsFiles
from dispatch.edge.tokens import TokenIssuer
from dispatch.journal.log_child import LogChild
from dispatch.journal.recover import this_boot
from dispatch.logs import BackgroundWriter
from dispatch.store.mark import Mark
from dispatch.store.open_registry import OpenedRegistry, follow_registry, open_registry
from dispatch.store.pool import Pool, open_pool
from dispatch.store.registry_copy import RegistryCopy
from dispatch.store.watch import FeedStatus
from protocol.close_codes import CloseCode

LOOK_EVERY_S: Final = 0.25

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class CoreOptions:
    """What the core process needs to know."""

    dsn: str
    journal_file: Path
    registry_folder: Path
    """Where the local copy of the registry is kept."""
    picture_key: bytes = field(repr=False)
    """Seals the paths of pictures that alerts show."""
    held_by_database: bool = False
    """A press counts as stored only once PostgreSQL has it too."""
    host: str = "127.0.0.1"
    port: int = 7310
    tls: TlsFiles | None = None
    allow_plain: bool = False
    origins: tuple[str, ...] = ()
    connections_max: int = 19_000


def run_core(
    options: CoreOptions,
    on_ready: Callable[[int], None],
    logs: BackgroundWriter,
    log_child: LogChild | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT. `on_ready` is given the bound port.

    `log_child`: the process of the log, where that was started already.
    Raises `ListenError`, `TlsError`, `StoreUnavailable`, `Refused`, `CannotOpen`.
    """
    uvloop.run(_serve(options, on_ready, logs, log_child))


async def _serve(
    options: CoreOptions,
    on_ready: Callable[[int], None],
    logs: BackgroundWriter,
    log_child: LogChild | None = None,
) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    tls = Tls(options.tls) if options.tls else None
    refuse_exposure(options.host, has_tls=tls is not None, allow_plain=options.allow_plain)
    async with AsyncExitStack() as stack:
        kept = LogProcess(options.journal_file, log_child)
        stack.push_async_callback(kept.close)
        pool = await stack.enter_async_context(open_pool(options.dsn))
        core = await Core.load(pool, options, logs, kept)
        # Before the task group, which would wrap a port that is taken into an exception group.
        context = tls.context if tls else None
        port = await listen(core.door.connect, options.host, options.port, context)
        stack.callback(port.close)
        background = await stack.enter_async_context(asyncio.TaskGroup())
        tasks = [
            background.create_task(core.journal.keep()),
            background.create_task(core.journal.drain(options.dsn)),
            background.create_task(core.follow_registry(options.dsn)),
            background.create_task(core.copy.run()),
            background.create_task(core.keep_time(tls)),
        ]
        core.pulse.start()
        stack.callback(core.pulse.stop)
        on_ready(port.number)
        await stopping.wait()
        await core.end(port)
        for task in tasks:
            task.cancel()


class Core:
    """The parts of a running core, wired."""

    def __init__(
        self,
        opened: OpenedRegistry,
        pool: Pool,
        options: CoreOptions,
        logs: BackgroundWriter,
        kept: LogProcess,
    ) -> None:
        registry = Registry(opened.locator, opened.things, is_behind=opened.is_copy)
        self.copy = RegistryCopy(options.registry_folder, registry, opened.mark, opened.kept)
        self._mark = opened.mark
        self._pool = pool
        self._logs = logs
        self._decisions = DecisionLog(logs)
        self._dispatcher = Dispatcher(registry, this_boot(), options.picture_key)
        self.pulse = Pulse()
        self._metrics = Metrics(self._dispatcher, self.pulse)
        self._health = Health(self._dispatcher, self.pulse)
        self._health.is_registry_live = not opened.is_copy
        self._health.registry_seq = opened.mark.seq
        self._issuer = TokenIssuer(pool)
        self._addresses = AddressBook(pool)
        self._outbox = Outbox(
            self._dispatcher,
            self._metrics,
            self._health,
            self._record,
            self._append,
            self._issue_token,
            write_address=self._write_address,
        )
        self.journal = Journal(
            kept,
            self._outbox.handle,
            self._health,
            self._metrics,
            held_by_database=options.held_by_database,
        )
        self._ticker = Ticker(self._dispatcher.next_deadline_s, lambda: self._outbox.handle(Tick()))
        self._outbox.on_applied = self._ticker.look
        self.door = FrontDoor(
            self._dispatcher,
            self._outbox,
            self._health,
            self._metrics,
            connections_max=options.connections_max,
            origins=options.origins,
        )

    @classmethod
    async def load(
        cls, pool: Pool, options: CoreOptions, logs: BackgroundWriter, kept: LogProcess
    ) -> "Core":
        """Read the registry, build the index of its quadrants, and go on where the last run was."""
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
        core = cls(opened, pool, options, logs, kept)
        await kept.open()
        await core.recover()
        spare_the_old()
        return core

    async def recover(self) -> None:
        """Put up again what an earlier run left; what is overdue is done at once."""
        now = read_clock()
        recovered = await self.journal.recover(now, self._dispatcher.city.boot)
        self._dispatcher.restore(recovered.alerts, recovered.off_duty)
        self._dispatcher.post(recovered.messages)
        self._dispatcher.supervise(recovered.kit, now)
        self._ticker.look()
        city = self._dispatcher.city
        log.info(
            "recovered",
            open=city.board.open_count,
            closed=len(recovered.alerts) - city.board.open_count,
            watched=len(city.kit.watched),
            troubles=city.kit.open_count,
        )

    async def follow_registry(self, dsn: str) -> None:
        """Put every change of the registry in force as it is committed."""
        await follow_registry(
            self._pool,
            dsn,
            self._mark,
            self._change,
            say=self._feed_status,
            reached=self._registry_reached,
        )

    async def keep_time(self, tls: Tls | None) -> None:
        """Look at the journal, and notice renewed certificates."""
        checked_at_s = read_clock().mono_s
        while True:
            now = read_clock()
            self._health.registry_copy_fault = self.copy.fault
            self._metrics.logs_lost.set(self._logs.lost)
            self.journal.look(now)
            if tls is not None and now.mono_s - checked_at_s >= CERTIFICATE_CHECK_S:
                checked_at_s = now.mono_s
                tls.reload_if_changed()
            await asyncio.sleep(LOOK_EVERY_S)

    async def end(self, port: Port) -> None:
        """Stop taking connections, say so, finish what is under way, close the rest."""
        log.info("draining", connections=len(self.door.connections))
        self._health.is_draining = True
        port.close()
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
        self._decisions.write(fact)

    def _append(self, effect: Append) -> None:
        self.journal.keeper.append(effect)

    def _issue_token(self, wanted: IssueToken) -> None:
        device = self._dispatcher.city.registry.devices[wanted.device_id]
        self._issuer.start(wanted, device, self._outbox)

    def _write_address(self, wanted: KeepPushAddress | DropPushAddress) -> None:
        self._addresses.start(wanted, self._outbox)

    def _change(self, change: Change) -> None:
        self._outbox.handle(change)

    def _registry_reached(self, mark: Mark) -> None:
        self._health.registry_seq = mark.seq
        self.copy.reached(mark)

    def _feed_status(self, status: FeedStatus) -> None:
        if status.live != self._health.is_registry_live:
            log.info("registry_feed", live=status.live, reason=status.reason)
        self._health.is_registry_live = status.live
        if status.live:
            self._change(CaughtUp())
