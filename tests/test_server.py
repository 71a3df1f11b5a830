"""The command line: what each command prints, and what it says when it cannot."""

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import server as program
from dispatch.settings import PREFIX
from dispatch.supervise.exit_codes import ExitCode
from tests.patience import PATIENCE_S

COMMANDS = [
    (),
    ("run",),
    ("core",),
    ("import",),
    ("import", "quadrants"),
    ("import", "registry"),
    ("enrol",),
    ("revoke",),
    ("devices",),
    ("kit",),
    ("troubles",),
    ("account",),
    ("account", "add"),
    ("account", "passwd"),
    ("account", "revoke"),
    ("account", "list"),
    ("schema",),
    ("doctor",),
]
CODE = re.compile(r"[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){2}")


Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in an empty directory, without settings of the machine."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    for name in list(os.environ):
        if name.startswith(PREFIX):
            monkeypatch.delenv(name)

    def run(
        *arguments: str, exits: int = ExitCode.OK, stdin: str | None = None, **variables: str
    ) -> Result:
        result = CliRunner().invoke(program.app, arguments, input=stdin, env=variables)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == exits, result.output
        return result

    return run


@pytest.fixture
def ask(run: Run, dsn: str) -> Run:
    """The same, with a database of its own."""
    return lambda *arguments, exits=ExitCode.OK, stdin=None: run(
        *arguments, exits=exits, stdin=stdin, CUADRANTE_DSN=dsn
    )


