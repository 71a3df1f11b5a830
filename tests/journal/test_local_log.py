import asyncio
import shutil
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from dispatch.core.entry import Entry
from dispatch.core.facts import OFF_DUTY, FactKind
from dispatch.core.limits import CLOSED_ALERT_KEPT_S
from dispatch.journal import local_log
from dispatch.journal.faults import InUse, NotStored, Reason
from dispatch.journal.inspect import verify
from dispatch.journal.local_log import LocalLog
from dispatch.journal.status import Condition
from tests.journal.samples import NOW_MS, PATIENCE_S, Owner, entry, overwrite


def test_numbers_are_given_at_once_and_stored_is_told_after(path: Path):
    with Owner(path) as owner:
        assert owner.log.append([]) == 0
        assert owner.log.append([entry(version=1), entry(version=2)]) == 2
        assert owner.store(entry(version=3)) == 3
        assert owner.log.append([]) == 3
        assert owner.stored_seq == 3
        assert [seq for seq, _ in owner.log.read_after(0, 10)] == [1, 2, 3]
        assert owner.log.state().waiting == 0


def test_what_is_closed_has_stored_what_waited(path: Path):
    with Owner(path) as owner:
        for version in range(1, 101):
            owner.log.append([entry(version=version)])
    assert owner.stored_seq == 100
    assert owner.log.state().condition is Condition.CLOSED
    with pytest.raises(NotStored, match="closed"):
        owner.log.append([entry()])
    assert owner.log.close()


def test_numbers_that_somebody_else_gave_skip_ahead_and_never_go_back(path: Path):
    with Owner(path) as owner:
        assert owner.log.append([entry(version=1), entry(version=2)], first_seq=7) == 8
        assert owner.log.append([entry(version=3)], first_seq=8) == 9
        assert owner.log.append([entry(version=4)], first_seq=1) == 10
        assert owner.log.append([entry(version=5)]) == 11
        assert owner.log.append([], first_seq=50) == 11
        assert owner.store(entry(version=6)) == 12
        lines = owner.log.read_after(0, 20)
        assert [seq for seq, _ in lines] == [7, 8, 9, 10, 11, 12]
        assert [each.version for _, each in lines] == [1, 2, 3, 4, 5, 6]
    with Owner(path) as owner:
        assert owner.log.append([]) == 12


def test_who_went_off_duty_is_known_until_postgresql_has_heard(path: Path):
    left = Entry(FactKind.DUTY, NOW_MS, OFF_DUTY, "patrol-1")
    with Owner(path) as owner:
        owner.store(left)
        assert owner.log.off_duty() == {"patrol-1"}
        owner.log.drained(1)
        owner.store(entry())
        assert owner.log.off_duty() == frozenset()


def test_opened_again_it_knows_what_it_knew(path: Path):
    with Owner(path) as owner:
        owner.log.put("boot_id", "b-1")
        owner.store(*[entry(f"a{number}", number) for number in range(1, 4)])
        owner.log.drained(2)
        log_id = owner.log.log_id
    assert UUID(log_id).version == 4
    with Owner(path) as owner:
        assert owner.log.get("boot_id") == "b-1"
        assert owner.log.drained_seq == 2
        assert owner.log.log_id == log_id
        assert [each.alert_id for each in owner.log.newest_states()] == ["a1", "a2", "a3"]
        assert owner.store(entry()) == 4


def test_drained_only_moves_forward(path: Path):
    with Owner(path) as owner:
        owner.store(*[entry()] * 5)
        for seq in (3, 1):
            owner.log.drained(seq)
            owner.store(entry())
            assert owner.log.drained_seq == 3


def test_a_second_core_is_refused(path: Path):
    with Owner(path), pytest.raises(InUse):
        Owner(path)


def held_log(path: Path) -> tuple[LocalLog, threading.Event]:
    """Return a log whose writer is held up by the one that it tells."""
    held = threading.Event()
    log = LocalLog(
        path,
        call_back=lambda told: told(),
        on_stored=lambda _: held.wait(PATIENCE_S),
        on_failed=lambda _: None,
    )
    return log, held


