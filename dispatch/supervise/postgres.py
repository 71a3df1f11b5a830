"""Embedded PostgreSQL: as a child of the process tree, or for as long as a block lasts.

Whoever names the same data directory gets the same socket, so a command finds the server that
`server.py run` has started without any note being passed.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from signal import SIGINT
from typing import IO

from dispatch.supervise.child import LEASH_MARGIN_S, PROBE_EVERY_S, ChildSpec, leashed
from dispatch.supervise.exit_codes import ending_of
from dispatch.supervise.postgres_layout import (
    DATABASE,
    SUPERUSER,
    EmbeddedPostgresError,
    layout_of,
    programs_dir,
)

DATA_DIR = Path("var/postgres")
READY_DEADLINE_S = 60.0  # initdb on a slow disk, or recovery after a crash
DRAIN_DEADLINE_S = 15.0
PSQL_DEADLINE_S = 5.0
SOURCE_ROOT = Path(__file__).resolve().parents[2]

_STATUS_LINE = 7  # of postmaster.pid, see PostgreSQL's pidfile.h
_SQL_FAILED = 3  # psql's exit code for it
_CREATE_DATABASE = (
    f"SELECT 'CREATE DATABASE {DATABASE}'"  # noqa: S608 (a constant)
    f" WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '{DATABASE}') \\gexec\n"
)


def dsn(data_dir: Path = DATA_DIR) -> str:
    """The DSN of the embedded server of `data_dir`, running or not."""
    return layout_of(data_dir).dsn


def postgres_child(
    data_dir: Path = DATA_DIR,
    *,
    ready_deadline_s: float = READY_DEADLINE_S,
    drain_deadline_s: float = DRAIN_DEADLINE_S,
) -> ChildSpec:
    """The embedded server as a child of the tree: ready once its database can be used.

    It is stopped by SIGINT, PostgreSQL's fast shutdown: open transactions are rolled back, a
    checkpoint is written, no client is waited for.
    """
    home = layout_of(data_dir).home
    return ChildSpec(
        name="postgres",
        argv=(sys.executable, "-m", "dispatch.supervise.postgres_run", str(home)),
        cwd=SOURCE_ROOT,  # where `-m` finds this package, installed or not
        probe=lambda: answers(home),
        ready_deadline_s=ready_deadline_s,
        drain_deadline_s=drain_deadline_s,
        stop_signal=SIGINT,
    )


def answers(data_dir: Path) -> bool:
    """Whether the server of `data_dir` is up with its database, which is created if missing."""
    layout = layout_of(data_dir)
    try:
        status = layout.postmaster_pid.read_text().splitlines()[_STATUS_LINE].strip()
        # A stale note must not lead to whoever took the name of a short socket directory.
        same_owner = layout.socket_dir.stat().st_uid == layout.home.stat().st_uid
    except (OSError, IndexError):  # not started, still starting, or another user's
        return False
    return status == "ready" and same_owner and _ensure_database(layout.socket_dir)


def _ensure_database(socket_dir: Path) -> bool:
    psql = str(programs_dir() / "psql")
    try:
        done = subprocess.run(  # noqa: S603
            [psql, "-XqAt", "-v", "ON_ERROR_STOP=1", "-h", str(socket_dir), "-U", SUPERUSER],
            input=_CREATE_DATABASE,
            check=False,
            capture_output=True,
            text=True,
            timeout=PSQL_DEADLINE_S,
            env={**os.environ, "PGDATABASE": "postgres", "PGPORT": "5432"},
        )
    except subprocess.TimeoutExpired:
        return False
    if done.returncode == _SQL_FAILED:
        sys.stderr.write(done.stderr)
    return done.returncode == 0


@contextmanager
def embedded_postgres(data_dir: Path = DATA_DIR) -> Iterator[str]:
    """Yield a DSN to the server of `data_dir`; start it, and stop it after, unless it runs.

    For tests and one-shot commands; blocks, so not inside an event loop. A kill -9 of this
    process ends the server too. Raises `EmbeddedPostgresError`.
    """
    if answers(data_dir):
        yield dsn(data_dir)
        return
    spec = postgres_child(data_dir)
    child_end, lifeline = os.pipe()
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(  # noqa: S603
            leashed(spec, child_end),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            cwd=spec.cwd,
            pass_fds=(child_end,),
            start_new_session=True,
        )
        os.close(child_end)
        try:
            _await_answer(data_dir, process, said)
            yield dsn(data_dir)
        finally:
            os.close(lifeline)  # its end-of-file is the request to stop
            process.wait(spec.drain_deadline_s + LEASH_MARGIN_S)


def _await_answer(data_dir: Path, process: subprocess.Popen[bytes], said: IO[str]) -> None:
    give_up_at_s = time.monotonic() + READY_DEADLINE_S
    while not answers(data_dir):
        returncode = process.poll()
        if returncode is not None or time.monotonic() >= give_up_at_s:
            reason = f"not ready within {READY_DEADLINE_S:g} s"
            if returncode is not None:
                reason = ending_of(returncode).reason
            said.seek(0)
            raise EmbeddedPostgresError(f"no embedded PostgreSQL: {reason}\n{said.read().strip()}")
        time.sleep(PROBE_EVERY_S)
