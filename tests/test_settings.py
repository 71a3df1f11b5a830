"""Flags, then environment, then the file, then defaults; and what is wrong, by name."""

import os
from pathlib import Path

import pytest

from dispatch.settings import PREFIX, BadSettings, Settings, load_settings

PASSWORD = "hunter2"
DSN = f"postgresql://me:{PASSWORD}@db.example/cuadrante"


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings but the test's own: an empty directory, and no variables."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith(PREFIX):
            monkeypatch.delenv(name)


def write(text: str, name: str = "cuadrante.toml") -> Path:
    path = Path(name)
    path.write_text(text, encoding="utf-8")
    return path


def test_without_any_the_defaults_hold() -> None:
    settings = load_settings()
    assert (settings.host, settings.port, settings.dsn) == ("127.0.0.1", 7310, None)
    assert settings.postgres_dir == Path("var/postgres")
    assert not settings.allow_plain


def test_flags_come_before_environment_before_file_before_defaults(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write("port = 1001\nhost = '::1'\nconnections_max = 100\n")
    monkeypatch.setenv("CUADRANTE_PORT", "1002")
    monkeypatch.setenv("CUADRANTE_HOST", "127.0.0.2")
    settings = load_settings(port=1003, host=None)
    assert settings.port == 1003
    assert settings.host == "127.0.0.2"
    assert settings.connections_max == 100
    assert settings.drain_deadline_s == 15.0


def test_a_named_file_is_read_instead_of_the_usual_one() -> None:
    write("port = 1001\n")
    other = write("host = '::1'\n", "other.toml")
    settings = load_settings(other)
    assert (settings.host, settings.port) == ("::1", 7310)


def test_a_named_file_that_is_missing_is_said() -> None:
    with pytest.raises(BadSettings, match=r"no settings file nowhere\.toml"):
        load_settings(Path("nowhere.toml"))


@pytest.mark.parametrize("text", ["port = ", "port : 1", "\x00"])
def test_a_file_that_is_no_toml_is_named(text: str) -> None:
    write(text)
    with pytest.raises(BadSettings, match=r"cuadrante\.toml"):
        load_settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", "70000"),
        ("port", "-1"),
        ("port", "many"),
        ("connections_max", "3"),
        ("drain_deadline_s", "0"),
        ("allow_plain", "perhaps"),
    ],
)
def test_what_cannot_be_used_is_named(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PREFIX + name.upper(), value)
    with pytest.raises(BadSettings, match=f"^{name}: "):
        load_settings()


def test_all_that_is_wrong_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUADRANTE_PORT", "x")
    with pytest.raises(BadSettings) as bad:
        load_settings(connections_max=1)
    assert {line.split(":")[0] for line in str(bad.value).splitlines()} == {
        "port",
        "connections_max",
    }


def test_a_setting_that_does_not_exist_is_named() -> None:
    write("prot = 1\n")
    with pytest.raises(BadSettings, match="prot: there is no such setting"):
        load_settings()


def test_a_certificate_needs_its_key() -> None:
    with pytest.raises(BadSettings, match=r"^settings: tls_certificate and tls_key go together"):
        load_settings(tls_certificate=Path("chain.pem"))
    load_settings(tls_certificate=Path("chain.pem"), tls_key=Path("key.pem"))


@pytest.mark.parametrize(
    "origins", ["https://a.example,https://b.example", "https://a.example  https://b.example"]
)
def test_origins_in_one_variable(origins: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUADRANTE_ORIGINS", origins)
    assert load_settings().origins == ("https://a.example", "https://b.example")


def test_origins_in_the_file_are_a_list() -> None:
    write("origins = ['https://a.example']\n")
    assert load_settings().origins == ("https://a.example",)


def test_an_empty_variable_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    write("port = 1001\n")
    monkeypatch.setenv("CUADRANTE_DSN", "")
    monkeypatch.setenv("CUADRANTE_PORT", "")
    settings = load_settings()
    assert settings.dsn is None
    assert settings.port == 1001


def test_a_password_is_shown_nowhere() -> None:
    settings = load_settings(dsn=DSN)
    assert PASSWORD not in f"{settings} {settings!r}"
    assert settings.dsn is not None
    assert settings.dsn.get_secret_value() == DSN


def test_a_password_is_not_in_the_errors_about_it(monkeypatch: pytest.MonkeyPatch) -> None:
    write(f"dsn = ['{DSN}']\n")
    with pytest.raises(BadSettings) as bad:
        load_settings()
    assert str(bad.value).startswith("dsn")
    assert PASSWORD not in str(bad.value)
    assert bad.value.__cause__ is None
    assert bad.value.__suppress_context__


def test_settings_do_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load_settings().port = 1


def test_a_child_reads_the_same_settings_from_its_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = load_settings(
        data_dir=Path("elsewhere"),
        dsn=DSN,
        host="::1",
        port=0,
        tls_certificate=Path("chain.pem"),
        tls_key=Path("key.pem"),
        allow_plain=True,
        origins=("https://a.example", "https://b.example"),
        connections_max=77,
        secret="s" * 32,
        drain_deadline_s=2.5,
    )
    for name, value in settings.as_environment().items():
        monkeypatch.setenv(name, value)
    assert load_settings().model_dump() == settings.model_dump()


def test_every_setting_says_what_it_means() -> None:
    assert all(field.description for field in Settings.model_fields.values())


@pytest.mark.parametrize("url", ["https://server:7311", "http://127.0.0.1:7311", "http://[::1]:1"])
def test_pictures_go_where_a_token_is_safe(url: str) -> None:
    assert load_settings(gateway_console_url=url).gateway_console_url == url


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://server:7311", "https://"),
        ("server:7311", "something like"),
        ("https://", "something like"),
        ("wss://server/v1", "something like"),
    ],
)
def test_and_nowhere_else(url: str, why: str) -> None:
    with pytest.raises(BadSettings, match=f"gateway_console_url: .*{why}"):
        load_settings(gateway_console_url=url)


def test_what_apple_gives_out_goes_together(tmp_path: Path) -> None:
    whole = {
        "apns_key_file": tmp_path / "key.p8",
        "apns_key_id": "ABC1234567",
        "apns_team_id": "TEAM123456",
        "apns_topics": "co.example.patrulla, co.example.boton",
    }
    assert load_settings(**whole).apns_topics == ("co.example.patrulla", "co.example.boton")
    for missing in whole:
        rest = {name: value for name, value in whole.items() if name != missing}
        with pytest.raises(BadSettings, match="apns_topics go together"):
            load_settings(**rest)
    with pytest.raises(BadSettings, match="apns_key_id"):
        load_settings(**{**whole, "apns_key_id": "short"})
