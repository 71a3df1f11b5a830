"""The demo as people run it: real processes, a real database, real sockets on loopback."""

import os
import re
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

MARK = "DEMO_TEST_MARK"
ENDS_WITHIN_S = 100
CREW = ["--handhelds", "20", "--members", "12", "--per-s", "4", "--hurry", "6", "--port", "0"]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@contextmanager
def demo(directory: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start a demo; yields it and the mark that all its processes carry."""
    mark = uuid.uuid4().hex
    command = [sys.executable, "-m", "clients.demo", "--dir", str(directory), *CREW, *arguments]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, MARK: mark},
    ) as process:
        try:
            yield process, mark
        finally:
            process.kill()


def still_running(mark: str) -> list[int]:
    found = []
    for environ in Path("/proc").glob("[0-9]*/environ"):
        try:
            if f"{MARK}={mark}".encode() in environ.read_bytes():
                found.append(int(environ.parent.name))
        except OSError:  # it ended meanwhile, or is another user's
            continue
    return found


def wait_until_none(mark: str) -> None:
    deadline_s = time.monotonic() + ENDS_WITHIN_S
    while (left := still_running(mark)) and time.monotonic() < deadline_s:
        time.sleep(0.1)
    assert not left, f"these processes outlived the demo: {left}"


def lines_until(process: subprocess.Popen[str], word: str) -> str:
    """Read what the demo prints up to a line with this word."""
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if word in line:
            return said
    pytest.fail(f"the demo ended without a word of {word!r}:\n{said}")


def test_a_timed_run_ends_by_itself_with_alerts_accepted(directory: Path) -> None:
    with demo(directory, "--seconds", "8") as (process, mark):
        said, _ = process.communicate(timeout=ENDS_WITHIN_S)
        assert process.returncode == 0, said
    accepted = re.search(r"accepted ([\d,]+), ", said)
    assert accepted is not None, said
    assert accepted[1] != "0"
    assert "lost: 0" in said
    pages = re.findall(r"http://127\.0\.0\.1:\d+/(\w+)#code=(?:[0-9A-Z]{4}-?){3}", said)
    assert pages == ["boton", "patrulla"]
    assert said.count("contraseña · password: ") == 1
    assert re.search(r"handheld: p50 [\d.]+ ms, p99 [\d.]+ ms", said), said
    kit = re.search(r"sounded: (\d+), fotos · pictures: (\d+)", said)
    assert kit is not None, said
    assert int(kit[1]) >= 1, said
    assert int(kit[2]) >= 4, said
    assert re.search(r"siren: Sirena .*SOUNDS .*by \w", said), said
    assert re.search(r"pictures: Cámara 1 \d\d:\d\d:\d\d", said), said
    assert still_running(mark) == []


def log_in(said: str) -> httpx.Response:
    """Log in to the control room with what the demo printed."""
    found = re.search(r"(http://[\d.:]+)/sala  .*account: (\S+), .*password: (\S+)", said)
    assert found is not None, said
    site, account_id, password = found.groups()
    assert httpx.get(f"{site}/sala").status_code == 200
    who = {"account_id": account_id, "password": password}
    return httpx.post(f"{site}/v1/session", json=who, headers={"X-Cuadrante": "demo"})


def test_killed_it_leaves_nothing_and_ctrl_c_ends_the_next_run_in_order(directory: Path) -> None:
    with demo(directory) as (process, mark):
        assert log_in(lines_until(process, "on duty")).status_code == 201
        process.kill()
        process.wait()
    with demo(directory) as (process, mark_of_next):
        again = log_in(lines_until(process, "accepted: "))
        assert again.json()["rights"], "the account of an earlier run has this run's password"
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=ENDS_WITHIN_S)
        assert process.returncode == 0, said
        assert "lost: 0" in said
    assert still_running(mark_of_next) == []
    wait_until_none(mark)