def quadrants_file(path: Path, *codes: str) -> Path:
    """Squares of a hundredth of a degree, side by side."""
    features = [
        {
            "type": "Feature",
            "properties": {"CODE": code, "NAME": f"Cuadrante {code}"},
            "geometry": {
                "type": "Polygon",
                "coordinates": [
                    [
                        [-74.11 + 0.01 * (at + dx), 4.60 + 0.01 * dy]
                        for dx, dy in ((0, 0), (1, 0), (1, 1), (0, 1), (0, 0))
                    ]
                ],
            },
        }
        for at, code in enumerate(codes)
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


FIELDS = ("--edition", "e-1", "--code-field", "CODE", "--name-field", "NAME")


# --- help ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: tuple[str, ...], run: Run) -> None:
    said = run(*command, "--help").stdout
    assert said.strip().startswith("Usage:")
    assert len(said.splitlines()) > 5


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_says_what_it_is_for(command: tuple[str, ...], run: Run) -> None:
    said = run(*command, "--help").stdout
    options = re.findall(r"^  (?:-\w, )?(--[a-z-]+)(.*)((?:\n {10,}.*)*)", said, re.MULTILINE)
    assert options
    for option, first, more in options:
        words = re.sub(r"\[[^]]*]|\b[A-Z]{2,}\b|--[a-z-]+|[/,]", "", first + more).strip()
        assert words, f"{' '.join(command)} {option} says nothing"


def test_the_commands_are_those_promised(run: Run) -> None:
    said = run("--help").stdout
    commands = "run core gateway import enrol revoke devices schema doctor"
    for command in commands.split():
        assert re.search(rf"^  {command}  +\w", said, re.MULTILINE)


def test_without_a_command_there_is_help(run: Run) -> None:
    assert "Usage:" in run(exits=ExitCode.USAGE).output


def test_a_command_that_does_not_exist_is_said(run: Run) -> None:
    assert "No such command 'enroll'" in run("enroll", exits=ExitCode.USAGE).output


# --- what is wrong with the surroundings --------------------------------------------------------

ASKING = [
    ("devices",),
    ("enrol", "ana", "--role", "app"),
    ("enrol", "--all"),
    ("revoke", "ana", "--reason", "lost"),
]


def test_a_gateway_on_another_host_asks_for_its_code(run: Run, tmp_path: Path) -> None:
    elsewhere = {"CUADRANTE_GATEWAY_CORE_URL": "wss://alerts.example/v1"}
    said = run("gateway", "--data-dir", str(tmp_path), exits=ExitCode.USAGE, **elsewhere).stderr
    assert "--role gateway" in said
    assert "--code" in said


@pytest.mark.parametrize("command", [*ASKING, ("run",), ("core",), ("gateway",), ("doctor",)])
def test_bad_settings_are_named(command: tuple[str, ...], run: Run) -> None:
    said = run(*command, exits=ExitCode.CONFIGURATION, CUADRANTE_PORT="many").stderr
    assert said.startswith("cuadrante: port: ")
    said = run(*command, "--config", "none.toml", exits=ExitCode.CONFIGURATION).stderr
    assert said == "cuadrante: there is no settings file none.toml\n"


@pytest.mark.parametrize("command", ASKING)
def test_a_database_that_is_away_is_one_sentence(command: tuple[str, ...], run: Run) -> None:
    away = "postgresql://me:hunter2@127.0.0.1:1/none"
    said = run(*command, exits=ExitCode.DATABASE, CUADRANTE_DSN=away).output
    assert "cuadrante: PostgreSQL: unreachable" in said
    assert "doctor" in said
    assert "hunter2" not in said


@pytest.mark.parametrize("command", ASKING)
def test_a_dsn_that_is_none_is_one_sentence(command: tuple[str, ...], run: Run) -> None:
    said = run(*command, exits=ExitCode.FAILED, CUADRANTE_DSN="nonsense://hunter2").stderr
    assert "DSN" in said
    assert "hunter2" not in said


def test_a_data_directory_that_is_a_file_is_said(run: Run, tmp_path: Path) -> None:
    (tmp_path / "var").touch()
    said = run("devices", exits=ExitCode.DATABASE).stderr
    assert "not a directory" in said
    assert "Traceback" not in said


def test_clear_text_beyond_loopback_is_refused(run: Run) -> None:
    said = run("run", "--host", "192.0.2.1", exits=ExitCode.CONFIGURATION).stderr
    assert "--allow-plain" in said


def core(dsn: str, *arguments: str) -> tuple[int, str]:
    """Run the core as a process of its own, to an end that it finds by itself."""
    done = subprocess.run(
        [sys.executable, program.PROGRAM, "core", *arguments],
        env={**os.environ, "CUADRANTE_DSN": dsn},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr


def test_a_core_without_a_database_says_so() -> None:
    code, said = core("postgresql://me:hunter2@127.0.0.1:1/none")
    assert (code, "cuadrante: PostgreSQL: unreachable" in said) == (ExitCode.DATABASE, True)
    assert "hunter2" not in said


def test_a_core_whose_port_is_taken_says_so(dsn: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, said = core(dsn, "--port", str(taken.getsockname()[1]))
    assert code == ExitCode.CONFIGURATION
    assert "cuadrante: cannot listen on 127.0.0.1" in said


# --- import -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["quadrants", "registry"])
def test_a_file_that_is_not_there_is_said(kind: str, run: Run) -> None:
    options = FIELDS if kind == "quadrants" else ()
    said = run("import", kind, "none.json", *options, exits=ExitCode.USAGE).stderr
    assert "'none.json' does not exist" in said


@pytest.mark.parametrize("content", ["", "{", "[]", '{"type":"FeatureCollection"}', "\xff"])
@pytest.mark.parametrize("kind", ["quadrants", "registry"])
def test_a_file_of_something_else_is_said(
    kind: str, content: str, ask: Run, tmp_path: Path
) -> None:
    path = tmp_path / "file.json"
    path.write_text(content, encoding="latin-1")
    options = FIELDS if kind == "quadrants" else ()
    said = ask("import", kind, str(path), *options, exits=ExitCode.FAILED).stderr
    assert said.startswith("cuadrante: ")
    assert "file.json" in said


def test_a_field_that_is_not_there_is_said(ask: Run, tmp_path: Path) -> None:
    path = quadrants_file(tmp_path / "q.geojson", "Q-1")
    wrong = ("--edition", "e-1", "--code-field", "KODE", "--name-field", "NAME")
    assert "KODE" in ask("import", "quadrants", str(path), *wrong, exits=ExitCode.FAILED).stderr


def test_quadrants_are_reported_then_imported_then_known(ask: Run, tmp_path: Path) -> None:
    path = quadrants_file(tmp_path / "q.geojson", "Q-1", "Q-2")
    dry = json.loads(ask("import", "quadrants", str(path), *FIELDS, "--dry-run", "--json").stdout)
    assert dry.keys() == {"file", "import"}
    done = json.loads(ask("import", "quadrants", str(path), *FIELDS, "--json").stdout)
    assert done["import"].keys() == dry["import"].keys()
    assert done["file"] == dry["file"]
    said = ask("import", "quadrants", str(path), *FIELDS).stdout
    assert "e-1" in said
    changed = quadrants_file(tmp_path / "other.geojson", "Q-1", "Q-3")
    said = ask("import", "quadrants", str(changed), *FIELDS, exits=ExitCode.FAILED).stderr
    assert "e-1" in said


def test_a_registry_is_imported_whole_or_not_at_all(ask: Run, tmp_path: Path) -> None:
    path = tmp_path / "registry.json"
    ana = {"device_id": "ana", "role": "app", "name": "Ana"}
    path.write_text(json.dumps({"devices": [ana, {**ana, "device_id": "b", "front_id": "f-9"}]}))
    assert "f-9" in ask("import", "registry", str(path), exits=ExitCode.FAILED).stderr
    assert json.loads(ask("devices", "--json").stdout) == []
    path.write_text(json.dumps({"devices": [ana]}))
    assert json.loads(ask("import", "registry", str(path), "--json").stdout)["devices"] == {
        "items": 1,
        "changed": 1,
    }
    assert "devices: 1, 0 new or changed" in ask("import", "registry", str(path)).stdout


# --- devices ------------------------------------------------------------------------------------


def test_a_device_is_enrolled_listed_and_revoked(ask: Run) -> None:
    assert "no devices yet" in ask("devices").stdout
    patrol = ("p-7", "--role", "patrol", "--name", "Patrulla 7", "--quadrant", "Q-1")
    device_id, code = ask("enrol", *patrol).stdout.split()
    assert device_id == "p-7"
    assert CODE.fullmatch(code)
    (row,) = json.loads(ask("devices", "--json").stdout)
    assert row["device_id"] == "p-7"
    assert (row["role"], row["quadrant"], row["enrolment"]) == ("patrol", "Q-1", "code_issued")
    assert ask("revoke", "p-7", "--reason", "lost").stdout == "p-7 revoked\n"
    (row,) = json.loads(ask("devices", "--role", "patrol", "--json").stdout)
    assert (row["enrolment"], row["revoked_reason"]) == ("revoked", "lost")
    assert "revoked" in ask("enrol", *patrol, exits=ExitCode.FAILED).stderr
    assert CODE.search(ask("enrol", *patrol, "--reinstate").stdout)
    assert json.loads(ask("devices", "--role", "app", "--json").stdout) == []


def test_the_maintenance_list_names_what_never_came(ask: Run) -> None:
    assert "nothing to list" in ask("kit").stdout
    ask("enrol", "sirena-1", "--role", "siren", "--name", "Sirena [1]")
    ask("enrol", "ana", "--role", "app")
    listed = ask("kit").stdout
    assert "Sirena [1]" in listed
    assert "never" in listed
    (row,) = json.loads(ask("kit", "--json").stdout)
    assert (row["device_id"], row["last_seen_at"], row["troubles"]) == ("sirena-1", None, [])
    assert json.loads(ask("kit", "--trouble", "--json").stdout) == []
    assert json.loads(ask("kit", "--front", "f-1", "--json").stdout) == []


def test_troubles_are_listed(ask: Run) -> None:
    assert "no troubles" in ask("troubles", "--open").stdout
    assert json.loads(ask("troubles", "--json").stdout) == []


def test_a_known_device_needs_its_id_alone_for_another_code(ask: Run) -> None:
    first = ask("enrol", "ana", "--role", "app", "--at", "4.65,-74.10", "--address", "Calle 1")
    second = ask("enrol", "ana")
    assert CODE.search(first.stdout) != CODE.search(second.stdout)
    (row,) = json.loads(ask("devices", "--json").stdout)
    assert row["name"] == "ana"


def test_names_are_shown_as_they_are(ask: Run) -> None:
    ask("enrol", "ana", "--role", "app", "--name", "Casa [/b] [red]Pérez")
    assert "Casa [/b] [red]Pérez" in ask("devices").stdout


def test_how_a_device_is_wired_is_taken_in_and_never_shown(ask: Run, tmp_path: Path) -> None:
    file = tmp_path / "wiring.json"
    camera = {"protocol": "camera", "url": "http://192.0.2.8/snap.jpg", "password": "hunter2"}
    file.write_text(json.dumps(camera))
    ask("enrol", "g", "--role", "gateway")
    behind = ("--gateway", "g", "--heartbeat-s", "600", "--wiring", str(file))
    said = ask("enrol", "c", "--role", "camera", *behind)
    listed = ask("devices"), ask("devices", "--json")
    (row,) = json.loads(ask("devices", "--role", "camera", "--json").stdout)
    assert (row["gateway_id"], row["heartbeat_s"], row["is_wired"]) == ("g", 600, True)
    assert not any("hunter2" in each.output for each in (said, *listed))
    assert (tmp_path / "var" / "secret").stat().st_mode & 0o777 == 0o600
    wrong = ask("enrol", "s", "--role", "siren", *behind, exits=ExitCode.FAILED)
    assert "`camera` is for a camera" in wrong.stderr
    file.write_text(json.dumps(camera | {"url": 7}))
    wrong = ask("enrol", "c", "--role", "camera", *behind, exits=ExitCode.FAILED)
    assert "$.url" in wrong.stderr
    assert "hunter2" not in wrong.stderr


def test_wiring_needs_a_secret_that_is_one(ask: Run, tmp_path: Path) -> None:
    file = tmp_path / "registry.json"
    file.write_text("{}")
    ask("import", "registry", str(file))
    (tmp_path / "var" / "secret").chmod(0o644)
    said = ask("import", "registry", str(file), exits=ExitCode.CONFIGURATION).stderr
    assert "chmod 600" in said


def test_codes_for_all_are_written_for_their_owner_alone(ask: Run, tmp_path: Path) -> None:
    for device_id in ("ana", "beto"):
        ask("enrol", device_id, "--role", "app")
    path = tmp_path / "codes.json"
    path.write_text("{}")
    path.chmod(0o644)
    assert ask("enrol", "--all", "--json", str(path)).stdout == f"2 codes written to {path}\n"
    assert path.stat().st_mode & 0o777 == 0o600
    codes = json.loads(path.read_text())
    assert codes.keys() == {"ana", "beto"}
    assert all(CODE.fullmatch(code) for code in codes.values())
    assert json.loads(ask("enrol", "--all", "--json", "-").stdout).keys() == {"ana", "beto"}


@pytest.mark.parametrize(
    ("arguments", "exits", "words"),
    [
        ((), ExitCode.USAGE, "--all"),
        (("ana", "--all"), ExitCode.USAGE, "--all"),
        (("--all", "--name", "x"), ExitCode.USAGE, "--role"),
        (("ana", "--name", "Ana"), ExitCode.USAGE, "--role"),
        (("ana", "--reinstate"), ExitCode.USAGE, "--role"),
        (("ana", "--heartbeat-s", "60"), ExitCode.USAGE, "--role"),
        (("ana", "--role", "app", "--heartbeat-s", "1"), ExitCode.USAGE, "equal to 5"),
        (("ana", "--role", "king"), ExitCode.USAGE, "'king' is not one of"),
        (("ana", "--role", "app", "--at", "here"), ExitCode.USAGE, "LAT,LON"),
        (("ana", "--role", "app", "--at", "4.6"), ExitCode.USAGE, "LAT,LON"),
        (("ana", "--role", "app", "--address", "Calle 1"), ExitCode.USAGE, "--at"),
        (("ana", "--role", "app", "--at", "95,0"), ExitCode.FAILED, "latitude"),
        (("ana", "--role", "app", "--at", "0,nan"), ExitCode.FAILED, "longitude"),
        (("ana",), ExitCode.FAILED, "--role"),
        (("an a", "--role", "app"), ExitCode.FAILED, "letters"),
        (("ana", "--role", "patrol"), ExitCode.FAILED, "patrols have a quadrant"),
        (("ana", "--role", "app", "--quadrant", "Q"), ExitCode.FAILED, "patrols have a quadrant"),
        (("ana", "--role", "app", "--front", "f"), ExitCode.FAILED, "known front"),
        (("ana", "--role", "app", "--person", "p"), ExitCode.FAILED, "known person"),
        (("ana", "--role", "app", "--gateway", "g"), ExitCode.FAILED, "known gateway"),
        (("ana", "--role", "app", "--json", "no/x.json"), ExitCode.USAGE, "no directory"),
        (("ana", "--role", "app", "--json", "."), ExitCode.FAILED, "cannot write"),
    ],
)
def test_what_cannot_be_enrolled_is_said(
    arguments: tuple[str, ...], exits: int, words: str, ask: Run
) -> None:
    said = ask("enrol", *arguments, exits=exits).stderr
    assert words in said
    assert "Traceback" not in said


def test_who_is_not_there_cannot_be_revoked(ask: Run) -> None:
    said = ask("revoke", "nobody", "--reason", "lost", exits=ExitCode.FAILED).stderr
    assert "there is no device nobody; see `server.py devices`" in said
    assert "--reason" in ask("revoke", "nobody", exits=ExitCode.USAGE).stderr


# --- schema and doctor --------------------------------------------------------------------------


def test_the_schema_is_printed_written_and_checked(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert json.loads(run("schema").stdout)["asyncapi"].startswith("3.")
    run("schema", "--check")  # the published one
    monkeypatch.setattr(program, "SCHEMA_FILE", tmp_path / "asyncapi.json")
    said = run("schema", "--check", exits=ExitCode.FAILED).stderr
    assert "schema --write" in said
    run("schema", "--write")
    run("schema", "--check")
    (tmp_path / "asyncapi.json").write_text("{}")
    run("schema", "--check", exits=ExitCode.FAILED)


def test_doctor_says_what_to_do_and_fails(run: Run, tmp_path: Path) -> None:
    free = {"CUADRANTE_CONNECTIONS_MAX": "16", "CUADRANTE_CONSOLE_PORT": "0"}
    sound = run("doctor", "--port", "0", **free).stdout
    assert re.search(r"^ok +python: 3\.1", sound, re.MULTILINE)
    (tmp_path / "var").touch()
    failed = run("doctor", "--port", "0", "--host", "192.0.2.1", exits=ExitCode.CONFIGURATION)
    assert re.search(r"^failed +tls: ", failed.stdout, re.MULTILINE)
    assert re.search(r"^ +→ set tls_certificate", failed.stdout, re.MULTILINE)
    assert re.search(r"^failed +data directory: ", failed.stdout, re.MULTILINE)
    assert "of the checks failed" in failed.stderr


# --- accounts -------------------------------------------------------------------------------------

PASSWORD = "correct horse battery"
ADD = ("account", "add", "ana", "--name", "Ana Díaz", "--role", "operator")


def test_an_account_is_made_changed_listed_and_revoked(ask: Run) -> None:
    said = ask(*ADD, "--totp", stdin=f"{PASSWORD}\n").output
    assert "otpauth://totp/Cuadrante:ana?" in said
    assert PASSWORD not in said
    again = ask(*ADD, exits=ExitCode.FAILED, stdin=f"{PASSWORD}\n")
    assert "account passwd" in again.output
    assert "another password" in ask("account", "passwd", "ana", stdin=f"{PASSWORD} 2\n").output
    (listed,) = json.loads(ask("account", "list", "--json").stdout)
    assert (listed["account_id"], listed["role"], listed["has_totp"]) == ("ana", "operator", True)
    assert "$argon2" not in str(listed)
    assert "Ana Díaz" in ask("account", "list").stdout
    ask("account", "revoke", "ana", "--reason", "se fue")
    gone = ask("account", "passwd", "ana", exits=ExitCode.FAILED, stdin=f"{PASSWORD}\n")
    assert "account list" in gone.output


def test_what_is_no_password_and_who_is_not_there_is_said(ask: Run) -> None:
    short = ask(*ADD, exits=ExitCode.USAGE, stdin="short\n")
    assert "at least 12 characters" in short.output
    nobody = ask("account", "revoke", "luis", "--reason", "x", exits=ExitCode.FAILED)
    assert "luis" in nobody.output
    assert "account add" in ask("account", "list").output
