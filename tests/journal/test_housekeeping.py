from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dispatch.core.entry import Entry
from dispatch.journal import housekeeping
from dispatch.journal.housekeeping import Housekeeping
from dispatch.journal.lines import insert, line_of, note
from dispatch.journal.schema import OpenFile, open_file
from tests.journal.samples import NOW_MS, entry


@pytest.fixture
def file(path: Path) -> Iterator[OpenFile]:
    opened = open_file(path, 2**30)
    yield opened
    opened.close()


def wal_bytes(file: OpenFile) -> int:
    return file.path.with_name(file.path.name + "-wal").stat().st_size


def pragma(file: OpenFile, name: str) -> int:
    return int(file.writer.execute(f"PRAGMA {name}").fetchone()[0])


def compact(file: OpenFile, closed_before_ms: int) -> list[int]:
    keeping = Housekeeping()
    keeping.compact(closed_before_ms)
    while keeping.has_work:
        keeping.slice(file.writer)
    return [seq for (seq,) in file.writer.execute("SELECT seq FROM log ORDER BY seq")]


def test_the_wal_stays_small_however_much_is_written(file: OpenFile):
    keeping = Housekeeping()
    largest = 0
    for seq in range(1, 6_001, 10):
        numbers = range(seq, seq + 10)
        file.writer.execute("BEGIN")
        insert(file.writer, [line_of(n, entry(f"a{n}", state=b"s" * 1_500)) for n in numbers])
        file.writer.execute("COMMIT")
        keeping.committed(17_000)
        keeping.fold_if_due(file.writer)
        largest = max(largest, wal_bytes(file))
    assert 0 < keeping.wal_bytes <= largest < 8 * housekeeping.FOLD_AFTER_BYTES


def test_small_commits_are_folded_by_their_number(file: OpenFile):
    keeping = Housekeeping()
    for _ in range(housekeeping.FOLD_AFTER_COMMITS):
        keeping.fold_if_due(file.writer)
        assert keeping.wal_bytes == 0
        keeping.committed(1)
        note(file.writer, [("a", "b")])
    keeping.fold_if_due(file.writer)
    assert keeping.wal_bytes > 0


def test_compaction_keeps_the_newest_of_each_device_until_it_is_gone(file: OpenFile):
    def line(name: str, state: bytes | None, *, is_open: bool = True) -> Entry:
        return entry(None, device_id=name, state=state, is_open=is_open, at_ms=NOW_MS - 10)

    entries = [
        line("wall", b"1"),
        line("panel", b"1"),
        line("wall", b"2"),
        line("wall", None),
        line("gone", b"1"),
        line("gone", b"2", is_open=False),
    ]
    insert(file.writer, [line_of(seq, each) for seq, each in enumerate(entries, 1)])
    note(file.writer, [("drained_seq", "6")])
    assert compact(file, NOW_MS) == [2, 3]
    known = file.writer.execute("SELECT subject FROM newest ORDER BY seq").fetchall()
    assert known == [("device/panel",), ("device/wall",)]


def test_compaction_keeps_what_is_needed(file: OpenFile):
    entries = [
        entry("open", 1),
        entry("open", 2),
        entry("old", 1, is_open=False, at_ms=NOW_MS - 10),
        entry("young", 1, is_open=False, at_ms=NOW_MS),
        entry(None),
        entry("open", 3, state=None),
        entry("not-drained", 1, is_open=False, at_ms=NOW_MS - 10),
        entry(None),
    ]
    insert(file.writer, [line_of(seq, each) for seq, each in enumerate(entries, 1)])
    assert compact(file, NOW_MS) == [1, 2, 3, 4, 5, 6, 7, 8]
    note(file.writer, [("drained_seq", "6")])
    assert compact(file, NOW_MS) == [2, 4, 7, 8]
    known = file.writer.execute("SELECT subject FROM newest ORDER BY seq").fetchall()
    assert known == [("open",), ("young",), ("not-drained",)]
    note(file.writer, [("drained_seq", "8")])
    assert compact(file, NOW_MS + 1) == [2]


def test_after_each_slice_the_file_is_as_whole_as_before(file: OpenFile):
    count = 3 * housekeeping.COMPACT_SLICE
    entries = [entry(f"a{seq % 150}", seq, is_open=False) for seq in range(1, count + 1)]
    insert(file.writer, [line_of(seq, each) for seq, each in enumerate(entries, 1)])
    note(file.writer, [("drained_seq", str(count))])
    keeping = Housekeeping()
    keeping.compact(NOW_MS + 10 * count)
    while keeping.has_work:
        keeping.slice(file.writer)
        assert file.writer.execute(DANGLING).fetchone() == (0,)
    assert file.writer.execute("SELECT count(*) FROM newest").fetchone() == (0,)


DANGLING = "SELECT count(*) FROM newest LEFT JOIN log USING (seq) WHERE kind IS NULL"
ALERTS = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.booleans(), st.integers(0, 20), st.booleans()),
    max_size=60,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ALERTS, st.integers(0, 60), st.integers(0, 20))
def test_whatever_is_compacted_recovery_and_drain_see_the_same(
    file: OpenFile, alerts: list[tuple[str, bool, int, bool]], drained: int, cutoff: int
):
    for table in ("log", "newest"):
        file.writer.execute(f"DELETE FROM {table}")  # noqa: S608
    lines = [
        line_of(
            seq, entry(alert, seq, is_open=is_open, at_ms=at_ms, **({} if has else {"state": None}))
        )
        for seq, (alert, is_open, at_ms, has) in enumerate(alerts, 1)
    ]
    insert(file.writer, lines)
    needed = (
        "SELECT seq FROM newest JOIN log USING (seq) "
        "WHERE newest.is_open OR newest.at_ms >= ? ORDER BY seq"
    )
    before = file.writer.execute(needed, (cutoff,)).fetchall()
    note(file.writer, [("drained_seq", str(drained))])
    left = compact(file, cutoff)
    assert file.writer.execute(needed, (cutoff,)).fetchall() == before
    assert [seq for seq in left if seq > drained] == list(range(drained + 1, len(lines) + 1))
    assert {seq for seq in left if seq <= drained} <= {seq for (seq,) in before}
    assert file.writer.execute(DANGLING).fetchone() == (0,)


def test_room_is_given_back_to_the_disk(file: OpenFile):
    count = 12_000
    lines = [line_of(seq, entry(None, state=b"s" * 1_800)) for seq in range(1, count + 1)]
    insert(file.writer, lines)
    note(file.writer, [("drained_seq", str(count))])
    before = pragma(file, "page_count")
    keeping = Housekeeping()
    keeping.compact(NOW_MS)
    slices = 0
    while keeping.has_work:
        keeping.slice(file.writer)
        slices += 1
    assert slices < count // housekeeping.COMPACT_SLICE + before // housekeeping.VACUUM_SLICE + 5
    kept = housekeeping.FREE_PAGES_KEPT + housekeeping.VACUUM_SLICE
    assert pragma(file, "freelist_count") <= kept < before
    assert pragma(file, "page_count") < kept + 100
