"""What entries become in PostgreSQL, where people query them.

Every function works inside the transaction of its caller.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias
from uuid import UUID

import msgspec

from dispatch.core.entry import MESSAGE, Entry
from dispatch.core.facts import Fact, FactKind
from dispatch.store.pool import Connection
from dispatch.store.record import is_recorded, record

Numbered: TypeAlias = tuple[int, Entry]
"""An entry and its number in its journal."""

_REFUSALS: Final = frozenset({FactKind.DENIED, FactKind.REFUSED})
"""What was asked in vain is on its own record, `denials`: nothing happened to the alert."""
_KINDS: Final = frozenset(FactKind)

_LOCK_MARK = "SELECT drained_seq, drained_at_ms FROM journals WHERE journal_id = $1 FOR UPDATE"
_NEW_MARK = "INSERT INTO journals (journal_id) VALUES ($1) ON CONFLICT DO NOTHING"
_MOVE_MARK = "UPDATE journals SET drained_seq = $2, drained_at_ms = $3 WHERE journal_id = $1"

_ALERTS = """
    INSERT INTO alerts AS a (alert_id, version, person_id, view)
    SELECT n.alert_id, n.version, d.person_id, n.view
    FROM unnest($1::uuid[], $2::integer[], $3::jsonb[]) AS n (alert_id, version, view)
    LEFT JOIN devices AS d ON d.device_id = n.view #>> '{sender,device_id}'
    ON CONFLICT (alert_id) DO UPDATE
    SET version = excluded.version, view = excluded.view,
        person_id = coalesce(a.person_id, excluded.person_id)
    WHERE excluded.version >= a.version
       OR (excluded.view #>> '{stages,received_at_ms}')::bigint
          > (a.view #>> '{stages,received_at_ms}')::bigint
"""
# Equal, because a delivery alters what an alert shows and makes no new version. Received later: a
# press that was retried when its closed alert was long forgotten raised it anew, from version 1.

_EVENTS = """
    WITH happened AS (
        INSERT INTO alert_events (journal_id, seq, alert_id, at, kind, reason, device_id,
                                  person_id, took_ms, version)
        SELECT $1, seq, alert_id, to_timestamp(at_ms / 1000.0), kind, reason, device_id,
               person_id, took_ms, nullif(version, 0)
        FROM unnest($2::bigint[], $3::uuid[], $4::bigint[], $5::text[], $6::text[], $7::text[],
                    $8::text[], $9::bigint[], $10::integer[])
             AS n (seq, alert_id, at_ms, kind, reason, device_id, person_id, took_ms, version)
        ON CONFLICT DO NOTHING
        RETURNING alert_id, device_id, kind, at
    )
    INSERT INTO deliveries AS d (alert_id, device_id, delivered_at, accepted_at, arrived_at)
    SELECT alert_id, device_id,
           min(at) FILTER (WHERE kind = 'delivered'),
           min(at) FILTER (WHERE kind = 'accepted'),
           min(at) FILTER (WHERE kind = 'arrived')
    FROM happened
    WHERE kind IN ('delivered', 'accepted', 'arrived') AND device_id IS NOT NULL
    GROUP BY alert_id, device_id
    ON CONFLICT (alert_id, device_id) DO UPDATE
    SET delivered_at = least(d.delivered_at, excluded.delivered_at),
        accepted_at = least(d.accepted_at, excluded.accepted_at),
        arrived_at = least(d.arrived_at, excluded.arrived_at)
"""

_KIT = """
    INSERT INTO kit (device_id, last_seen_at, battery_percent, tested_at, test_due_at)
    SELECT device_id, wall_clock(view ->> 'last_seen_ms'), (view ->> 'battery_percent')::smallint,
           wall_clock(view ->> 'tested_ms'), wall_clock(view ->> 'test_due_ms')
    FROM unnest($1::text[], $2::jsonb[]) AS n (device_id, view)
    ON CONFLICT (device_id) DO UPDATE
    SET last_seen_at = excluded.last_seen_at, battery_percent = excluded.battery_percent,
        tested_at = excluded.tested_at, test_due_at = excluded.test_due_at
"""
_NOT_WATCHED = "DELETE FROM kit WHERE device_id = ANY($1::text[])"

# The newest state of each: one trouble may be in many lines of the same batch.
_TROUBLES = """
    INSERT INTO troubles (trouble_id, view)
    SELECT DISTINCT ON (trouble_id) trouble_id, trouble
    FROM unnest($1::bigint[], $2::jsonb[]) AS n (seq, view)
    CROSS JOIN LATERAL jsonb_array_elements(view -> 'troubles') AS t (trouble)
    CROSS JOIN LATERAL (SELECT trouble ->> 'trouble_id') AS i (trouble_id)
    ORDER BY trouble_id, seq DESC
    ON CONFLICT (trouble_id) DO UPDATE SET view = excluded.view
"""
# The line that said so may be lost with a disk: whatever the newest does not name has ended.
_ENDED = """
    UPDATE troubles AS t
    SET view = jsonb_set(t.view, '{closed_at_ms}', to_jsonb(n.at_ms))
    FROM unnest($1::text[], $2::bigint[], $3::jsonb[]) AS n (device_id, at_ms, view)
    WHERE t.device_id = n.device_id AND t.closed_at IS NULL
      AND NOT coalesce(n.view -> 'troubles', '[]')
              @> jsonb_build_array(jsonb_build_object('trouble_id', t.trouble_id))
"""

_MESSAGES = """
    INSERT INTO messages (message_id, view)
    SELECT message_id, view FROM unnest($1::uuid[], $2::jsonb[]) AS n (message_id, view)
    ON CONFLICT (message_id) DO UPDATE SET view = excluded.view
"""

_REFUSED = """
    INSERT INTO journal_refused (journal_id, seq, reason, entry) VALUES ($1, $2, $3, $4)
    ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Mark:
    """The last entry of a journal that is in the tables, and when that happened."""

    seq: int
    at_ms: int


async def lock_mark(connection: Connection, journal_id: UUID) -> Mark:
    """Return how far this journal is drained. Nobody else moves that until the transaction ends."""
    row = await connection.fetchrow(_LOCK_MARK, journal_id)
    if row is None:
        await connection.execute(_NEW_MARK, journal_id)
        row = await connection.fetchrow(_LOCK_MARK, journal_id)
    assert row is not None, "it was inserted just now"  # noqa: S101
    return Mark(*row)


async def write(connection: Connection, journal_id: UUID, entries: Sequence[Numbered]) -> None:
    """Write entries that follow the mark, and move the mark behind them.

    An entry about no alert that has no table of its own is let go: it was logged when it happened.
    """
    messages = [entry for _, entry in entries if _is_of_message(entry)]
    if messages:
        await _write_messages(connection, messages)
    of_the_rest = [(seq, entry) for seq, entry in entries if not _is_of_message(entry)]
    if shown := _newest_shown(entry for _, entry in of_the_rest):
        await connection.execute(
            _ALERTS,
            [entry.alert_id for entry in shown],
            [entry.version for entry in shown],
            [entry.view.decode() for entry in shown if entry.view is not None],
        )
    happened = [(seq, e) for seq, e in of_the_rest if e.alert_id and e.kind not in _REFUSALS]
    if happened:
        await connection.execute(
            _EVENTS,
            journal_id,
            [seq for seq, _ in happened],
            [entry.alert_id for _, entry in happened],
            [entry.at_ms for _, entry in happened],
            [entry.kind for _, entry in happened],
            [entry.reason for _, entry in happened],
            [entry.device_id for _, entry in happened],
            [entry.person_id for _, entry in happened],
            [entry.took_ms for _, entry in happened],
            [entry.version for _, entry in happened],
        )
    if of_kit := [(seq, e) for seq, e in entries if not e.alert_id and e.device_id and e.view]:
        await _write_kit(connection, of_kit)
    if facts := [fact for _, entry in entries if (fact := _fact(entry)) and is_recorded(fact)]:
        await record(connection, facts)
    await _move_mark(connection, journal_id, entries[-1])


async def put_aside(
    connection: Connection, journal_id: UUID, numbered: Numbered, reason: str
) -> None:
    """Keep an entry that the tables refuse, whole and with the reason, and move the mark behind it.

    As bytes, because no column's type can refuse those.
    """
    seq, entry = numbered
    await connection.execute(_REFUSED, journal_id, seq, reason, msgspec.json.encode(entry))
    await _move_mark(connection, journal_id, numbered)


async def _write_messages(connection: Connection, entries: Sequence[Entry]) -> None:
    """Write what entries say of messages to fronts, of each its newest."""
    newest = {(entry.alert_id or "").removeprefix(MESSAGE): entry for entry in entries}
    await connection.execute(_MESSAGES, list(newest), [_json(entry) for entry in newest.values()])


def _is_of_message(entry: Entry) -> bool:
    return entry.alert_id is not None and entry.alert_id.startswith(MESSAGE)


async def _write_kit(connection: Connection, entries: Sequence[Numbered]) -> None:
    """Write what entries say of devices, of each its newest."""
    newest = {entry.device_id: entry for _, entry in entries}
    watched = {name: entry for name, entry in newest.items() if entry.is_open}
    await connection.execute(_KIT, list(watched), [_json(entry) for entry in watched.values()])
    if len(watched) < len(newest):
        await connection.execute(_NOT_WATCHED, list(newest.keys() - watched.keys()))
    await connection.execute(
        _TROUBLES, [seq for seq, _ in entries], [_json(entry) for _, entry in entries]
    )
    await connection.execute(
        _ENDED,
        list(newest),
        [entry.at_ms for entry in newest.values()],
        [_json(entry) for entry in newest.values()],
    )


def _json(entry: Entry) -> str:
    return (entry.view or b"null").decode()


async def _move_mark(connection: Connection, journal_id: UUID, last: Numbered) -> None:
    seq, entry = last
    await connection.execute(_MOVE_MARK, journal_id, seq, entry.at_ms)


def _newest_shown(entries: Iterable[Entry]) -> list[Entry]:
    """For each alert the entry with its highest version, the last of those."""
    newest: dict[str, Entry] = {}
    for entry in entries:
        if entry.alert_id is None or entry.view is None:
            continue
        known = newest.get(entry.alert_id)
        if known is None or entry.version >= known.version:
            newest[entry.alert_id] = entry
    return list(newest.values())


def _fact(entry: Entry) -> Fact | None:
    if entry.kind not in _KINDS:  # of a newer version
        return None
    return Fact(
        FactKind(entry.kind),
        entry.at_ms,
        entry.reason,
        entry.device_id,
        entry.alert_id,
        entry.person_id,
        entry.took_ms,
    )
