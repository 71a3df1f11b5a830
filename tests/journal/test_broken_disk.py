"""A disk that fails below SQLite: EIO on fsync, write and read, and no space left."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dispatch.journal.faults import Reason
from dispatch.journal.inspect import inspect, verify
from dispatch.journal.status import Condition
from tests.journal import appending
from tests.journal.samples import Owner, entry, start

CHILD = Path(appending.__file__)
SOURCE = CHILD.with_name("disk_fault.c")


@pytest.fixture(scope="module")
def fault_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("gcc") is None:
        pytest.skip("gcc is not installed: EIO cannot be injected")
    library = tmp_path_factory.mktemp("fault") / "disk_fault.so"
    subprocess.run(
        ["gcc", "-shared", "-fPIC", "-O1", "-o", library, SOURCE, "-ldl"],
        check=True,
    )
    return library


class Child:
    """A child on a disk that fails when it is told to."""

    def __init__(self, path: Path, library: Path, faults: Path) -> None:
        self.faults = faults
        faults.mkdir(exist_ok=True)
        environment = {"LD_PRELOAD": str(library), "DISK_FAULTS": str(faults)}
        self._process = start(CHILD, path, **environment)
        self.opened = self.hear()

    def ask(self) -> list[str]:
        """Have one append tried, and hear what became of it."""
        assert self._process.stdin is not None
        self._process.stdin.write("one\n")
        self._process.stdin.flush()
        return self.hear()

    def hear(self) -> list[str]:
        assert self._process.stdout is not None
        return self._process.stdout.readline().split()

    def fail(self, call: str, *, once: bool = False) -> None:
        if once:
            (self.faults / f"{call}-once").touch()
        (self.faults / call).touch()

    def mend(self) -> None:
        for flag in self.faults.iterdir():
            flag.unlink()

    def end(self) -> None:
        _, _ = self._process.communicate(timeout=20)
        assert self._process.returncode == 0


@pytest.fixture
def child(path: Path, fault_library: Path, tmp_path: Path) -> Iterator[Child]:
    child = Child(path, fault_library, tmp_path / "faults")
    yield child
    child.mend()
    child.end()


def numbers(path: Path) -> set[int]:
    with Owner(path) as owner:
        return {seq for seq, _ in owner.log.read_after(0, 10_000)}


def test_a_failed_fsync_is_never_retried_on_that_file(child: Child, path: Path):
    """The disk says EIO once and success ever after, as Linux does for pages that it gave up."""
    word, first = child.ask()
    assert word == "stored"
    child.fail("sync", once=True)
    failed = child.ask()
    assert failed[0] == "failed"
    assert failed[3] == Reason.SYNC_FAILED
    word, last = child.ask()
    assert word == "stored"
    child.mend()
    child.end()
    summary = inspect(path)
    assert Path(summary.path).name == "journal-1.sqlite"
    assert summary.older_files == ["journal.sqlite"]
    assert [reason for _, _, reason, _ in summary.unconfirmed] == [Reason.SYNC_FAILED]
    assert verify(path) == []
    there = numbers(path)
    assert {int(first), int(last)} <= there
    assert path.stat().st_mode & 0o777 == 0o400


@pytest.mark.parametrize(
    ("call", "reason"), [("sync", Reason.SYNC_FAILED), ("write", Reason.WRITE_FAILED)]
)
def test_while_the_disk_fails_nothing_is_stored_and_afterwards_it_is(
    child: Child, path: Path, call: str, reason: Reason
):
    stored = {int(child.ask()[1])}
    child.fail(call)
    for _ in range(3):
        word, _, _, why = child.ask()
        assert (word, why) == ("failed", reason)
    child.mend()
    word, seq = child.ask()
    assert word == "stored"
    stored.add(int(seq))
    child.end()
    assert stored <= numbers(path)
    assert verify(path) == []
    assert len(inspect(path).older_files) == 1


def test_a_core_that_starts_on_a_failing_disk_goes_on_when_it_is_mended(
    path: Path, fault_library: Path, tmp_path: Path
):
    with Owner(path) as owner:
        owner.store(entry("a", 1))
    before = path.read_bytes()
    faults = tmp_path / "faults"
    faults.mkdir()
    (faults / "sync").touch()
    (faults / "write").touch()
    environment = {"LD_PRELOAD": str(fault_library), "DISK_FAULTS": str(faults)}
    with start(CHILD.with_name("starting.py"), path, **environment) as child:
        assert child.stdout is not None
        assert child.stdout.readline().split() == ["failing"]
        assert path.read_bytes() == before
        for flag in faults.iterdir():
            flag.unlink()
        assert child.stdout.readline().split() == ["stored", "2"]


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def test_a_full_disk(tmp_path: Path):
    with small_disk(tmp_path / "small", "1m") as disk:
        path = disk / "journal.sqlite"
        ballast = disk / "ballast"
        with Owner(path) as owner:
            stored = {owner.store(entry("a", 1))}
            free = os.statvfs(disk)
            ballast.write_bytes(b"b" * (free.f_bavail * free.f_frsize))
            failed_seq = owner.store(*[entry("a", 2, state=b"s" * 100_000)] * 2)
            assert owner.stored_seq < failed_seq
            assert {failure.reason for failure in owner.failures} == {Reason.DISK_FULL}
            assert owner.log.state().condition is Condition.FAILING
            assert [each.version for each in owner.log.newest_states()] == [1]
            ballast.unlink()
            stored.add(owner.store(entry("a", 3)))
            assert owner.stored_seq == max(stored)
            assert owner.log.state().condition is Condition.HEALTHY
            assert owner.log.path == path
        assert stored <= numbers(path)
        assert verify(path) == []


def test_a_start_on_a_full_disk_reads_what_is_there(tmp_path: Path):
    with small_disk(tmp_path / "small", "1m") as disk:
        path = disk / "journal.sqlite"
        with start(CHILD, path) as child:
            assert child.stdin is not None
            assert child.stdout is not None
            assert child.stdout.readline().startswith("open")
            child.stdin.write("one\n")
            child.stdin.flush()
            stored = int(child.stdout.readline().split()[1])
            child.kill()
        free = os.statvfs(disk)
        (disk / "ballast").write_bytes(b"b" * (free.f_bavail * free.f_frsize))
        with Owner(path) as owner:
            assert [seq for seq, _ in owner.log.read_after(0, 10)][-1] == stored
            assert len(list(owner.log.newest_states())) == 1
            assert owner.log.state().condition is Condition.FAILING
            (disk / "ballast").unlink()
            owner.wait_for_state(lambda: owner.log.state().condition is Condition.HEALTHY)
            assert owner.store(entry()) > stored
