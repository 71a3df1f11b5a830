"""Devices: registered, given codes, withdrawn, taken back, listed."""

import json
from pathlib import Path

import pytest

from dispatch.supervise.exit_codes import ExitCode
from tests.commands.running import CODE, Run


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


def test_a_revoked_device_is_taken_back_with_a_fresh_code(ask: Run) -> None:
    first = CODE.search(ask("enrol", "ana", "--role", "app").stdout)
    ask("revoke", "ana", "--reason", "lost")
    taken_back = ask("reinstate", "ana").stdout
    fresh = CODE.search(taken_back)
    assert fresh
    assert first
    assert fresh.group() != first.group()
    (row,) = json.loads(ask("devices", "--json").stdout)
    assert (row["enrolment"], row["revoked_reason"]) == ("code_issued", None)
    again = ask("reinstate", "ana", exits=ExitCode.FAILED).stderr
    assert "ana is not revoked" in again
    assert "no device luis" in ask("reinstate", "luis", exits=ExitCode.FAILED).stderr
