from pathlib import Path

import pytest
import typer

from clients.button import device
from clients.button.key import ButtonKey
from clients.commands.datagram_button import LAMP, parse_gateway
from clients.commands.running import ExitCode
from protocol.button.message import Progress
from protocol.vocabulary import Kind
from tests.clients.button.gateway import Gateway, serving
from tests.clients.commands.command import run, running
from tests.protocol.button.vectors import DEVICE_ID, KEY

MODULE = "button.datagram"


@pytest.fixture
def key(tmp_path: Path) -> str:
    file = tmp_path / "button.json"
    ButtonKey(DEVICE_ID, KEY.hex()).save(file)
    return str(file)


@pytest.mark.parametrize("tcp", [False, True])
async def test_pressing_a_hardware_button(tmp_path: Path, key: str, *, tcp: bool) -> None:
    gateway = Gateway()
    async with serving(gateway, tcp=tcp):
        where = ("--key", key, "--gateway", f"127.0.0.1:{gateway.port}")
        way = ("--tcp",) if tcp else ()
        code, output = await run(tmp_path, MODULE, "press", *where, "--kind", "fire", *way)
    assert code == ExitCode.DONE, output
    assert "Enviada a la patrulla y guardada." in output
    assert {message.kind for message in gateway.presses()} == {Kind.FIRE}


async def test_a_silent_press_prints_nothing(tmp_path: Path, key: str) -> None:
    async with serving(Gateway()) as gateway:
        where = ("--key", key, "--gateway", f"127.0.0.1:{gateway.port}")
        code, output = await run(tmp_path, MODULE, "press", *where, "--kind", "silent")
    assert (code, output) == (ExitCode.DONE, "")
    assert {message.kind for message in gateway.presses()} == {Kind.SILENT}


async def test_a_button_that_may_not_press_says_so(tmp_path: Path, key: str) -> None:
    gateway = Gateway()
    gateway.says = (Progress.REFUSED, {})
    async with serving(gateway):
        where = ("--key", key, "--gateway", f"127.0.0.1:{gateway.port}")
        code, output = await run(tmp_path, MODULE, "press", *where)
    assert code == ExitCode.FAILED
    assert "Llame al 123" in output


async def test_a_press_that_does_not_get_far_enough_in_time(tmp_path: Path, key: str) -> None:
    async with serving(Gateway()) as gateway:
        where = ("--key", key, "--gateway", f"127.0.0.1:{gateway.port}")
        code, _ = await run(
            tmp_path, MODULE, "press", *where, "--wait", "on_scene", "--timeout", "0.5"
        )
    assert code == ExitCode.LATE


async def test_a_button_on_the_wall_is_pressed_with_enter(tmp_path: Path, key: str) -> None:
    async with serving(Gateway()) as gateway:
        where = ("--key", key, "--gateway", f"127.0.0.1:{gateway.port}")
        async with running(tmp_path, MODULE, "hang", *where, stdin=True) as command:
            await command.line("Intro")
            assert command.process.stdin is not None
            await command.process.stdin.send_all(b"\n")
            await command.line(device.STORED)
            command.process.terminate()
            assert await command.ended() == ExitCode.INTERRUPTED


async def test_a_missing_key_says_what_to_do(tmp_path: Path) -> None:
    where = ("--key", "none.json", "--gateway", "127.0.0.1:9")
    code, output = await run(tmp_path, MODULE, "press", *where)
    assert code == ExitCode.FAILED
    assert "key_hex" in output


@pytest.mark.parametrize(
    ("text", "parsed"),
    [("gateway:7320", ("gateway", 7320)), ("[::1]:7320", ("::1", 7320))],
)
def test_an_address_of_a_gateway(text: str, parsed: tuple[str, int]) -> None:
    assert parse_gateway(text) == parsed


@pytest.mark.parametrize("text", ["gateway", ":7320", "gateway:", "gateway:0", "gateway:70000"])
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="HOST:PORT"):
        parse_gateway(text)


def test_every_lamp_of_a_press_has_its_words() -> None:
    assert tuple(LAMP) == device.LAMPS
