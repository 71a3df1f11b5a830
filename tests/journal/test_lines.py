import sqlite3
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from dispatch.core.entry import Entry
from dispatch.core.facts import FactKind
from dispatch.journal.faults import Damaged
from dispatch.journal.lines import COLUMNS, entry_of, insert, is_sound, line_of, note
from dispatch.journal.schema import create_tables
from tests.journal.samples import entry

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
NUMBERS = st.integers(-(2**63), 2**63 - 1)
ENTRIES = st.builds(
    Entry,
    kind=st.sampled_from(FactKind) | WORDS,
    at_ms=NUMBERS,
    reason=WORDS,
    device_id=st.none() | WORDS,
    alert_id=st.none() | st.sampled_from("abc"),
    person_id=st.none() | WORDS,
    took_ms=st.none() | NUMBERS,
    version=NUMBERS,
    is_open=st.booleans(),
    state=st.none() | st.binary(max_size=5_000),
    view=st.none() | st.binary(max_size=100),
)


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    opened = sqlite3.connect(":memory:", isolation_level=None)
    create_tables(opened)
    yield opened
    opened.close()


def rows(connection: sqlite3.Connection) -> list[tuple]:
    return connection.execute(f"SELECT {COLUMNS} FROM log ORDER BY seq").fetchall()  # noqa: S608


def subject_of(each: Entry) -> str | None:
    """What a line is about, as `newest` names it."""
    if each.alert_id is None and each.device_id is not None:
        return f"device/{each.device_id}"
    return each.alert_id


@given(st.lists(ENTRIES, max_size=40))
def test_what_is_written_is_read(entries: list[Entry]):
    connection = sqlite3.connect(":memory:", isolation_level=None)
    create_tables(connection)
    insert(connection, [line_of(seq, each) for seq, each in enumerate(entries, 7)])
    assert [entry_of(row) for row in rows(connection)] == entries
    newest = {
        subject: (seq, each.is_open, each.at_ms)
        for seq, each in enumerate(entries, 7)
        if (subject := subject_of(each)) is not None and each.state is not None
    }
    found = connection.execute("SELECT subject, seq, is_open, at_ms FROM newest").fetchall()
    assert {alert: tuple(rest) for alert, *rest in found} == newest
    connection.close()


@given(ENTRIES, st.data())
def test_any_change_of_a_line_is_noticed(written: Entry, data: st.DataObject):
    line = line_of(1, written)
    assert is_sound(line)
    field = data.draw(st.sampled_from(Entry.__struct_fields__))
    other = replace(written, **{field: getattr(data.draw(ENTRIES), field)})
    changed = (*line_of(1, other)[:-1], line[-1])
    assert is_sound(changed) == (changed == line)


def test_a_changed_line_is_not_taken_for_an_entry():
    line = line_of(1, entry())
    with pytest.raises(Damaged, match="line 2"):
        entry_of((2, *line[1:]))


def test_a_line_without_a_state_leaves_the_newest_as_it_is(connection: sqlite3.Connection):
    insert(connection, [line_of(1, entry("a", 1))])
    insert(connection, [line_of(2, entry("a", 2, state=None))])
    assert connection.execute("SELECT seq FROM newest").fetchall() == [(1,)]


def test_notes_are_replaced(connection: sqlite3.Connection):
    note(connection, [("boot_id", "1"), ("boot_id", "2")])
    found = connection.execute("SELECT value FROM about WHERE name = 'boot_id'").fetchall()
    assert found == [("2",)]
