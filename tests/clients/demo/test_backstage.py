import socket
from dataclasses import astuple
from pathlib import Path

import pytest
import trio

from clients.demo import backstage
from clients.demo.backstage import DemoFailed, command, free_port, free_ports, health, sole
from dispatch.settings import PREFIX
from tests.patience import PATIENCE_S


def test_a_taken_port_is_replaced_by_a_free_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert free_port(port) not in (port, 0)
    assert free_port(port) == port


def test_ports_are_each_others_neighbours_or_free_ones() -> None:
    assert len({*astuple(free_ports(0))}) == 6
    said = free_ports(0).environment()
    assert len(said) == 5
    assert all(name.startswith(PREFIX) and int(port) for name, port in said.items())


def test_a_server_that_is_not_there_is_not_green() -> None:
    assert health(free_port(0)) == "sin respuesta · no answer"


async def test_two_demos_do_not_share_a_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backstage, "LOCK_WITHIN_S", 0.01)
    waited = []
    async with sole(tmp_path, lambda: None):
        with pytest.raises(DemoFailed, match="--dir"):
            async with sole(tmp_path, lambda: waited.append(1)):
                raise AssertionError("it must not begin")
    assert waited
    async with sole(tmp_path, lambda: None):
        pass


async def test_a_command_that_fails_says_what_the_server_said(tmp_path: Path) -> None:
    missing = str(tmp_path / "no-such-file.toml")
    with trio.fail_after(PATIENCE_S), pytest.raises(DemoFailed, match="no-such-file"):
        await command(tmp_path, "devices", "--config", missing)


def test_settings_of_another_installation_do_not_reach_the_demo(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CUADRANTE_DSN", "postgresql://elsewhere")
    assert "CUADRANTE_DSN" not in backstage._environment()
