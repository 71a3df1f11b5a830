"""A simulator of the wall plays the device it finds, until its input ends."""

import subprocess
import sys
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from clients.demo import cast, kit
from clients.demo.on_the_wall import is_time, say
from clients.demo.reports import Answered, Connected
from clients.demo.simulator import REGISTRY_FILE
from protocol.vocabulary import Role
from tests.clients.demo.stage import reported
from tests.clients.demo.test_kit import wirings

ROOT = Path(__file__).resolve().parents[3]


def registry(directory: Path) -> cast.Registry:
    """A front with its kit, in the file."""
    front = cast.Front("frente-01", "Frente Manga", "Manga", cast.Spot(10.4, -75.5), "p")
    file = directory / REGISTRY_FILE
    cast.write(cast.Registry([], [front], []), file)
    kit.hang(file, wirings(front), 1)
    return cast.read(file)


def device(directory: Path, role: Role, prefix: str) -> cast.Device:
    return next(each for each in registry(directory).of(role) if each.device_id.startswith(prefix))


async def test_time_passes_or_the_demo_ends(autojump_clock: MockClock) -> None:
    stopping = trio.Event()
    assert await is_time(stopping, 60)
    stopping.set()
    assert not await is_time(stopping, 60)
    assert trio.current_time() < 1000


def test_what_a_lamp_shows_is_reported(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    say(device(tmp_path, Role.BUTTON, "panel"), "listo", "ready")
    (report,) = reported(capfdbinary.readouterr().out, Answered)
    assert (report.who, report.what.es, report.what.en) == ("Panel Manga", "listo", "ready")


@pytest.mark.parametrize("module", ["wall_panel", "wall_button"])
def test_a_process_ends_when_its_input_does(tmp_path: Path, module: str) -> None:
    registry(tmp_path)
    command = [sys.executable, "-m", f"clients.demo.{module}", "--dir", str(tmp_path)]
    done = subprocess.run(
        [*command, "--port", "9", "--first-s", "3600"],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for report in reported(done.stdout, Connected):
        assert report.group == "wall"
