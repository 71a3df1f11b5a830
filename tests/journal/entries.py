"""A log in memory, and entries as the dispatcher's facts make them."""

import threading
from bisect import bisect_right
from collections.abc import Iterable
from operator import itemgetter
from typing import Any

import msgspec

from dispatch.core.entry import MESSAGE, Entry
from dispatch.core.kit_view import DeviceView
from dispatch.core.message_view import MessageRecord
from dispatch.journal.tables import Numbered
from protocol import messages
from protocol.codec import encode
from protocol.vocabulary import (
    AlertState,
    FoundBy,
    Kind,
    Outcome,
    Reach,
    Role,
    Step,
    TroubleKind,
    Urgency,
)

RECEIVED_AT_MS = 1_700_000_000_000
FIRST_SHOWN = messages.Alert(
    alert_id="",
    version=1,
    state=AlertState.DISPATCHED,
    kind=Kind.PANIC,
    urgency=Urgency.NORMAL,
    quadrant=messages.QuadrantView("Q-01", "Cuadrante 1", "Centro", "Manga", "123"),
    edition="2024",
    place=messages.PlaceView(
        10.41, -75.53, 12.5, 3.0, "Calle 26", FoundBy.INSIDE, 80.0, border_exact=True, runner_up=""
    ),
    sender=messages.SenderView("app-ana", Role.APP, "Ana Díaz", "300", 0, doubtful=False),
    front=messages.FrontView("f-manga", "Frente Manga", "Manga", "Ana Díaz", "300", 1, 4, 2),
    reports=(),
    signals_total=1,
    told=messages.Told(
        Reach.ON_DUTY, (), (), control_room=False, supervisors=False, delivered_to=0
    ),
    owner=None,
    escalation=messages.Escalation(Step.NONE, 0, None),
    cancel_requested_at_ms=None,
    outcome=None,
    note="",
    stages=messages.Stages(received_at_ms=RECEIVED_AT_MS, sent_at_ms=RECEIVED_AT_MS + 1),
    late=(),
)
CLOSED = {
    "state": AlertState.CLOSED,
    "outcome": Outcome.REAL,
    "note": "Se atendió",
    "stages": messages.Stages(received_at_ms=RECEIVED_AT_MS, closed_at_ms=RECEIVED_AT_MS + 9_000),
}


def alert_id(number: int) -> str:
    return f"01932f7a-5c00-7abc-8def-{number:012x}"


def view(alert: int, version: int, **fields: Any) -> bytes:
    """The frame of an alert as it is first sent to its patrols, but for `fields`."""
    shown = msgspec.structs.replace(
        FIRST_SHOWN, alert_id=alert_id(alert), version=version, **fields
    )
    return encode(shown)


def entry(alert: int, version: int, kind: str = "signal", **fields: Any) -> Entry:
    """A fact of an alert, and what the alert shows after it."""
    told: dict[str, Any] = {
        "at_ms": RECEIVED_AT_MS,
        "device_id": "app-ana",
        "view": view(alert, version),
    }
    return Entry(kind, alert_id=alert_id(alert), version=version, **(told | fields))


def device_entry(
    device_id: str,
    kind: str = "seen",
    *,
    troubles: tuple[messages.Trouble, ...] = (),
    is_open: bool = True,
    **fields: Any,
) -> Entry:
    """What the dispatcher says of a device of the kit."""
    view = DeviceView(**fields, troubles=troubles)
    return Entry(
        kind,
        RECEIVED_AT_MS,
        "",
        device_id,
        is_open=is_open,
        state=b"s",
        view=msgspec.json.encode(view),
    )


def message_entry(
    number: int,
    kind: str = "messaged",
    *,
    about: str | None = None,
    sent_to: int = 0,
    shown_by: int = 0,
) -> Entry:
    """What the dispatcher says of a message to a front."""
    shown = MessageRecord(
        message_id=alert_id(number),
        front_id="f-manga",
        alert_id=about,
        sender_id="sala-1",
        by="Sala 1",
        body="Cierren puertas",
        sent_at_ms=RECEIVED_AT_MS,
        until_ms=RECEIVED_AT_MS + 4 * 3_600_000,
        members=3,
        sent_to=sent_to,
        shown_by=shown_by,
    )
    return Entry(
        kind,
        RECEIVED_AT_MS,
        "",
        "sala-1",
        MESSAGE + alert_id(number),
        is_open=kind != "message_ended",
        state=b"s",
        view=msgspec.json.encode(shown),
    )


def trouble(trouble_id: str, device_id: str, closed_at_ms: int | None = None) -> messages.Trouble:
    """A trouble as the control room is told it."""
    return messages.Trouble(
        trouble_id=trouble_id,
        kind=TroubleKind.MISSING,
        device_id=device_id,
        device="Botón",
        role=Role.BUTTON,
        front_id="f-manga",
        front="Frente Manga",
        opened_at_ms=RECEIVED_AT_MS,
        closed_at_ms=closed_at_ms,
        last_seen_ms=RECEIVED_AT_MS - 180_000,
        battery_percent=15,
        text=messages.Text("no", "no"),
    )


class MemoryLog:
    """A log as the drain sees it."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self.entries: list[Numbered] = list(enumerate(entries, 1))
        self.drained_seq = 0
        self._marked = threading.Condition()

    @property
    def stored_seq(self) -> int:
        return self.entries[-1][0] if self.entries else 0

    def append(self, entry: Entry, *, skipping: int = 0) -> int:
        """Add an entry; a salvaged log skips numbers. Returns its number."""
        self.entries.append((self.stored_seq + 1 + skipping, entry))
        return self.stored_seq

    def read_after(self, seq: int, limit: int) -> list[Numbered]:
        first = bisect_right(self.entries, seq, key=itemgetter(0))
        return self.entries[first : first + limit]

    def drained(self, seq: int) -> None:
        with self._marked:
            self.drained_seq = max(self.drained_seq, seq)
            self._marked.notify_all()

    def wait_marked(self, seq: int, deadline_s: float) -> None:
        """Block until `drained` was told so far."""
        with self._marked:
            assert self._marked.wait_for(lambda: self.drained_seq >= seq, deadline_s)
