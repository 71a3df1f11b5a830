import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dispatch.core.entry import Entry
from dispatch.journal.faults import Reason
from dispatch.journal.lines import entry_of, insert, line_of, note
from dispatch.journal.reader import newest_entries
from dispatch.journal.salvage import SEQ_SKIPPED_AFTER_LOSS, readable_lines, salvage
from dispatch.journal.schema import PAGE_BYTES, Head, open_file, open_reader, read_head
from tests.journal.samples import entry, overwrite

ENTRIES = [entry(f"alert-{number % 40}", number, view=b"v" * 900) for number in range(1, 201)]


@pytest.fixture
def source(path: Path) -> Path:
    file = open_file(path, 2**30)
    insert(file.writer, [line_of(seq, each) for seq, each in enumerate(ENTRIES, 1)])
    note(file.writer, [("drained_seq", "10"), ("boot_id", "b")])
    file.close()
    return path


def kept(target: Path) -> dict[int, Entry]:
    with closing(open_reader(target)) as reader:
        return {line[0]: entry_of(line) for line in readable_lines(reader, 2**62, [])}


def target_of(source: Path) -> Path:
    return source.with_name("journal-1.sqlite")


def test_a_sound_file_is_copied_whole(source: Path):
    target = target_of(source)
    report = salvage(source, target, Reason.SYNC_FAILED, Head())
    assert (report.kept, report.lost, report.alerts_lost) == (200, [], [])
    assert list(kept(target).values()) == ENTRIES
    with closing(open_reader(source)) as old, closing(open_reader(target)) as new:
        assert read_head(new) == read_head(old)
        assert list(newest_entries(new, None)) == list(newest_entries(old, None))
        assert dict(new.execute("SELECT name, value FROM about"))["boot_id"] == "b"
        assert new.execute("PRAGMA auto_vacuum").fetchone() == (2,)
    assert not list(source.parent.glob("*.part*"))


def test_memory_knows_better_than_the_file(source: Path):
    target = target_of(source)
    salvage(source, target, Reason.SYNC_FAILED, Head("known", 300, 150))
    with closing(open_reader(target)) as new:
        assert read_head(new) == Head("known", 300, 150)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_whatever_pages_are_spoilt_the_rest_is_kept(source: Path, data: st.DataObject):
    sound = source.read_bytes()
    pages = len(sound) // PAGE_BYTES
    spoilt = data.draw(st.lists(st.integers(0, pages - 1), min_size=1, max_size=6, unique=True))
    noise = data.draw(st.sampled_from([b"\xff", b"\0", b"\x0d"])) * PAGE_BYTES
    for page in spoilt:
        overwrite(source, page * PAGE_BYTES, noise)
    target = target_of(source)
    target.unlink(missing_ok=True)
    source.with_name("journal.sqlite-wal").unlink(missing_ok=True)
    report = salvage(source, target, Reason.CORRUPT, Head("id", 200, 0))
    found = kept(target)
    source.chmod(0o600)
    source.write_bytes(sound)
    assert len(found) == report.kept
    assert all(ENTRIES[seq - 1] == each for seq, each in found.items())
    lost = {seq for first, last in report.lost for seq in range(first, last + 1)}
    assert lost | set(found) == set(range(1, 201))
    assert not lost & set(found)
    if min(spoilt) > 8:  # leaves of the log, beyond the roots of the tables
        assert len(lost) <= 5 * len(spoilt)


def test_a_flipped_bit_inside_a_state_loses_that_line_only(source: Path):
    at = source.read_bytes().index(ENTRIES[99].state or b"") + 5
    overwrite(source, at, b"\xff")
    report = salvage(source, target_of(source), Reason.CORRUPT, Head())
    assert report.lost == [(100, 100)]
    assert [failure.reason for failure in report.failures()] == [Reason.LOST]
    with closing(open_reader(target_of(source))) as new:
        assert read_head(new).last_seq == 200 + SEQ_SKIPPED_AFTER_LOSS
        gaps = new.execute("SELECT first_seq, last_seq, reason FROM unconfirmed").fetchall()
        assert gaps == [(100, 100, "lost")]


def test_an_alert_of_which_nothing_is_left_is_named(source: Path):
    with closing(sqlite3.connect(source)) as log, log:
        log.execute("UPDATE log SET crc = crc + 1 WHERE alert_id = 'alert-7'")
    report = salvage(source, target_of(source), Reason.CORRUPT, Head())
    assert report.alerts_lost == ["alert-7"]


def test_what_is_no_database_at_all(path: Path):
    path.parent.mkdir()
    path.write_bytes(b"rubbish" * 1_000)
    report = salvage(path, target_of(path), Reason.CORRUPT, Head())
    assert report.kept == 0
    assert len(report.lost) == 1
    assert path.read_bytes() == b"rubbish" * 1_000


def test_a_copy_that_cannot_be_finished_leaves_no_file(source: Path):
    source.parent.joinpath("journal-1.sqlite").mkdir()  # renaming over a folder fails
    with pytest.raises(OSError, match="journal-1"):
        salvage(source, target_of(source), Reason.CORRUPT, Head())
    assert source.stat().st_mode & 0o777 == 0o600


def test_a_sound_page_between_spoilt_ones_is_found(source: Path):
    for page in (9, 10, 12):
        overwrite(source, page * PAGE_BYTES, b"\xff" * PAGE_BYTES)
    report = salvage(source, target_of(source), Reason.CORRUPT, Head("id", 200, 0))
    assert len(report.lost) == 2
    assert report.kept >= 200 - 3 * 5


def test_a_lost_branch_of_many_numbers_is_passed_over(source: Path):
    with closing(sqlite3.connect(source)) as log, log:
        log.execute("UPDATE log SET seq = seq + 1000000 WHERE seq > 13")
    for page in range(9, 12):
        overwrite(source, page * PAGE_BYTES, b"\xff" * PAGE_BYTES)
    lost: list[tuple[int, int]] = []
    with closing(open_reader(source)) as reader:
        found = [line[0] for line in readable_lines(reader, 2**62, lost, sound_only=False)]
    assert found[-1] == 1_000_200
    assert len(found) >= 200 - 3 * 5
