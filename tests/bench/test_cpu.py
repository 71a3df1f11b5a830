import os
import subprocess
import sys
import time

import pytest

from bench.cpu import cpu_ns, memory_bytes, rest, tree_cpu_ns

SPIN = "while True: pass"


def test_the_clock_of_a_process_is_what_the_process_itself_says() -> None:
    before = time.process_time_ns()
    read = cpu_ns([os.getpid()])
    assert before <= read <= time.process_time_ns()


def test_what_works_is_told_from_what_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.cpu.PATIENCE_S", 0.5)
    with subprocess.Popen([sys.executable, "-c", SPIN]) as busy:
        try:
            assert not rest([busy.pid])
            assert cpu_ns([busy.pid]) > 0
            assert memory_bytes([busy.pid]) > 1_000_000
        finally:
            busy.kill()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as idle:
        monkeypatch.setattr("bench.cpu.PATIENCE_S", 20.0)
        assert rest([idle.pid])
        idle.kill()


def test_the_time_of_children_that_ended_counts() -> None:
    spend = "import time\nwhile time.process_time() < 0.3: pass"
    program = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', '''{spend}'''])"
    hold = f"{program}\nprint('done', flush=True)\ninput()"
    with subprocess.Popen(
        [sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        assert tree_cpu_ns(parent.pid) >= 0.29e9
        parent.kill()


def test_a_process_that_has_ended_is_said() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    with pytest.raises(ProcessLookupError):
        cpu_ns([process.pid])
