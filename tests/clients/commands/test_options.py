import ssl
from pathlib import Path

import pytest
import trustme
import typer

from clients.commands.options import (
    check_role,
    credentials_for,
    credentials_path,
    outbox_path,
    parse_at,
    ssl_context,
)
from link.errors import CredentialsError
from protocol.messages import Position
from protocol.vocabulary import Role
from tests.clients.samples import APP, OPERATOR


def test_each_role_has_its_own_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    path = credentials_path(None, Role.PATROL)
    assert path == tmp_path / ".config" / "cuadrante" / "patrol.json"
    assert credentials_path(Path("mine"), Role.PATROL) == Path("mine")
    assert outbox_path(path).name == "patrol.outbox.json"


def test_credentials_of_another_role_say_which_command_is_theirs(tmp_path: Path) -> None:
    path = tmp_path / "app.json"
    APP.save(path)
    assert credentials_for(path, Role.APP) == APP
    with pytest.raises(CredentialsError) as refused:
        credentials_for(path, Role.PATROL)
    assert "clients.app" in (refused.value.advice.en if refused.value.advice else "")
    check_role(OPERATOR, (Role.SUPERVISOR, Role.OPERATOR))


def test_a_place_is_read_with_what_is_known_of_it() -> None:
    assert parse_at(None, 12, None) is None
    assert parse_at("4.65,-74.10", 12, 3) == Position(4.65, -74.1, 12, 3)
    assert parse_at(" -90 , 180 ", None, None) == Position(-90, 180)


@pytest.mark.parametrize("at", ["", "4.65;-74.1", "90.1,0", "0,-180.1", "inf,0", "0,nan"])
def test_what_is_no_place_is_refused(at: str) -> None:
    with pytest.raises(typer.BadParameter, match="LAT,LON"):
        parse_at(at, None, None)


def test_a_private_authority_is_trusted_and_what_is_none_is_refused(tmp_path: Path) -> None:
    assert ssl_context(None) is None
    path = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(path)
    trusted = ssl_context(path)
    assert trusted is not None
    assert trusted.verify_mode is ssl.CERT_REQUIRED
    path.write_text("no certificate")
    with pytest.raises(typer.BadParameter):
        ssl_context(path)
