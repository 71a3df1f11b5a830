"""Becoming the account and passing closed directories. Needs root; others skip it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import PATIENCE_S, SOURCE_ROOT

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or sys.platform != "linux", reason="needs root on Linux"
)
NOBODY = 65534
SOMEBODY_ELSE = 65533

BECOME = """
import os, sys
from pathlib import Path
from dispatch.supervise.account import become_account
become_account(Path(sys.argv[1]), [Path(sys.argv[2])])
print(os.getuid(), os.geteuid(), os.getgroups(), Path(sys.argv[2]).read_text())
try:
    os.listdir(Path(sys.argv[2]).parent)
except PermissionError:
    print("cannot list")
"""


@pytest.fixture
def closed(data_dir: Path) -> Path:
    """A directory of root's that nobody else may enter, with a readable program in it."""
    data_dir.mkdir(mode=0o700)
    (data_dir / "program").write_text("hello")
    (data_dir / "home").mkdir()
    os.chown(data_dir / "home", NOBODY, NOBODY)
    return data_dir


def become(closed: Path) -> str:
    command = [sys.executable, "-c", BECOME, str(closed / "home"), str(closed / "program")]
    done = subprocess.run(
        command, cwd=SOURCE_ROOT, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    return done.stdout + done.stderr.replace(f"let PostgreSQL's account pass {closed}\n", "(let)")


def test_it_passes_a_closed_directory_without_seeing_into_it(closed: Path) -> None:
    said = become(closed)
    assert f"{NOBODY} {NOBODY} [] hello\ncannot list\n" in said
    assert "(let)" in said


def test_the_passage_is_given_once(closed: Path) -> None:
    become(closed)
    assert "(let)" not in become(closed)


def test_the_passage_is_given_again_after_a_chmod(closed: Path) -> None:
    become(closed)
    closed.chmod(0o700)  # clears the list's mask, so the entry stands but says nothing
    assert f"{NOBODY} {NOBODY} [] hello" in become(closed)


def test_nobody_else_may_pass(closed: Path) -> None:
    become(closed)
    done = subprocess.run(
        ["cat", str(closed / "program")],
        user=SOMEBODY_ELSE,
        group=SOMEBODY_ELSE,
        extra_groups=[],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert "Permission denied" in done.stderr


def test_the_home_becomes_private(closed: Path) -> None:
    become(closed)
    home = (closed / "home").stat()
    assert (home.st_uid, home.st_mode & 0o777) == (NOBODY, 0o700)
