"""The processes that the command line starts, and what keeps one from starting."""

import os
import socket
import subprocess
import sys
from pathlib import Path

from dispatch.commands.options import PROGRAM
from dispatch.supervise.exit_codes import ExitCode
from tests.commands.running import Run
from tests.patience import PATIENCE_S


def test_a_gateway_on_another_host_asks_for_its_code(run: Run, tmp_path: Path) -> None:
    elsewhere = {"CUADRANTE_GATEWAY_CORE_URL": "wss://alerts.example/v1"}
    said = run("gateway", "--data-dir", str(tmp_path), exits=ExitCode.USAGE, **elsewhere).stderr
    assert "--role gateway" in said
    assert "--code" in said


def test_clear_text_beyond_loopback_is_refused(run: Run) -> None:
    said = run("run", "--host", "192.0.2.1", exits=ExitCode.CONFIGURATION).stderr
    assert "--allow-plain" in said


def core(dsn: str, *arguments: str) -> tuple[int, str]:
    """Run the core as a process of its own, to an end that it finds by itself."""
    done = subprocess.run(
        [sys.executable, PROGRAM, "core", *arguments],
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
