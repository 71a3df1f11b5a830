"""The tables of the log, and how a file is opened, checked and left."""

import sqlite3
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import uuid4

from dispatch.journal.faults import Damaged, ForeignFile, NewerFormat
from dispatch.journal.files import create_private, sync_folder

FORMAT: Final = 2
APPLICATION_ID: Final = 0x43554144  # "CUAD"
PAGE_BYTES: Final = 4_096
WAL_BYTES_KEPT: Final = 16 * 2**20
"""A WAL that grew beyond this is cut back when it starts anew."""
BUSY_S: Final = 1.0
CHECK_BYTES_MAX: Final = 64 * 2**20
"""Larger files are not checked whole at every start: `verify` does it when asked to."""

_SUBJECT: Final = "coalesce(alert_id, 'device/' || device_id)"
"""What a line is about: its alert, or else its device (no id has a slash)."""

_TABLES: Final = (
    f"""CREATE TABLE log (
    seq INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    reason TEXT NOT NULL,
    device_id TEXT,
    alert_id TEXT,
    person_id TEXT,
    took_ms INTEGER,
    version INTEGER NOT NULL,
    is_open INTEGER NOT NULL,
    state BLOB,
    view BLOB,
    crc INTEGER NOT NULL,
    subject TEXT GENERATED ALWAYS AS ({_SUBJECT}) VIRTUAL
) STRICT""",
    """CREATE TABLE newest (
    subject TEXT PRIMARY KEY,
    seq INTEGER NOT NULL,
    is_open INTEGER NOT NULL,
    at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE unconfirmed (
    first_seq INTEGER PRIMARY KEY,
    last_seq INTEGER NOT NULL,
    reason TEXT NOT NULL,
    at_ms INTEGER NOT NULL
) STRICT""",
    """CREATE TABLE about (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID""",
)


@dataclass(slots=True)
class OpenFile:
    """A file that the writer has open.

    Closing the last connection would copy the WAL into the file, which must not happen to a
    damaged one; so a second connection, which cannot write, is closed after the writer's.
    """

    path: Path
    writer: sqlite3.Connection
    anchor: sqlite3.Connection

    def close(self) -> None:
        """Leave a sound file: the WAL is copied into it and removed."""
        self.anchor.close()
        self.writer.close()

    def abandon(self) -> None:
        """Leave a file that is not to be trusted as it is, its WAL beside it."""
        for connection in (self.writer, self.anchor):
            with suppress(sqlite3.Error):
                connection.close()


@dataclass(frozen=True, slots=True)
class Head:
    """How far a file has got."""

    log_id: str = ""
    """Names this log for good: with `seq` it names a line, even after a loss of the whole file."""
    last_seq: int = 0
    """No line has a higher number."""
    drained_seq: int = 0


def open_file(path: Path, max_bytes: int) -> OpenFile:
    """Open the log for its one writer, creating it where there is none.

    Raises `ForeignFile`, `NewerFormat`; sqlite3.Error and OSError as the disk has it.
    """
    create_private(path)
    writer = _connect(path, "rw")
    try:
        _recognise(writer, path)
        writer.execute("PRAGMA auto_vacuum = INCREMENTAL")  # heeded while the file is empty
        writer.execute("PRAGMA journal_mode = WAL")
        for pragma in (
            "synchronous = FULL",
            "wal_autocheckpoint = 0",  # it would run inside COMMIT, before anybody is told
            f"journal_size_limit = {WAL_BYTES_KEPT}",
            "secure_delete = FAST",  # Debian's default rewrites every page that is freed
            f"max_page_count = {max(max_bytes // PAGE_BYTES, 16)}",
        ):
            writer.execute(f"PRAGMA {pragma}")
        create_tables(writer)
        _upgrade(writer)
        sync_folder(path.parent)
        anchor = open_reader(path)
        anchor.execute("SELECT 1 FROM about").fetchone()
    except BaseException:
        writer.close()
        raise
    return OpenFile(path, writer, anchor)


def open_reader(path: Path) -> sqlite3.Connection:
    """Open a file for reading only: it neither changes it nor folds its WAL into it."""
    return _connect(path, "ro")


def create_tables(connection: sqlite3.Connection) -> None:
    """Create what an empty file lacks, in one transaction."""
    if connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
        return
    connection.execute("BEGIN IMMEDIATE")
    for table in _TABLES:
        connection.execute(table)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {FORMAT}")
    connection.execute("INSERT INTO about VALUES ('log_id', ?)", (uuid4().hex,))
    connection.execute("COMMIT")


def quick_check(file: OpenFile) -> None:
    """Raise `Damaged` for a file whose pages contradict each other; bounded by the file's size."""
    if file.path.stat().st_size <= CHECK_BYTES_MAX:
        finding = file.writer.execute("PRAGMA quick_check(1)").fetchone()[0]
        if finding != "ok":
            raise Damaged(finding)


def read_head(connection: sqlite3.Connection) -> Head:
    """Return how far a file has got."""
    about = dict(connection.execute("SELECT name, value FROM about"))
    last_seq, last_failed = connection.execute(
        "SELECT (SELECT max(seq) FROM log), (SELECT max(last_seq) FROM unconfirmed)"
    ).fetchone()
    drained_seq = int(about.get("drained_seq", 0))
    noted_seq = int(about.get("last_seq", 0))
    last_seq = max(last_seq or 0, last_failed or 0, noted_seq, drained_seq)
    return Head(about.get("log_id", ""), last_seq, drained_seq)


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=BUSY_S,
        isolation_level=None,
        check_same_thread=False,  # each connection has one owner, which may hand it to a thread
    )


def _upgrade(connection: sqlite3.Connection) -> None:
    """Bring a file of an earlier format up to this one, in one transaction."""
    if connection.execute("PRAGMA user_version").fetchone()[0] == FORMAT:
        return
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("ALTER TABLE newest RENAME COLUMN alert_id TO subject")
    connection.execute(
        f"ALTER TABLE log ADD COLUMN subject TEXT GENERATED ALWAYS AS ({_SUBJECT}) VIRTUAL"
    )
    connection.execute(f"PRAGMA user_version = {FORMAT}")
    connection.execute("COMMIT")


def _recognise(connection: sqlite3.Connection, path: Path) -> None:
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
    if not tables:
        return
    application_id = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if application_id != APPLICATION_ID and not {"log", "unconfirmed"} <= tables:
        raise ForeignFile(f"{path} is not a journal. Move it away, or name another journal.")
    if version > FORMAT:
        raise NewerFormat(
            f"{path} has format {version}; this release reads up to {FORMAT}. Run the newer "
            "release again, or move the file away once its alerts are closed and drained."
        )
