"""What this SQLite really syncs, as the kernel sees it."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.journal import appending
from tests.journal.samples import ROOT

APPENDS = 5


def test_each_commit_syncs_the_wal_before_it_is_told(path: Path, tmp_path: Path):
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    trace = tmp_path / "trace"
    child = [sys.executable, appending.__file__, str(path)]
    calls = "trace=fsync,fdatasync,write,pwrite64,rename,unlink"
    ran = subprocess.run(
        ["strace", "-f", "-y", "-s", "40", "-o", trace, "-e", calls, *child],
        input="one\n" * APPENDS,
        env={"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode and "ptrace" in ran.stderr:
        pytest.skip("strace may not trace here")
    assert ran.returncode == 0, ran.stderr
    events = "".join(_event(line, path) for line in trace.read_text().splitlines())
    opened, *commits, closing = re.split("T", events)
    assert opened.count("D") >= 1, "the folder is synced when the file is created"
    assert 1 <= len(commits) + 1 <= APPENDS
    for commit in (opened, *commits):
        assert re.search("W+S$", commit), f"{commit} was told before it was synced"
    assert re.search("W*S?B+F", closing), "at the end the WAL is folded into the file and synced"


def _event(line: str, path: Path) -> str:
    """W, S: the WAL is written, synced; B, F: the file is; D: the folder is synced; T: told."""
    if "stored" in line and " write(1" in line:
        return "T"
    is_sync = "sync(" in line and "= 0" in line
    if f"{path}-wal>" in line:
        return "S" if is_sync else "W"
    if f"{path}>" in line:
        return "F" if is_sync else "B"
    return "D" if is_sync and f"{path.parent}>" in line else ""
