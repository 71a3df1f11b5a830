"""The command as people run it, against a receiver over real sockets."""

import re
import time
from pathlib import Path

import pytest

from clients.commands.running import ExitCode
from clients.panel import Transport
from protocol.sia_dc09.decode import Account, Message
from protocol.vocabulary import Kind
from tests.clients.commands.command import run, running
from tests.clients.receiver import receiver
from tests.protocol.sia_dc09.vectors import KEY, OTHER_KEY

SEALED = {"1234": Account(KEY)}


def options(port: int, key: bytes = KEY) -> list[str]:
    return ["--account", "1234", "--key", key.hex(), "--port", str(port)]


@pytest.mark.parametrize("transport", Transport)
async def test_pressing(transport: Transport, tmp_path: Path) -> None:
    async with receiver(transport, SEALED, time.time()) as played:
        code, output = await run(
            tmp_path,
            "panel",
            *options(played.port),
            "--transport",
            transport,
            "press",
            "--kind",
            "silent",
            "--zone",
            "3",
        )
        assert code == ExitCode.DONE, output
        assert re.search(r"SILENCIOSA: \d{4} ACK \+\d", output)
        heard = played.heard[0]
        assert isinstance(heard, Message)
        assert (heard.events[0].meaning.kind, heard.events[0].zone) == (Kind.SILENT, "003")


async def test_testing_in_contact_id(tmp_path: Path) -> None:
    async with receiver(Transport.TCP, SEALED, time.time()) as played:
        code, output = await run(tmp_path, "panel", *options(played.port), "--contact-id", "test")
        assert code == ExitCode.DONE, output
        heard = played.heard[0]
        assert isinstance(heard, Message)
        assert heard.events[0].code == "1602"


async def test_testing_the_link_again_and_again(tmp_path: Path) -> None:
    async with receiver(Transport.TCP, SEALED, time.time()) as played:
        arguments = [*options(played.port), "null", "--every", "0.1"]
        async with running(tmp_path, "panel", *arguments) as command:
            await command.line("Prueba de enlace: ")
            await command.line("Prueba de enlace: ")
        first, second = (heard for heard in played.heard[:2] if isinstance(heard, Message))
        assert second.header.sequence == first.header.sequence % 9999 + 1


async def test_a_refusal_says_what_to_check(tmp_path: Path) -> None:
    async with receiver(Transport.TCP, SEALED, time.time()) as played:
        code, output = await run(tmp_path, "panel", *options(played.port, OTHER_KEY), "press")
    assert code == ExitCode.FAILED
    assert "check the account, the key and the format" in output


async def test_nobody_there(tmp_path: Path) -> None:
    async with receiver(Transport.TCP, SEALED, 0) as played:
        pass
    code, output = await run(tmp_path, "panel", *options(played.port), "--attempts", "1", "press")
    assert code == ExitCode.FAILED
    assert "The receiver did not answer." in output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--account", "12", "press"), "--account"),
        (("--account", "1234", "--key", "abcd99", "press"), "--key"),
        (("--account", "1234", "--key", "nothexadecimal", "press"), "--key"),
        (("--account", "1234", "press", "--at", "here"), "--at"),
    ],
)
async def test_a_wrong_command_line_names_the_option(
    arguments: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    code, output = await run(tmp_path, "panel", *arguments)
    assert code == 2
    assert said in output
    assert "abcd99" not in output
    assert "nothexadecimal" not in output
