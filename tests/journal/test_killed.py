"""What was said to be stored is there after kill -9, and in any copy taken after it was said."""

import shutil
import subprocess
from pathlib import Path

import pytest

from dispatch.journal.inspect import verify
from tests.journal import appending
from tests.journal.samples import ROOT, Owner, entry, overwrite, start

KILLS = 30
LINES_BEFORE_KILL = 12
CHILD = Path(appending.__file__)


def test_killed_thirty_times_nothing_that_was_stored_is_missing(path: Path):
    said: list[int] = []
    for kill in range(KILLS):
        with start(CHILD, path) as child:
            assert child.stdin is not None
            assert child.stdout is not None
            opened = child.stdout.readline().split()
            assert opened[0] == "open"
            assert int(opened[1]) >= max(said, default=0)
            child.stdin.write("go\n")
            child.stdin.flush()
            lines = [child.stdout.readline() for _ in range(LINES_BEFORE_KILL + kill)]
            child.kill()
            lines += child.stdout.readlines()
        told = [line.split() for line in lines if line.endswith("\n")]
        assert {word for word, _ in told} == {"stored"}
        said = [int(seq) for _, seq in told]
    assert verify(path) == []
    with Owner(path) as owner:
        drained = owner.log.drained_seq
        numbers = {seq for seq, _ in owner.log.read_after(drained, 1_000_000)}
        assert set(range(drained + 1, max(said) + 1)) <= numbers
        assert owner.log.path == path


def test_cut_anywhere_the_log_keeps_what_had_been_stored_before(path: Path, tmp_path: Path):
    """The WAL is cut at every few bytes: what lies before the cut was synced, what lies behind it
    never reached the disk."""
    synced: list[tuple[int, int]] = []
    with Owner(path) as owner:
        wal = path.with_name("journal.sqlite-wal")
        for version in range(1, 9):
            seq = owner.store(entry("a", version))
            synced.append((wal.stat().st_size, seq))
        # By another process: closing the files here would drop SQLite's own locks.
        subprocess.run(["cp", path, wal, tmp_path], check=True)
    data = (tmp_path / wal.name).read_bytes()
    for length in range(synced[0][0], len(data), 997):
        copy = tmp_path / "cut" / "journal.sqlite"
        copy.parent.mkdir()
        shutil.copy(tmp_path / path.name, copy)
        copy.with_name(wal.name).write_bytes(data[:length])
        stored = max(seq for size, seq in synced if size <= length)
        with Owner(copy) as owner:
            assert [each.version for _, each in owner.log.read_after(0, 100)] == list(
                range(1, stored + 1)
            )
            assert [each.version for each in owner.log.newest_states()] == [stored]
            assert owner.store(entry("a", 99)) == stored + 1
            assert owner.log.path == copy
        shutil.rmtree(copy.parent)


@pytest.mark.parametrize("noise", [b"\xff", b"\0"])
def test_a_torn_tail_of_the_wal_is_passed_over(path: Path, tmp_path: Path, noise: bytes):
    with Owner(path) as owner:
        owner.store(entry("a", 1))
        subprocess.run(["cp", "-r", path.parent, tmp_path / "copy"], check=True)
    copy = tmp_path / "copy" / "journal.sqlite"
    wal = copy.with_name("journal.sqlite-wal")
    overwrite(wal, wal.stat().st_size, noise * 10_000)
    with Owner(copy) as owner:
        assert [each.version for each in owner.log.newest_states()] == [1]
        assert owner.store(entry("a", 2)) == 2


def test_copies_taken_as_soon_as_it_is_said(path: Path, tmp_path: Path):
    copies = []
    with Owner(path) as owner:
        for version in range(1, 25):
            owner.store(entry("a", version, state=b"s" * 60_000))
            copy = tmp_path / f"copy-{version}"
            subprocess.run(["cp", "-r", path.parent, copy], cwd=ROOT, check=True)
            copies.append(copy)
    for version, copy in enumerate(copies, 1):
        with Owner(copy / "journal.sqlite") as owner:
            assert [each.version for _, each in owner.log.read_after(0, 100)] == list(
                range(1, version + 1)
            )
