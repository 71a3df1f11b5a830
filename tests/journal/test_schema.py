import sqlite3
import stat
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from dispatch.journal.faults import Damaged, ForeignFile, NewerFormat
from dispatch.journal.lines import insert, line_of, note
from dispatch.journal.schema import FORMAT, open_file, open_reader, quick_check, read_head
from tests.journal.samples import entry, overwrite

MAX_BYTES = 2**30


def contents(folder: Path) -> str:
    """By another process: closing a SQLite file here would drop the locks of this one."""
    listed = subprocess.run(
        ["sh", "-c", "ls -1; cat *.sqlite *-wal | sha256sum"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return listed.stdout


def test_a_new_file_is_private_and_durable(path: Path):
    file = open_file(path, MAX_BYTES)
    for suffix in ("", "-wal", "-shm"):
        mode = path.with_name(path.name + suffix).stat().st_mode
        assert stat.S_IMODE(mode) == 0o600
    pragmas = {
        name: file.writer.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous", "auto_vacuum", "wal_autocheckpoint")
    }
    assert pragmas == {
        "journal_mode": "wal",
        "synchronous": 2,
        "auto_vacuum": 2,
        "wal_autocheckpoint": 0,
    }
    head = read_head(file.writer)
    assert (head.last_seq, head.drained_seq) == (0, 0)
    assert len(head.log_id) == 32
    file.close()


def test_the_head_is_the_furthest_that_anything_says(path: Path):
    file = open_file(path, MAX_BYTES)
    insert(file.writer, [line_of(5, entry())])
    assert read_head(file.writer).last_seq == 5
    file.writer.execute("INSERT INTO unconfirmed VALUES (6, 7, 'disk_full', 0)")
    assert read_head(file.writer).last_seq == 7
    note(file.writer, [("drained_seq", "4"), ("last_seq", "9")])
    head = read_head(file.writer)
    assert (head.last_seq, head.drained_seq) == (9, 4)
    file.close()


def test_closing_folds_the_wal_and_abandoning_leaves_it(path: Path):
    file = open_file(path, MAX_BYTES)
    insert(file.writer, [line_of(1, entry())])
    before = contents(path.parent)
    file.abandon()
    assert contents(path.parent) == before
    assert path.with_name("journal.sqlite-wal").exists()
    file = open_file(path, MAX_BYTES)
    assert read_head(file.writer).last_seq == 1
    file.close()
    assert [each.name for each in path.parent.iterdir()] == ["journal.sqlite"]


def test_a_reader_that_is_last_changes_nothing(path: Path):
    file = open_file(path, MAX_BYTES)
    insert(file.writer, [line_of(1, entry())])
    file.abandon()
    before = contents(path.parent)
    with closing(open_reader(path)) as reader:
        assert read_head(reader).last_seq == 1
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            reader.execute("DELETE FROM log")
    assert contents(path.parent) == before


def test_an_empty_file_of_a_crash_at_creation_is_a_new_one(path: Path):
    path.parent.mkdir()
    path.touch()
    open_file(path, MAX_BYTES).close()


def test_a_newer_format_is_refused_and_left_alone(path: Path):
    open_file(path, MAX_BYTES).close()
    with closing(sqlite3.connect(path)) as newer:
        newer.execute(f"PRAGMA user_version = {FORMAT + 1}")
    before = path.read_bytes()
    with pytest.raises(NewerFormat, match="Run the newer release"):
        open_file(path, MAX_BYTES)
    assert path.read_bytes() == before


def test_somebody_elses_database_is_refused_and_left_alone(path: Path):
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE theirs (a)")
    before = path.read_bytes()
    with pytest.raises(ForeignFile, match="not a journal"):
        open_file(path, MAX_BYTES)
    assert path.read_bytes() == before


def test_pages_that_contradict_each_other_are_found(path: Path):
    file = open_file(path, MAX_BYTES)
    insert(file.writer, [line_of(seq, entry(f"a{seq}")) for seq in range(1, 200)])
    quick_check(file)
    file.close()
    overwrite(path, path.stat().st_size - 4096, b"\xff" * 4096)
    file = open_file(path, MAX_BYTES)
    with pytest.raises(Damaged):
        quick_check(file)
    file.abandon()
