"""The short form: each target for some seconds, and the proof that faults are found."""

import subprocess
import sys
from importlib.util import find_spec

import pytest

from tests.fuzz.run import ROOT
from tests.fuzz.targets import TARGETS

pytestmark = pytest.mark.skipif(
    find_spec("atheris") is None, reason="atheris is not to be had for this system"
)


def fuzz(*arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("name", TARGETS)
def test_nothing_is_found(name: str) -> None:
    code, output = fuzz("--only", name, "--inputs", "20000")
    assert code == 0, output
    assert f"{name}: 20,000 inputs" in output


def test_a_bug_is_found_and_its_input_shown() -> None:
    code, output = fuzz("--only", "raises", "--inputs", "500000")
    assert code == 1
    assert "the bug that was planted" in output
    assert "the input: bytes.fromhex('4e414b" in output


def test_growing_without_bound_is_found() -> None:
    code, output = fuzz("--only", "grows", "--inputs", "100000")
    assert code == 1
    assert "out-of-memory" in output
