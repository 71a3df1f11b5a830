"""From the settings to what each process needs: what follows from what."""

from pathlib import Path

import pytest

from dispatch.commands.parts import console_options, core_options
from dispatch.secret import installation_secret
from dispatch.settings import Settings

EVERYWHERE = "0.0.0.0"  # noqa: S104 - not listened on here


def settings(folder: Path, **more: object) -> Settings:
    """The settings of an installation in this folder, which has its secret."""
    made = Settings.model_validate({"data_dir": folder, **more})
    installation_secret(made, make=True)
    return made


@pytest.mark.parametrize(
    ("host", "hosts"),
    [
        ("127.0.0.1", ["localhost", "127.0.0.1", "[::1]"]),
        (EVERYWHERE, ["localhost", "127.0.0.1", "[::1]"]),
        ("192.0.2.7", ["192.0.2.7"]),
    ],
)
def test_a_core_serves_the_pages_of_its_own_console(
    tmp_path: Path, host: str, hosts: list[str]
) -> None:
    options = core_options(settings(tmp_path, host=host, console_port=7311), "dsn")
    assert options.origins == tuple(f"http://{each}:7311" for each in hosts)
    alone = core_options(settings(tmp_path, host=host, console_port=0), "dsn")
    assert alone.origins == ()


def test_the_console_asks_the_core_beside_it_and_both_seal_pictures_alike(tmp_path: Path) -> None:
    chosen = settings(tmp_path, host=EVERYWHERE, port=7310)
    options = console_options(chosen, "dsn")
    assert options.core.url == "ws://127.0.0.1:7310/v1"
    assert options.keys.pictures == core_options(chosen, "dsn").picture_key
    assert options.core.token not in repr(options)


def test_a_core_that_is_elsewhere_is_named(tmp_path: Path) -> None:
    url = "wss://core.example/v1"
    assert console_options(settings(tmp_path, console_core_url=url), "dsn").core.url == url
