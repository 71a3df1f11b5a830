import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from dispatch.journal.faults import OlderFormat
from dispatch.journal.inspect import Check, export, inspect, verify
from tests.journal.samples import NOW_MS, Owner, entry, overwrite


@pytest.fixture
def log(path: Path) -> Path:
    with Owner(path) as owner:
        owner.log.put("boot_id", "b")
        owner.store(*[entry(f"a{number % 5}", number) for number in range(1, 21)])
        owner.store(entry("a0", 21, is_open=False), entry(None, 22))
        owner.log.drained(4)
    return path


def old_file(path: Path) -> None:
    """A log as the first release left it."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("ALTER TABLE newest RENAME COLUMN subject TO alert_id")
        connection.execute("ALTER TABLE log DROP COLUMN subject")
        connection.execute("PRAGMA user_version = 1")


def spoil(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)


def checks(path: Path) -> list[tuple[Check, int | None]]:
    return [(finding.check, finding.seq) for finding in verify(path)]


def test_a_summary(log: Path):
    summary = inspect(log)
    assert (summary.lines, summary.first_seq, summary.last_seq) == (22, 1, 22)
    assert (summary.first_at_ms, summary.last_at_ms) == (NOW_MS + 1, NOW_MS + 22)
    assert (summary.open_alerts, summary.closed_alerts) == (4, 1)
    assert (summary.drained_seq, summary.undrained) == (4, 18)
    assert summary.file_bytes == log.stat().st_size
    assert summary.about["boot_id"] == "b"
    assert summary.older_files == []
    msgspec.json.encode(summary.as_dict())
    text = "\n".join(summary.lines_of_text())
    assert "4 open, 1 closed" in text
    assert "18 lines wait" in text


def test_an_empty_log(path: Path):
    with Owner(path):
        pass
    assert inspect(path).lines == 0
    assert "lines      0" in "\n".join(inspect(path).lines_of_text())
    assert verify(path) == []


def test_devices_of_the_kit_and_messages_are_counted_apart(path: Path):
    with Owner(path) as owner:
        state = msgspec.msgpack.encode({})
        for name in ("wall", "panel", "wall"):
            owner.store(entry(None, device_id=name, state=state))
        owner.store(entry(None, device_id="gone", state=state, is_open=False))
        owner.store(entry("message/a", state=state))
        owner.store(entry("a"))
    summary = inspect(path)
    assert (summary.open_alerts, summary.closed_alerts, summary.devices) == (1, 0, 2)
    assert verify(path) == []


def test_a_file_of_an_earlier_format_is_brought_up_by_its_writer_alone(log: Path):
    before = inspect(log)
    old_file(log)
    for look in (inspect, verify):
        with pytest.raises(OlderFormat, match="start the server once"):
            look(log)
    with Owner(log) as owner:
        assert [each.alert_id for each in owner.log.newest_states()] == ["a1", "a2", "a3", "a4"]
        owner.store(entry(None, device_id="wall", state=b"\x80"))
    assert (inspect(log).open_alerts, inspect(log).devices) == (before.open_alerts, 1)
    assert verify(log) == []


def test_no_log(path: Path):
    for look in (inspect, verify):
        with pytest.raises(FileNotFoundError, match="no journal"):
            look(path)


def test_beside_a_writer_and_without_a_trace(path: Path):
    with Owner(path) as owner:
        owner.store(entry())
        assert inspect(path).lines == 1
        assert verify(path) == []
        owner.store(entry(version=2))
        assert inspect(path).lines == 2


def test_a_sound_log_has_no_findings(log: Path):
    assert verify(log) == []


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE log SET at_ms = 1 WHERE seq = 7", [(Check.CHECKSUM, 7)]),
        ("DELETE FROM log WHERE seq IN (2, 7, 8)", [(Check.GAP, 9)]),
        ("UPDATE newest SET seq = 3 WHERE subject = 'a1'", [(Check.NEWEST, 3)] * 2),
        ("UPDATE newest SET seq = 1 WHERE subject = 'a1'", [(Check.NEWEST, 1)]),
        ("DELETE FROM newest WHERE subject = 'a1'", [(Check.NEWEST, 16)]),
        ("UPDATE newest SET is_open = 1", [(Check.NEWEST, 21)]),
    ],
)
def test_what_is_wrong_is_found(log: Path, statement: str, found: list[tuple[Check, int]]):
    spoil(log, statement)
    assert checks(log) == found
    assert all(finding.line() for finding in verify(log))


def test_a_gap_that_a_failure_explains_is_none(log: Path):
    spoil(log, "DELETE FROM log WHERE seq IN (7, 8, 9)")
    spoil(log, "INSERT INTO unconfirmed VALUES (7, 7, 'disk_full', 0), (8, 9, 'disk_full', 0)")
    assert checks(log) == []
    assert "disk_full" in "\n".join(inspect(log).lines_of_text())


def test_states_and_versions(path: Path):
    with Owner(path) as owner:
        owner.store(entry("a", 2), entry("a", 1), entry("b", 1, state=b"\xc1"))
    assert checks(path) == [(Check.VERSION, 2), (Check.STATE, 3)]


def test_spoilt_pages(log: Path):
    overwrite(log, log.stat().st_size - 4096, b"\xff" * 4096)
    found = {finding.check for finding in verify(log)}
    assert found & {Check.STRUCTURE, Check.UNREADABLE}


def test_a_file_that_is_no_database(path: Path):
    path.parent.mkdir()
    path.write_bytes(b"rubbish" * 1_000)
    assert checks(path)[0] == (Check.UNREADABLE, None)


def test_everything_as_text(log: Path, tmp_path: Path):
    out = tmp_path / "out.jsonl"
    assert export(log, out) == 22
    lines = [msgspec.json.decode(line) for line in out.read_bytes().splitlines()]
    assert [line["seq"] for line in lines] == list(range(1, 23))
    assert lines[0]["state"] == ["a1", 1]
    assert lines[0]["view"] == {"alert_id": "a1"}
    assert lines[0]["at"].startswith("2026-11-")
    assert lines[20]["is_open"] is False
    assert lines[21]["state"] is None
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    with pytest.raises(FileExistsError):
        export(log, out)


def test_what_cannot_be_decoded_is_exported_as_it_is(path: Path, tmp_path: Path):
    with Owner(path) as owner:
        owner.store(entry(state=b"\xc1", view=b"{"))
    out = tmp_path / "out.jsonl"
    export(path, out)
    line = msgspec.json.decode(out.read_bytes())
    assert line["state"] == {"base64": "wQ=="}
    assert line["view"] == {"base64": "ew=="}
