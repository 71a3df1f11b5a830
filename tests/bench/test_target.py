import subprocess
import sys

import pytest

from bench.target import end

STUBBORN = "import signal\nsignal.signal(15, signal.SIG_IGN)\nprint(1, flush=True)\ninput()"


def test_what_ends_when_asked_is_asked() -> None:
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    end(process)
    assert process.returncode == -15
    end(process)


def test_what_does_not_is_made_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.target.ENDS_WITHIN_S", 0.2)
    with subprocess.Popen(
        [sys.executable, "-c", STUBBORN], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        end(process)
        assert process.returncode == -9
