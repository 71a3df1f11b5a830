import os
import stat
from pathlib import Path

import pytest

from dispatch.journal import files
from dispatch.journal.faults import InUse


def test_the_newest_number_is_the_log(tmp_path: Path):
    path = tmp_path / "journal.sqlite"
    assert files.generations(path) == []
    assert files.current_file(path) == path
    names = ["journal.sqlite", "journal-1.sqlite", "journal-9.sqlite", "journal-10.sqlite"]
    for name in names:
        (tmp_path / name).touch()
    for other in ("journal-x.sqlite", "journal-11.sqlite.part", "journal-12.sqlite-wal"):
        (tmp_path / other).touch()
    assert [file.name for file in files.generations(path)] == names
    assert files.current_file(path).name == "journal-10.sqlite"
    assert files.next_file(path).name == "journal-11.sqlite"


def test_a_log_whose_first_file_was_taken_away(tmp_path: Path):
    path = tmp_path / "journal.sqlite"
    (tmp_path / "journal-3.sqlite").touch()
    assert files.current_file(path).name == "journal-3.sqlite"


def test_the_first_file_is_followed_by_number_one(tmp_path: Path):
    assert files.next_file(tmp_path / "my-log-7.db").name == "my-log-7-1.db"


def test_parts_are_forgotten_and_nothing_else(tmp_path: Path):
    path = tmp_path / "journal.sqlite"
    path.touch()
    files.part_of(files.next_file(path)).touch()
    files.forget_parts(path)
    assert [file.name for file in tmp_path.iterdir()] == ["journal.sqlite"]


def test_files_are_private_whatever_the_umask(tmp_path: Path):
    before = os.umask(0)
    try:
        path = tmp_path / "new" / "folder" / "journal.sqlite"
        files.create_private(path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    path.write_bytes(b"kept")
    files.create_private(path)
    assert path.read_bytes() == b"kept"


def test_one_process_at_a_time(tmp_path: Path):
    path = tmp_path / "journal.sqlite"
    lock_fd = files.lock(path)
    with pytest.raises(InUse, match="another process"):
        files.lock(path)
    os.close(lock_fd)
    os.close(files.lock(path))
