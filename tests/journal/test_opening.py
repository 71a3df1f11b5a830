from pathlib import Path

import pytest

from dispatch.journal.faults import Reason
from dispatch.journal.files import FILES_MAX
from dispatch.journal.lines import insert, line_of
from dispatch.journal.opening import TooManyFiles, open_log
from tests.journal.samples import entry, overwrite

MAX_BYTES = 2**30


def write_log(path: Path, count: int = 100) -> None:
    file, head, _ = open_log(path, MAX_BYTES)
    numbers = range(head.last_seq + 1, head.last_seq + count + 1)
    insert(file.writer, [line_of(seq, entry(f"a{seq}", state=b"s" * 999)) for seq in numbers])
    file.close()


def test_opened_again_it_goes_on(path: Path):
    write_log(path)
    file, head, report = open_log(path, MAX_BYTES)
    assert head.last_seq == 100
    assert report is None
    file.close()


def test_a_damaged_file_is_left_and_a_fresh_one_begun(path: Path):
    write_log(path)
    overwrite(path, path.stat().st_size - 2 * 4096, b"\xff" * 4096)
    damaged = path.read_bytes()
    file, head, report = open_log(path, MAX_BYTES)
    assert file.path.name == "journal-1.sqlite"
    assert report is not None
    assert report.reason is Reason.CORRUPT
    assert 90 <= report.kept < 100
    assert head.last_seq > 100
    file.close()
    assert path.read_bytes() == damaged
    again, _, report = open_log(path, MAX_BYTES)
    assert again.path.name == "journal-1.sqlite"
    assert report is None
    again.close()


def test_what_is_no_database_is_left_too(path: Path):
    path.parent.mkdir()
    path.write_bytes(b"rubbish" * 1_000)
    file, _, report = open_log(path, MAX_BYTES)
    assert file.path.name == "journal-1.sqlite"
    assert report is not None
    file.close()


def test_an_interrupted_copy_is_forgotten(path: Path):
    write_log(path)
    part = path.with_name("journal-1.sqlite.part")
    part.write_bytes(b"half")
    file, head, _ = open_log(path, MAX_BYTES)
    assert head.last_seq == 100
    assert not part.exists()
    file.close()


def test_damaged_files_are_bounded(path: Path):
    path.parent.mkdir()
    for number in range(1, FILES_MAX + 1):
        path.with_name(f"journal-{number}.sqlite").write_bytes(b"rubbish" * 1_000)
    with pytest.raises(TooManyFiles, match="failing"):
        open_log(path, MAX_BYTES)
