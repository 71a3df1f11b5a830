"""For the person on call: what is in a log, whether it is sound, and all of it as text.

Nothing here changes a file: it may be run beside a core that writes, and on a damaged file. Reads
are short, so that the WAL of a running core can start anew; only the structure check of `verify`
holds it for as long as it takes (about a second per GiB on a fast disk).
"""

import base64
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import msgspec

from dispatch.journal.disk import Reserve, look
from dispatch.journal.faults import OlderFormat
from dispatch.journal.files import current_file, generations
from dispatch.journal.lines import COLUMNS, Line, is_sound
from dispatch.journal.salvage import SEQ_MAX, readable_lines
from dispatch.journal.schema import FORMAT, open_reader, read_head

FINDINGS_MAX: Final = 1_000
_NAMES: Final = tuple(COLUMNS.split(", "))


class Check(StrEnum):
    """What `verify` looks at."""

    STRUCTURE = "structure"
    UNREADABLE = "unreadable"
    CHECKSUM = "checksum"
    GAP = "gap"
    """Numbers that are missing though nothing drained them and no failure explains them."""
    STATE = "state"
    """A state that is not msgpack."""
    VERSION = "version"
    """An alert whose version went backwards."""
    NEWEST = "newest"
    """The table of newest entries disagrees with the log."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, and where."""

    check: Check
    detail: str
    seq: int | None = None

    def line(self) -> str:
        """Return it as a line of text."""
        at = "" if self.seq is None else f" at {self.seq}"
        return f"{self.check}{at}: {self.detail}"


@dataclass(frozen=True, slots=True)
class Summary:
    """What is in a log."""

    path: str
    log_id: str
    lines: int
    first_seq: int | None
    last_seq: int
    first_at_ms: int | None
    last_at_ms: int | None
    open_alerts: int
    closed_alerts: int
    devices: int
    drained_seq: int
    undrained: int
    file_bytes: int
    wal_bytes: int
    disk: Reserve
    unconfirmed: list[tuple[int, int, str, int]]
    about: dict[str, str] = field(default_factory=dict)
    older_files: list[str] = field(default_factory=list)
    """Damaged ones, left for whoever looks into them; they may be removed after that."""

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return asdict(self)

    def lines_of_text(self) -> list[str]:
        """Return it for a terminal."""
        disk = f"{self.disk.used_share:.0%} used, {_mib(self.disk.free_bytes)} free"
        span = f"{_when(self.first_at_ms)} to {_when(self.last_at_ms)}"
        rows = [
            ("file", f"{self.path} ({_mib(self.file_bytes)}, WAL {_mib(self.wal_bytes)})"),
            ("log id", self.log_id),
            ("lines", f"{self.lines}, {self.first_seq or '-'} to {self.last_seq}, {span}"),
            ("alerts", f"{self.open_alerts} open, {self.closed_alerts} closed and kept"),
            ("devices", f"{self.devices} of the kit"),
            ("drained", f"to {self.drained_seq}; {self.undrained} lines wait for PostgreSQL"),
            ("disk", f"{self.disk.level}: {disk}"),
            *(
                ("unsure", f"{first} to {last}: {reason}, {_when(at_ms)}")
                for first, last, reason, at_ms in self.unconfirmed
            ),
            *(("damaged", name) for name in self.older_files),
        ]
        return [f"{name:<10} {value}" for name, value in rows]


def inspect(path: Path) -> Summary:
    """Summarise the log at `path`. Raises FileNotFoundError, `OlderFormat`, sqlite3.Error."""
    file = _existing(path)
    with closing(open_reader(file)) as log:
        _refuse_older(log)
        head = read_head(log)
        count, first_seq = log.execute("SELECT count(*), min(seq) FROM log").fetchone()
        (last_seq,) = log.execute("SELECT max(seq) FROM log").fetchone()
        (undrained,) = log.execute(
            "SELECT count(*) FROM log WHERE seq > ?", (head.drained_seq,)
        ).fetchone()
        alerts = dict(
            log.execute(
                "SELECT is_open, count(*) FROM newest WHERE subject NOT LIKE '%/%' GROUP BY is_open"
            )
        )
        (devices,) = log.execute(
            "SELECT count(*) FROM newest WHERE is_open AND subject LIKE 'device/%'"
        ).fetchone()
        times = dict(
            log.execute("SELECT seq, at_ms FROM log WHERE seq IN (?, ?)", (first_seq, last_seq))
        )
        unconfirmed = log.execute("SELECT * FROM unconfirmed ORDER BY first_seq").fetchall()
        about = dict(log.execute("SELECT name, value FROM about"))
    wal = file.with_name(file.name + "-wal")
    return Summary(
        path=str(file),
        log_id=head.log_id,
        lines=count,
        first_seq=first_seq,
        last_seq=head.last_seq,
        first_at_ms=times.get(first_seq),
        last_at_ms=times.get(last_seq),
        open_alerts=alerts.get(1, 0),
        closed_alerts=alerts.get(0, 0),
        devices=devices,
        drained_seq=head.drained_seq,
        undrained=undrained,
        file_bytes=file.stat().st_size,
        wal_bytes=wal.stat().st_size if wal.exists() else 0,
        disk=look(file.parent),
        unconfirmed=unconfirmed,
        about=about,
        older_files=[other.name for other in generations(path) if other != file],
    )


