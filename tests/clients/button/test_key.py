import logging
from pathlib import Path

import pytest

from clients.button.key import BootCount, ButtonKey, load_key
from link.errors import CredentialsError

KEY = ButtonKey("button-17", bytes(range(32)).hex())


def test_a_key_is_kept_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "button.json"
    KEY.save(file)
    assert load_key(file) == KEY
    assert file.stat().st_mode & 0o077 == 0
    file.chmod(0o644)
    with pytest.raises(CredentialsError) as raised:
        load_key(file)
    assert raised.value.advice is not None
    assert "chmod 600" in raised.value.advice.es


@pytest.mark.parametrize(
    "content",
    ["", "{}", '{"device_id": "b", "key_hex": "0102"}', '{"device_id": "b", "key_hex": "zz"}'],
)
def test_a_file_that_holds_no_key_is_refused_with_advice(tmp_path: Path, content: str) -> None:
    file = tmp_path / "button.json"
    file.write_text(content)
    file.chmod(0o600)
    with pytest.raises(CredentialsError) as raised:
        load_key(file)
    assert raised.value.advice is not None
    assert "key_hex" in raised.value.advice.es


def test_a_key_is_never_printed() -> None:
    assert KEY.key_hex not in repr(KEY)


def test_starts_are_counted_beside_the_key(tmp_path: Path) -> None:
    boots = BootCount(tmp_path / "button.json")
    assert boots.load() == 0
    boots.save(7)
    assert BootCount(tmp_path / "button.json").load() == 7


def test_a_spoilt_count_is_none(tmp_path: Path) -> None:
    (tmp_path / "button.json.boot").write_text("7x")
    assert BootCount(tmp_path / "button.json").load() == 0


def test_a_count_that_cannot_be_kept_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    with caplog.at_level(logging.WARNING):
        BootCount(tmp_path / "file" / "button.json").save(7)
    assert "could not be kept" in caplog.text
