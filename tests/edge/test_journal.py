"""What the journal says of a press is true: before a restart and after, with a disk and without."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from dispatch.core.effects import Append
from dispatch.core.entry import Entry
from dispatch.core.events import NotStored, Stored
from dispatch.core.snapshot import freeze
from dispatch.edge.clock import read_clock
from dispatch.edge.health import Health, Warn
from dispatch.edge.journal import Journal
from dispatch.edge.log_process import LogProcess
from dispatch.edge.metrics import Metrics
from dispatch.edge.pulse import Pulse
from dispatch.journal.recover import Recovered
from tests.core.town import BOOT, MIDDLE, Town
from tests.edge.town import PATIENCE_S, on_uvloop
from tests.store.conftest import execute


class Desk:
    """A journal, and whoever hears from it."""

    def __init__(self, kept: LogProcess, *, held_by_database: bool = False) -> None:
        self.town = Town()
        self.town.connect("ana", "patrol-1")
        self.told: list[object] = []
        pulse = Pulse()
        self.health = Health(self.town.dispatcher, pulse)
        self.metrics = Metrics(self.town.dispatcher, pulse)
        self.journal = Journal(
            kept,
            self.told.append,
            self.health,
            self.metrics,
            held_by_database=held_by_database,
        )

    def press(self) -> str:
        """Write down a press of Ana's; return the alert's id."""
        alert_id = self.town.press("ana", at=MIDDLE)
        state = freeze(self.town.alert(alert_id), self.town.now, BOOT)
        line = Entry("signal", self.town.now.wall_ms, alert_id=alert_id, state=state)
        self.journal.keeper.append(Append((line,), ((alert_id, alert_id),)))
        return alert_id

    def gauge(self, name: str) -> float | None:
        return self.metrics.collector.get_sample_value(f"cuadrante_{name}")

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Look at the journal, as the core does all the time, until it is so."""
        async with asyncio.timeout(PATIENCE_S):
            while not is_so():
                self.journal.look(read_clock())
                await asyncio.sleep(0)


@asynccontextmanager
async def open_desk(path: Path, *, held_by_database: bool = False) -> AsyncIterator[Desk]:
    kept = LogProcess(path)
    desk = Desk(kept, held_by_database=held_by_database)
    try:
        await kept.open()
        yield desk
    finally:
        await desk.journal.close()


@on_uvloop
async def test_a_press_that_was_said_to_be_stored_is_there_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    async with open_desk(path) as desk:
        alert_id = desk.press()
        await desk.until(lambda: desk.told == [Stored(((alert_id, alert_id),))])
    async with open_desk(path) as later:
        [alert] = (await later.journal.recover(desk.town.now, BOOT)).alerts
        assert (alert.alert_id, alert.unstored) == (alert_id, {})


@on_uvloop
async def test_without_a_disk_nothing_is_stored_and_health_says_why(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    async with open_desk(tmp_path / "file" / "journal.sqlite") as desk:
        assert await desk.journal.recover(desk.town.now, BOOT) == Recovered()
        alert_id = desk.press()
        await desk.until(lambda: NotStored(((alert_id, alert_id),)) in desk.told)
        desk.journal.look(read_clock())
        assert desk.health.journal_fault == "no_access"


@on_uvloop
async def test_what_postgresql_lacks_is_measured_until_it_has_it(dsn: str, tmp_path: Path) -> None:
    desk_at = tmp_path / "journal.sqlite"
    async with open_desk(desk_at, held_by_database=True) as desk:
        await execute(dsn, "ALTER TABLE journals RENAME TO journals_away")
        alert_id = desk.press()
        draining = asyncio.create_task(desk.journal.drain(dsn))
        await desk.until(lambda: Warn.DATABASE_BEHIND in desk.health.warnings(read_clock()))
        await desk.until(lambda: desk.gauge("database_behind") == 1)
        assert not any(isinstance(told, Stored) for told in desk.told)
        await execute(dsn, "ALTER TABLE journals_away RENAME TO journals")
        await desk.until(lambda: Stored(((alert_id, alert_id),)) in desk.told)
        await desk.until(lambda: desk.gauge("database_behind") == 0)
        await desk.until(lambda: Warn.DATABASE_BEHIND not in desk.health.warnings(read_clock()))
        draining.cancel()
        await asyncio.wait([draining])