def verify(path: Path) -> list[Finding]:
    """Check all of the log at `path`; nothing found is an empty list, and the list is bounded.

    Raises FileNotFoundError, `OlderFormat`; what else is wrong with the file is what it returns.
    """
    findings: list[Finding] = []
    with closing(open_reader(_existing(path))) as log:
        with suppress(sqlite3.DatabaseError):  # the checks say what is wrong with it
            _refuse_older(log)
        for check in (_check_structure, _check_lines, _check_newest):
            try:
                for finding in check(log):
                    if len(findings) >= FINDINGS_MAX:
                        return findings
                    findings.append(finding)
            except sqlite3.DatabaseError as error:
                findings.append(Finding(Check.UNREADABLE, str(error)))
    return findings


def export(path: Path, out: Path) -> int:
    """Write every sound line of the log as a line of JSON to a new file; return how many.

    It holds personal data: only its owner may read it. Raises FileExistsError, OSError,
    sqlite3.Error.
    """
    written = 0
    out_fd = os.open(out, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with closing(open_reader(_existing(path))) as log, open(out_fd, "wb") as file:
        for line in readable_lines(log, SEQ_MAX, []):
            file.write(msgspec.json.encode(_exported(line)) + b"\n")
            written += 1
    return written


def _exported(line: Line) -> dict[str, Any]:
    row = dict(zip(_NAMES[:-1], line[:-1], strict=True))
    state, view = row.pop("state"), row.pop("view")
    row["is_open"] = bool(row["is_open"])
    row["at"] = _when(row["at_ms"])
    row["state"] = _decoded(state, msgspec.msgpack.decode)
    row["view"] = _decoded(view, msgspec.json.decode)
    return row


def _decoded(data: bytes | None, decode: Any) -> Any:
    if data is None:
        return None
    try:
        decoded = decode(data)
        msgspec.json.encode(decoded)  # msgpack may hold what JSON cannot
    except (msgspec.DecodeError, TypeError, ValueError):
        return {"base64": base64.b64encode(data).decode()}
    return decoded


def _check_structure(log: sqlite3.Connection) -> Iterator[Finding]:
    for (message,) in log.execute("PRAGMA integrity_check(100)"):
        if message != "ok":
            yield Finding(Check.STRUCTURE, message)


def _check_lines(log: sqlite3.Connection) -> Iterator[Finding]:
    head = read_head(log)
    explained = log.execute("SELECT first_seq, last_seq FROM unconfirmed").fetchall()
    versions: dict[str, int] = {}
    before = head.drained_seq
    lost: list[tuple[int, int]] = []
    for line in readable_lines(log, head.last_seq, lost, sound_only=False):
        seq = line[0]
        if seq > head.drained_seq:
            if seq > before + 1 and not _is_explained(before + 1, seq - 1, explained):
                yield Finding(Check.GAP, f"{before + 1} to {seq - 1} are missing", seq)
            before = seq
        if not is_sound(line):
            yield Finding(Check.CHECKSUM, "the line is not what was written", seq)
            continue
        yield from _check_line(dict(zip(_NAMES, line, strict=True)), versions)
    for first, last in lost:
        yield Finding(Check.UNREADABLE, f"{first} to {last} cannot be read", first)


def _check_line(row: dict[str, Any], versions: dict[str, int]) -> Iterator[Finding]:
    seq, alert_id, state = row["seq"], row["alert_id"], row["state"]
    if state is None:
        return
    try:
        msgspec.msgpack.decode(state)
    except (msgspec.DecodeError, ValueError) as error:
        yield Finding(Check.STATE, f"{alert_id or row['device_id']}: {error}", seq)
    if alert_id is not None:
        version = row["version"]
        if version < versions.get(alert_id, version):
            yield Finding(
                Check.VERSION, f"alert {alert_id}: {version} after {versions[alert_id]}", seq
            )
        versions[alert_id] = version


def _check_newest(log: sqlite3.Connection) -> Iterator[Finding]:
    pointing = log.execute(
        "SELECT newest.subject, newest.seq FROM newest LEFT JOIN log USING (seq) "
        "WHERE log.subject IS NOT newest.subject OR log.state IS NULL "
        "OR log.is_open IS NOT newest.is_open"
    )
    for subject, seq in pointing:
        yield Finding(Check.NEWEST, f"{subject}: its newest line is not there", seq)
    pointed = log.execute(
        "SELECT last.subject, coalesce(newest.seq, last.seq) FROM (SELECT subject, max(seq) AS "
        "seq FROM log WHERE state IS NOT NULL AND subject IS NOT NULL GROUP BY subject) AS last "
        "LEFT JOIN newest USING (subject) WHERE newest.seq IS NULL OR newest.seq < last.seq"
    )
    for subject, seq in pointed:
        yield Finding(Check.NEWEST, f"{subject}: a newer line is there", seq)


def _is_explained(first: int, last: int, explained: list[tuple[int, int]]) -> bool:
    at = first
    for begin, end in sorted(explained):
        if begin <= at <= end:
            at = end + 1
    return at > last


def _existing(path: Path) -> Path:
    file = current_file(path)
    if not file.exists():
        raise FileNotFoundError(f"there is no journal at {path}")
    return file


def _refuse_older(log: sqlite3.Connection) -> None:
    version = log.execute("PRAGMA user_version").fetchone()[0]
    if 0 < version < FORMAT:
        raise OlderFormat(
            f"the journal has format {version}: start the server once, which brings it up to date"
        )


def _when(at_ms: int | None) -> str:
    if at_ms is None:
        return "-"
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds")


def _mib(size: int) -> str:
    return f"{size / 2**20:,.1f} MiB"