@pytest.mark.parametrize(
    ("bound", "most"), [("WAITING_ENTRIES_MAX", 5), ("WAITING_BYTES_MAX", 5 * 700)]
)
def test_what_finds_no_room_is_refused_by_name_and_takes_no_number(
    path: Path, monkeypatch: pytest.MonkeyPatch, bound: str, most: int
):
    monkeypatch.setattr(local_log, bound, most)
    log, held = held_log(path)
    big = Entry("signal", 1, state=b"s" * 500)
    for number in range(1, 6):
        assert log.append([big]) == number
    with pytest.raises(NotStored) as refused:
        log.append([big])
    assert refused.value.reason is Reason.QUEUE_FULL
    assert log.append([]) == 5
    held.set()
    assert log.close(PATIENCE_S)


def test_a_disk_that_does_not_answer_is_named(path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(local_log, "STALLED_AFTER_S", 0.0)
    log, held = held_log(path)
    assert log.state().condition is Condition.HEALTHY
    log.append([entry()])
    for _ in range(2_000):
        if log.state().condition is Condition.STALLED:
            break
        held.wait(0.01)
    assert log.state().condition is Condition.STALLED
    assert not log.close(0.0)
    held.set()
    assert log.close(PATIENCE_S)


def test_told_on_the_loop_of_its_owner(path: Path):
    async def main() -> list[int]:
        loop = asyncio.get_running_loop()
        told: asyncio.Queue[int] = asyncio.Queue()
        log = LocalLog(
            path,
            call_back=loop.call_soon_threadsafe,
            on_stored=told.put_nowait,
            on_failed=lambda failure: pytest.fail(str(failure)),
        )
        heard = []
        async with asyncio.timeout(PATIENCE_S):
            for version in range(3):
                seq = log.append([entry(version=version)])
                heard.append(await told.get() == seq)
        await asyncio.to_thread(log.close)
        return heard

    assert asyncio.run(main()) == [True, True, True]


def test_an_owner_whose_loop_is_gone(path: Path):
    def call_back(_: Callable[[], None]) -> None:
        raise RuntimeError("Event loop is closed")

    log = LocalLog(path, call_back=call_back, on_stored=print, on_failed=print)
    log.append([entry()])
    assert log.close(PATIENCE_S)
    with Owner(path) as owner:
        assert len(owner.log.read_after(0, 10)) == 1


def test_compaction_keeps_an_hour_of_closed_alerts(path: Path):
    hour_ms = int(CLOSED_ALERT_KEPT_S * 1000)
    with Owner(path) as owner:
        owner.store(
            entry("open"),
            entry("old", at_ms=NOW_MS - hour_ms - 1, is_open=False),
            entry("young", at_ms=NOW_MS - hour_ms, is_open=False),
        )
        owner.log.drained(3)
        owner.log.compact(NOW_MS)
        owner.wait_for_state(lambda: len(owner.log.read_after(0, 10)) == 2)
        assert [each.alert_id for each in owner.log.newest_states(0)] == ["open", "young"]


BIG = b"\xc5\x0b\xb8" + b"s" * 3_000  # msgpack: 3,000 bytes


def test_damage_found_while_reading_is_salvaged_and_told(path: Path):
    with Owner(path) as owner:
        owner.store(*[entry(f"a{number}", number, state=BIG) for number in range(9)])
    at = path.read_bytes().index(BIG)
    overwrite(path, at + 100, b"t")
    with Owner(path) as owner:
        assert len(list(owner.log.newest_states())) == 8
        assert owner.log.path.name == "journal-1.sqlite"
        assert [salvage.reason for salvage in owner.log.salvages] == [Reason.CORRUPT]
        assert [failure.reason for failure in owner.failures] == [Reason.LOST]
        lost = owner.failures[0].first_seq
        assert [seq for seq, _ in owner.log.read_after(0, 20)] == [
            seq for seq in range(1, 10) if seq != lost
        ]
        assert owner.store(entry()) == 10
        assert owner.log.state().condition is Condition.HEALTHY
    assert verify(path) == []


def test_a_damaged_start_goes_on_above_all_numbers(path: Path):
    with Owner(path) as owner:
        owner.store(*[entry(f"a{number}", state=b"s" * 3_000) for number in range(20)])
        log_id = owner.log.log_id
    overwrite(path, path.stat().st_size - 2 * 4096, b"\xff" * 4096)
    with Owner(path) as owner:
        assert owner.log.salvages[0].lost
        assert owner.log.log_id == log_id
        assert owner.store(entry()) > 1_000_000


ALERTS = st.sampled_from(["a", "b", "c", "d"])


class LogIsAsItsModel(RuleBasedStateMachine):
    """Whatever is done, what was stored is there until it is drained, closed and an hour old."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.path = self.folder / "journal.sqlite"
        self.owner = Owner(self.path)
        self.stored: dict[int, Entry] = {}
        self.drained = 0
        self.version = 0

    @rule(alerts=st.lists(st.tuples(ALERTS, st.booleans()), min_size=1, max_size=5))
    def append(self, alerts: list[tuple[str, bool]]) -> None:
        entries = []
        for alert, is_open in alerts:
            self.version += 1
            entries.append(entry(alert, self.version, is_open=is_open))
        last_seq = self.owner.store(*entries)
        first_seq = last_seq - len(entries) + 1
        self.stored |= dict(enumerate(entries, first_seq))

    @rule()
    def fail(self) -> None:
        seq = self.owner.store(entry("a", took_ms="soon"))
        assert seq in self.owner.failed_numbers()

    @precondition(lambda self: self.stored)
    @rule(data=st.data())
    def drain(self, data: st.DataObject) -> None:
        self.drained = data.draw(st.integers(self.drained, max(self.stored)))
        self.owner.log.drained(self.drained)
        self.append([("d", True)])

    @rule()
    def compact(self) -> None:
        self.owner.log.compact(NOW_MS + self.version + int(CLOSED_ALERT_KEPT_S * 1000) + 1)
        self.owner.wait_for_state(self.is_compacted)

    def is_compacted(self) -> bool:
        return not self.owner.log._writer.housekeeping.has_work

    @rule()
    def reopen(self) -> None:
        assert self.owner.log.close(PATIENCE_S)
        self.owner = Owner(self.path)

    @rule()
    def distrust(self) -> None:
        done = threading.Event()
        log = self.owner.log
        log._queue.put(local_log.MoveOn(log.path.name, Reason.SYNC_FAILED, done))
        assert done.wait(PATIENCE_S)
        for number in range(1, 20):  # the person on call takes the old ones away
            log.path.with_name(f"journal-{number - 1 or 'x'}.sqlite").unlink(missing_ok=True)
            if log.path.name == f"journal-{number}.sqlite":
                break

    @invariant()
    def undrained_lines_are_all_there(self) -> None:
        there = dict(self.owner.log.read_after(self.owner.log.drained_seq, 1_000))
        drained = self.owner.log.drained_seq
        assert there == {seq: each for seq, each in self.stored.items() if seq > drained}

    @invariant()
    def open_alerts_are_as_they_were_last(self) -> None:
        newest: dict[Any, Entry] = {each.alert_id: each for each in self.stored.values()}
        expected = [each for each in newest.values() if each.is_open]
        assert sorted(self.owner.log.newest_states(), key=str) == sorted(expected, key=str)

    def teardown(self) -> None:
        assert self.owner.log.close(PATIENCE_S)
        assert verify(self.path) == []
        shutil.rmtree(self.folder)


TestLogIsAsItsModel = LogIsAsItsModel.TestCase
TestLogIsAsItsModel.settings = settings(max_examples=25, stateful_step_count=20)
