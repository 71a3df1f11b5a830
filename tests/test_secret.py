"""The installation's secret: made once, kept private, and never the same key for two uses."""

import os
import threading
from pathlib import Path

import pytest

from dispatch.secret import SecretUnusable, Use, derived_key, installation_secret
from dispatch.settings import PREFIX, BadSettings, Settings, load_settings

SECRET = "correct horse battery staple, and more"


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith(PREFIX):
            monkeypatch.delenv(name)


def settings(**fields) -> Settings:
    return load_settings(data_dir=Path("var"), **fields)


def test_it_is_made_once_and_for_its_owner_alone():
    made = installation_secret(settings(), make=True)
    assert installation_secret(settings(), make=True) == installation_secret(settings()) == made
    assert Path("var/secret").stat().st_mode & 0o777 == 0o600
    assert os.listdir("var") == ["secret"]


def test_two_that_start_at_once_agree():
    made: list[str] = []
    starts = [
        threading.Thread(target=lambda: made.append(installation_secret(settings(), make=True)))
        for _ in range(8)
    ]
    for start in starts:
        start.start()
    for start in starts:
        start.join()
    assert len(made) == 8
    assert len(set(made)) == 1


def test_it_is_not_made_by_whoever_only_reads_it():
    with pytest.raises(SecretUnusable, match="set `secret`"):
        installation_secret(settings())
    assert not Path("var").exists()


def test_what_is_set_comes_first():
    installation_secret(settings(), make=True)
    assert installation_secret(settings(secret=SECRET)) == SECRET


def test_one_that_others_may_read_is_refused():
    installation_secret(settings(), make=True)
    Path("var/secret").chmod(0o640)
    with pytest.raises(SecretUnusable, match="chmod 600 var/secret"):
        installation_secret(settings())


def test_one_that_is_cut_short_is_refused_and_not_made_anew():
    secret = installation_secret(settings(), make=True)
    Path("var/secret").write_text(secret[:20])
    with pytest.raises(SecretUnusable, match="cut short"):
        installation_secret(settings(), make=True)
    Path("var/secret").unlink()
    Path("var/secret").mkdir(mode=0o700)
    with pytest.raises(SecretUnusable, match=r"var/secret: Is a directory"):
        installation_secret(settings(), make=True)


def test_a_short_one_cannot_be_set_and_is_not_quoted():
    with pytest.raises(BadSettings, match=r"secret: .*at least 32") as refused:
        settings(secret="hunter2")
    assert "hunter2" not in str(refused.value)
    assert SECRET not in repr(settings(secret=SECRET))


def test_every_use_has_its_own_key():
    keys = [derived_key(SECRET, use) for use in Use]
    assert len({key[:32] for key in keys}) == len(Use)
    assert derived_key(SECRET, Use.WIRING) == derived_key(SECRET, Use.WIRING)
    assert derived_key(SECRET + "!", Use.WIRING) != derived_key(SECRET, Use.WIRING)
