"""What was said to fronts, and how far it got, for whoever asks later."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from dispatch.store.pool import Pool, connected

_MESSAGES: Final = """
    SELECT message_id::text, front_id, alert_id::text, sender_id, view ->> 'by' AS by, body,
           sent_at, until, members, sent_to, shown_by
    FROM messages
    WHERE ($1::text IS NULL OR front_id = $1) AND ($2::uuid IS NULL OR alert_id = $2)
    ORDER BY sent_at DESC, message_id
    LIMIT $3
"""


@dataclass(frozen=True, slots=True)
class MessageRow:
    """One message to a front."""

    message_id: str
    front_id: str
    alert_id: str | None
    sender_id: str
    by: str
    """The name of whoever said it, as it was then."""
    body: str
    sent_at: datetime
    until: datetime
    members: int
    """Devices of the front that could show it."""
    sent_to: int
    shown_by: int


async def messages(
    pool: Pool, *, limit: int, front_id: str | None = None, alert_id: str | None = None
) -> list[MessageRow]:
    """List messages, newest first: of all fronts or one, about anything or one alert.

    Raises `StoreUnavailable`.
    """
    async with connected(pool) as connection:
        rows = await connection.fetch(_MESSAGES, front_id, alert_id, limit)
    return [MessageRow(**dict(row)) for row in rows]
