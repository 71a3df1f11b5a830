"""The published protocol is checked, and an installation examined."""

import json
import re
from pathlib import Path

import pytest

from dispatch.commands import checks
from dispatch.supervise.exit_codes import ExitCode
from tests.commands.running import Run


def test_the_schema_is_printed_written_and_checked(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert json.loads(run("schema").stdout)["asyncapi"].startswith("3.")
    run("schema", "--check")  # the published one
    monkeypatch.setattr(checks, "SCHEMA_FILE", tmp_path / "asyncapi.json")
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
