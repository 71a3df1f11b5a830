"""A compiled copy runs compiled, decides alike, and knows when its sources have moved on."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dispatch import compile as compiling
from dispatch.compile import HOT, ROOT, CannotCompile, compile_tree, is_up_to_date

SOME = ("dispatch/core/board.py", "dispatch/core/presence.py", "dispatch/edge/splitter.py")


def test_what_is_hot_is_there_once() -> None:
    assert len(set(HOT)) == len(HOT)
    assert [module for module in HOT if not (ROOT / module).is_file()] == []


@pytest.mark.skipif(
    shutil.which("gcc") is None and not os.environ.get("CI"), reason="needs gcc, on Debian: gcc"
)
def test_a_copy_is_compiled_and_decides_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "fast"
    monkeypatch.setenv("MYPYC_OPT_LEVEL", "0")  # how fast it is, is the bench's to say
    compile_tree(target, SOME, seeds=2)
    program = "from dispatch.core import board; print(board.__file__)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=target, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith(str(target / "dispatch/core/board."))
    assert not done.stdout.strip().endswith(".py")
    assert is_up_to_date(target)

    source = target / "dispatch/core/press.py"
    source.write_text(source.read_text() + "\n")
    monkeypatch.setattr(compiling, "ROOT", target)
    assert not is_up_to_date(target)


def test_a_folder_of_somebody_elses_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter").write_text("dear")
    with pytest.raises(CannotCompile, match="something else"):
        compile_tree(tmp_path)
    assert (tmp_path / "letter").read_text() == "dear"
