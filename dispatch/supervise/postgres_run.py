"""Prepare an embedded PostgreSQL and become it: `python -m dispatch.supervise.postgres_run DIR`.

Works as root (it turns into an ordinary account first) and as any user. The process becomes the
server itself in the foreground; nothing is daemonised.
"""

import fcntl
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import NoReturn

from dispatch.supervise.account import AccountError, become_account
from dispatch.supervise.exit_codes import ExitCode
from dispatch.supervise.leash import die_with
from dispatch.supervise.postgres_layout import (
    POSTGRES_MAJOR,
    SUPERUSER,
    Layout,
    PostgresMissingError,
    layout_of,
    programs_dir,
)
from dispatch.supervise.ready import forgo_ready

# The former server's last processes may still be on their way out.
LOCK_WAIT_S = 2.0
LOCK_POLL_S = 0.05
INITDB_DEADLINE_S = 120.0

SETTINGS = {
    "listen_addresses": "",  # no TCP at all
    "unix_socket_permissions": "0700",
    "shared_buffers": "64MB",
    "max_connections": "50",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}

# Code-point order from PostgreSQL itself: the same on every machine, and no operating system
# upgrade can silently break the order of an index.
INITDB_OPTIONS = (
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--data-checksums",
    # Whoever reaches the socket is trusted; its directory lets in the owner (and root) alone.
    "--auth-local=trust",
    "--auth-host=reject",
    f"--username={SUPERUSER}",
)


class RefusalError(Exception):
    """The server cannot be started; the message says what to do."""

    def __init__(self, message: str, exit_code: ExitCode = ExitCode.CONFIGURATION) -> None:
        """Keep the exit code that tells the supervisor whether to try again."""
        super().__init__(message)
        self.exit_code = exit_code


def main(arguments: list[str]) -> int:
    """Become the server of the data directory given; return only when that is impossible."""
    try:
        _become_server(layout_of(Path(arguments[0])))
    except RefusalError as refusal:
        print(f"PostgreSQL: {refusal}", file=sys.stderr)  # noqa: T201
        return refusal.exit_code
    except (AccountError, PostgresMissingError) as error:
        print(f"PostgreSQL: {error}", file=sys.stderr)  # noqa: T201
        return ExitCode.CONFIGURATION
    except OSError as error:
        print(f"PostgreSQL: cannot prepare {arguments[0]}: {error}", file=sys.stderr)  # noqa: T201
        return ExitCode.DATABASE


def _become_server(layout: Layout) -> NoReturn:
    programs = programs_dir()
    parent_pid = os.getppid()
    _refuse_foreign(layout)
    if os.geteuid() == 0:
        become_account(layout.home, [programs])
        die_with(parent_pid)  # the change of account has undone the leash's
    _own_privately(layout.home)
    _own_privately(layout.socket_dir)
    os.chdir(layout.home)
    lock = _lock(layout)
    if not layout.cluster.exists():
        _create_cluster(layout, programs)
    check_version(layout)
    _forget_stale_notes(layout)
    os.set_inheritable(lock, True)
    forgo_ready()
    settings = [word for key, value in SETTINGS.items() for word in ("-c", f"{key}={value}")]
    server = str(programs / "postgres")
    paths = ["-D", str(layout.cluster), "-k", str(layout.socket_dir)]
    os.execv(server, [server, *paths, *settings])  # noqa: S606


def check_version(layout: Layout) -> None:
    """Raise `RefusalError` unless the cluster is of the version of the programs."""
    try:
        found = (layout.cluster / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        found = "unknown"
    if found != str(POSTGRES_MAJOR):
        raise RefusalError(
            f"the data in {layout.cluster} is of version {found}, the programs are of version "
            f"{POSTGRES_MAJOR}. Move it away to start afresh, or bring it over with the old "
            "version's pg_dump (or pg_upgrade)."
        )


def _refuse_foreign(layout: Layout) -> None:
    """Never take over a directory that holds something else: it would change owner and mode."""
    try:
        names = os.listdir(layout.home)
    except (FileNotFoundError, PermissionError):  # new, or another's: that is said later
        return
    except NotADirectoryError:
        raise RefusalError(f"{layout.home} is not a directory: choose another one") from None
    if names and layout.lock.name not in names:
        raise RefusalError(
            f"{layout.home} holds other things ({min(names)}, …): name a new or an empty "
            "directory for the data"
        )


def _own_privately(directory: Path) -> None:
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = directory.lstat()
    if status.st_uid != os.geteuid():
        raise RefusalError(
            f"{directory} belongs to user {status.st_uid}, this runs as user {os.geteuid()}: "
            "start it as that user (or as root), or choose another data directory"
        )
    directory.chmod(0o700)


def _lock(layout: Layout) -> int:
    """Take the lock that every process of the server inherits, so it outlives a killed parent."""
    lock = os.open(layout.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    refuse_at_s = time.monotonic() + LOCK_WAIT_S
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return lock
        except BlockingIOError:
            if time.monotonic() >= refuse_at_s:
                pid = _noted_pid(layout.postmaster_pid) or "unknown"
                raise RefusalError(
                    f"another PostgreSQL (process {pid}) already serves {layout.home}: "
                    "stop it, or choose another data directory",
                    ExitCode.DATABASE,
                ) from None
            time.sleep(LOCK_POLL_S)


def _create_cluster(layout: Layout, programs: Path) -> None:
    """Run `initdb` aside and rename, so a start that is cut short leaves nothing half made."""
    shutil.rmtree(layout.unfinished, ignore_errors=True)
    command = [str(programs / "initdb"), "-D", str(layout.unfinished), *INITDB_OPTIONS]
    done = subprocess.run(  # noqa: S603
        command, check=False, capture_output=True, text=True, timeout=INITDB_DEADLINE_S
    )
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip()
        raise RefusalError(f"initdb could not make {layout.cluster}:\n{said}", ExitCode.DATABASE)
    layout.unfinished.rename(layout.cluster)


def _forget_stale_notes(layout: Layout) -> None:
    """Remove what a killed server noted, where its process id still, or again, means something.

    PostgreSQL sees that a process of the same user has the id and refuses to start. In a
    container that may be for good: ids recur at every start, and a first process that buries
    nobody leaves the killed server as a zombie. Other stale notes PostgreSQL handles itself.
    """
    for note in (layout.postmaster_pid, layout.socket_note):
        pid = _noted_pid(note)
        if pid is not None and _is_no_server(pid):
            note.unlink()


def _is_no_server(pid: int) -> bool:
    """Whether `pid` exists but is no running PostgreSQL (Linux; elsewhere unknown, so false)."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()  # empty for a zombie
    except FileNotFoundError:
        return False
    return Path(os.fsdecode(command.partition(b"\0")[0])).name != "postgres"


def _noted_pid(note: Path) -> int | None:
    try:
        return int(note.read_text().splitlines()[0])
    except (FileNotFoundError, IndexError, ValueError):
        return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
