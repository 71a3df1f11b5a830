"""The leash with real processes, without trio: what is held is any program."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from dispatch.supervise import leash
from tests.patience import PATIENCE_S

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's prctl")

SAY_AND_WAIT = "import os, signal; print(os.getpid(), flush=True); signal.pause()"
IGNORE_AND_WAIT = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SAY_AND_WAIT}"


class Leashed:
    """A leash under test, and the one lifeline that holds it."""

    def __init__(self, source: str, stop_signal: int, drain_deadline_s: float) -> None:
        child_end, self.lifeline = os.pipe()
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-I", "-S", str(Path(leash.__file__))),
                *(str(child_end), str(int(stop_signal)), str(drain_deadline_s)),
                *(sys.executable, "-c", source),
            ],
            pass_fds=(child_end,),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        os.close(child_end)

    def held(self) -> psutil.Process:
        """The process held, once it has said its id."""
        return psutil.Process(int(self.process.stdout.readline()))

    def drop(self) -> None:
        """What the kernel does with the lifeline when the supervisor dies."""
        if self.lifeline is not None:
            os.close(self.lifeline)
        self.lifeline = None


@pytest.fixture
def hold() -> Iterator[Callable[..., Leashed]]:
    made: list[Leashed] = []

    def start(source: str, stop_signal: int = signal.SIGTERM, drain_deadline_s: float = 60.0):
        made.append(Leashed(source, stop_signal, drain_deadline_s))
        return made[-1]

    yield start
    for each in made:
        each.drop()
        with each.process as process:
            process.kill()


@pytest.mark.parametrize(
    ("source", "returncode"),
    [
        ("raise SystemExit(0)", 0),
        ("raise SystemExit(3)", 3),
        ("import os; os.kill(os.getpid(), 15)", -15),
        ("import os; os.kill(os.getpid(), 9)", -9),
    ],
)
def test_the_leash_ends_as_its_child_ended(hold, source: str, returncode: int) -> None:
    assert hold(source).process.wait(PATIENCE_S) == returncode


@pytest.mark.parametrize("stop_signal", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT])
def test_a_dropped_lifeline_stops_the_child_with_its_signal(hold, stop_signal: int) -> None:
    leashed = hold(
        f"import signal; signal.signal({int(stop_signal)}, signal.SIG_DFL); {SAY_AND_WAIT}",
        stop_signal,
    )
    child = leashed.held()
    leashed.drop()
    assert leashed.process.wait(PATIENCE_S) == -stop_signal
    assert not child.is_running()


def test_a_drain_is_asked_for_without_dropping_the_lifeline(hold) -> None:
    leashed = hold(SAY_AND_WAIT)
    leashed.held()
    os.write(leashed.lifeline, leash.DRAIN)
    assert leashed.process.wait(PATIENCE_S) == -signal.SIGTERM


def test_a_child_that_ignores_its_signal_is_killed_at_the_deadline(hold) -> None:
    leashed = hold(IGNORE_AND_WAIT, drain_deadline_s=0.1)
    leashed.held()
    leashed.drop()
    assert leashed.process.wait(PATIENCE_S) == -signal.SIGKILL


def test_kill_now_does_not_wait_for_a_drain_that_has_begun(hold) -> None:
    leashed = hold(IGNORE_AND_WAIT, drain_deadline_s=3600.0)
    leashed.held()
    os.write(leashed.lifeline, leash.DRAIN)
    os.write(leashed.lifeline, leash.KILL_NOW)
    assert leashed.process.wait(PATIENCE_S) == -signal.SIGKILL


@linux_only
def test_the_child_of_a_killed_leash_is_killed(hold) -> None:
    leashed = hold(IGNORE_AND_WAIT)
    child = leashed.held()
    leashed.process.kill()
    assert psutil.wait_procs([child], PATIENCE_S)[1] == []


@linux_only
def test_grandchildren_in_sessions_of_their_own_end_too(hold) -> None:
    leashed = hold(
        f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {IGNORE_AND_WAIT!r}],"
        " start_new_session=True)"
    )
    grandchild = leashed.held()
    assert leashed.process.wait(PATIENCE_S) == 0
    assert not grandchild.is_running(), "the leash waits for whom its child left behind"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signals_to_the_leash_itself_change_nothing(hold, number: int) -> None:
    leashed = hold(
        "print(0, flush=True); print(input(), flush=True); import signal; signal.pause()"
    )
    leashed.process.stdout.readline()
    leashed.process.send_signal(number)
    leashed.process.stdin.write(b"still here\n")
    leashed.process.stdin.flush()
    assert leashed.process.stdout.readline() == b"still here\n"
    os.write(leashed.lifeline, leash.KILL_NOW)
    assert leashed.process.wait(PATIENCE_S) == -signal.SIGKILL


def test_a_missing_program_is_a_configuration_error(capfd: pytest.CaptureFixture[str]) -> None:
    child_end, lifeline = os.pipe()
    command = [sys.executable, "-I", "-S", leash.__file__, str(child_end), "15", "1", "/no/such"]
    done = subprocess.run(command, pass_fds=(child_end,), timeout=PATIENCE_S, check=False)
    os.close(child_end)
    os.close(lifeline)
    assert done.returncode == 3
    assert "cannot run /no/such: No such file" in capfd.readouterr().err
