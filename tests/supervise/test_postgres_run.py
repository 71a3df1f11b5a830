"""Starting the server by its own command: what it takes on and what it refuses."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dispatch.supervise.exit_codes import ExitCode
from dispatch.supervise.postgres import embedded_postgres
from dispatch.supervise.postgres_layout import EmbeddedPostgresError, layout_of, programs_dir

from .conftest import PATIENCE_S, SOURCE_ROOT

NOBODY = 65534


def ask(dsn: str, statement: str) -> str:
    psql = [str(programs_dir() / "psql"), dsn, "-XqAt", "-c", statement]
    done = subprocess.run(psql, capture_output=True, text=True, timeout=PATIENCE_S, check=True)
    return done.stdout.strip()


def run_refused(data_dir: Path) -> tuple[int, str]:
    command = [sys.executable, "-m", "dispatch.supervise.postgres_run", str(data_dir)]
    done = subprocess.run(
        command, cwd=SOURCE_ROOT, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    return done.returncode, done.stderr


def disown(home: Path) -> None:
    """Let what root has laid out belong to an account that PostgreSQL can run under."""
    if os.geteuid() == 0:
        for path in (home, *home.rglob("*")):
            os.chown(path, NOBODY, NOBODY)


def test_it_is_durable_private_and_without_tcp(used_data_dir: Path) -> None:
    with embedded_postgres(used_data_dir) as dsn:
        settings = {
            "fsync": "on",
            "full_page_writes": "on",
            "synchronous_commit": "on",
            "data_checksums": "on",
            "listen_addresses": "",
            "shared_buffers": "64MB",
            "max_connections": "50",
            "server_encoding": "UTF8",
        }
        assert {name: ask(dsn, f"SHOW {name}") for name in settings} == settings
        provider = "SELECT datlocprovider, datlocale FROM pg_database WHERE datname = 'cuadrante'"
        assert ask(dsn, provider) == "b|C.UTF-8"
        layout = layout_of(used_data_dir)
        socket = layout.socket_dir / ".s.PGSQL.5432"
        assert layout.socket_dir.stat().st_mode & 0o777 == 0o700
        assert socket.stat().st_mode & 0o777 == 0o700


def test_a_second_server_on_the_same_data_is_refused(used_data_dir: Path) -> None:
    with embedded_postgres(used_data_dir) as dsn:
        pid = layout_of(used_data_dir).postmaster_pid.read_text().split()[0]
        returncode, said = run_refused(used_data_dir)
        assert returncode == ExitCode.DATABASE
        assert (
            f"another PostgreSQL (process {pid}) already serves {used_data_dir.resolve()}" in said
        )
        assert ask(dsn, "SELECT 1") == "1"


def test_data_of_another_version_is_refused(data_dir: Path) -> None:
    layout = layout_of(data_dir)
    layout.cluster.mkdir(parents=True)
    layout.lock.touch()
    (layout.cluster / "PG_VERSION").write_text("15\n")
    disown(layout.home)
    returncode, said = run_refused(data_dir)
    assert returncode == ExitCode.CONFIGURATION
    assert "is of version 15, the programs are of version 18. Move it away" in said


def test_a_directory_with_other_things_is_left_alone(data_dir: Path) -> None:
    data_dir.mkdir(mode=0o755)
    (data_dir / "thesis.odt").touch()
    before = data_dir.stat()
    returncode, said = run_refused(data_dir)
    assert returncode == ExitCode.CONFIGURATION
    assert "holds other things (thesis.odt, …): name a new or an empty directory" in said
    after = data_dir.stat()
    assert (after.st_uid, after.st_mode) == (before.st_uid, before.st_mode)


def test_a_file_in_place_of_the_directory_is_refused(data_dir: Path) -> None:
    data_dir.touch()
    assert run_refused(data_dir)[0] == ExitCode.CONFIGURATION


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make another user's directory")
def test_a_socket_directory_taken_by_someone_else_is_refused(data_dir: Path) -> None:
    long = data_dir / ("x" * 100)
    layout = layout_of(long)
    layout.socket_dir.mkdir()
    try:
        os.chown(layout.socket_dir, 65533, 65533)
        returncode, said = run_refused(long)
    finally:
        layout.socket_dir.rmdir()
    assert returncode == ExitCode.CONFIGURATION
    assert f"{layout.socket_dir} belongs to user 65533" in said


def test_an_initdb_that_was_cut_short_is_done_again(data_dir: Path) -> None:
    layout = layout_of(data_dir)
    layout.unfinished.mkdir(parents=True)
    layout.lock.touch()
    (layout.unfinished / "PG_VERSION").write_text("18\n")
    disown(layout.home)
    with embedded_postgres(data_dir) as dsn:
        assert ask(dsn, "SELECT 1") == "1"
    assert not layout.unfinished.exists()


def test_stale_notes_whose_process_id_lives_on_as_something_else(used_data_dir: Path) -> None:
    layout = layout_of(used_data_dir)
    with embedded_postgres(used_data_dir):
        notes = {each: each.read_text() for each in (layout.postmaster_pid, layout.socket_note)}
    owner = layout.home.stat()
    as_owner = {"user": owner.st_uid, "group": owner.st_gid} if os.geteuid() == 0 else {}
    with subprocess.Popen(["sleep", "3600"], **as_owner) as other:
        for note, text in notes.items():
            note.write_text("\n".join([str(other.pid), *text.splitlines()[1:], ""]))
            os.chown(note, owner.st_uid, owner.st_gid)
        try:
            with embedded_postgres(used_data_dir) as dsn:
                assert ask(dsn, "SELECT 1") == "1"
        finally:
            other.kill()


def test_what_it_refuses_for_reaches_the_caller_of_the_block(data_dir: Path) -> None:
    data_dir.mkdir()
    (data_dir / "thesis.odt").touch()
    with (
        pytest.raises(EmbeddedPostgresError, match=r"(?s)configuration.*holds other things"),
        embedded_postgres(data_dir),
    ):
        pass
