import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from dispatch.core.entry import Entry
from dispatch.core.facts import OFF_DUTY, ON_DUTY, FactKind
from dispatch.journal import reader as reading
from dispatch.journal.faults import Damaged
from dispatch.journal.lines import insert, line_of, note
from dispatch.journal.reader import Reader, newest_entries
from dispatch.journal.schema import OpenFile, open_file, open_reader
from tests.journal.samples import NOW_MS, entry


@pytest.fixture
def file(path: Path) -> Iterator[OpenFile]:
    opened = open_file(path, 2**30)
    yield opened
    opened.close()


@pytest.fixture
def reader(file: OpenFile) -> Iterator[Reader]:
    opened = Reader(lambda: file.path)
    yield opened
    opened.close()


def test_each_alert_once_in_order(file: OpenFile, reader: Reader):
    entries = [entry(f"a{number % 7}", number) for number in range(20)]
    entries.append(entry("a3", 20, is_open=False, at_ms=NOW_MS))
    entries.append(entry(None))
    insert(file.writer, [line_of(seq, each) for seq, each in enumerate(entries, 1)])
    assert reader.newest_states(None) == [entries[n] for n in (13, 14, 15, 16, 18, 19)]
    assert reader.newest_states(NOW_MS) == [entries[n] for n in (13, 14, 15, 16, 18, 19, 20)]
    assert reader.newest_states(NOW_MS + 1) == reader.newest_states(None)


def test_more_than_one_chunk(file: OpenFile, reader: Reader):
    count = reading.CHUNK + 1
    insert(file.writer, [line_of(seq, entry(f"a{seq}", seq)) for seq in range(1, count + 1)])
    assert [each.version for each in reader.newest_states(None)] == list(range(1, count + 1))


def test_reading_after_a_number(file: OpenFile, reader: Reader):
    insert(file.writer, [line_of(seq, entry(version=seq)) for seq in (1, 2, 5, 6)])
    assert [seq for seq, _ in reader.read_after(0, 3)] == [1, 2, 5]
    assert reader.read_after(2, 1) == [(5, entry(version=5))]
    assert reader.read_after(6, 10) == []


def test_who_went_off_duty_and_not_on_again_after_a_number(file: OpenFile, reader: Reader):
    said = [("a", ON_DUTY), ("a", OFF_DUTY), ("b", OFF_DUTY), ("c", OFF_DUTY), ("b", ON_DUTY)]
    entries = [Entry(FactKind.DUTY, NOW_MS, reason, device_id) for device_id, reason in said]
    insert(file.writer, [line_of(seq, each) for seq, each in enumerate([*entries, entry()], 1)])
    assert reader.off_duty_after(0) == {"a", "c"}
    assert reader.off_duty_after(2) == {"c"}
    assert reader.off_duty_after(6) == frozenset()


def test_notes(file: OpenFile, reader: Reader):
    note(file.writer, [("boot_id", "7")])
    assert reader.note("boot_id") == "7"
    assert reader.note("nothing") is None


def test_what_is_not_committed_is_not_seen(file: OpenFile, reader: Reader):
    file.writer.execute("BEGIN")
    insert(file.writer, [line_of(1, entry())])
    assert reader.read_after(0, 10) == []
    file.writer.execute("COMMIT")
    assert len(reader.read_after(0, 10)) == 1


@pytest.mark.parametrize("spoil", ["UPDATE log SET state = x'00'", "DELETE FROM log"])
def test_damage_is_said_and_never_read(file: OpenFile, spoil: str):
    insert(file.writer, [line_of(1, entry())])
    file.writer.execute(spoil)
    with closing(open_reader(file.path)) as connection, pytest.raises(Damaged):
        list(newest_entries(connection, None))


def test_it_follows_the_log_into_another_file(tmp_path: Path):
    files = [open_file(tmp_path / f"{number}.sqlite", 2**30) for number in range(2)]
    current = [files[0].path]
    reader = Reader(lambda: current[0])
    insert(files[1].writer, [line_of(1, entry())])
    assert reader.read_after(0, 10) == []
    current[0] = files[1].path
    assert len(reader.read_after(0, 10)) == 1
    reader.close()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        reader.read_after(0, 10)
    for file in files:
        file.close()
