"""Where the next page of a list begins, as a word that clients pass back unread.

It names the last thing of a page, not its number: what arrives meanwhile shifts nothing, so that
no alert is shown twice and none is passed over.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from dispatch.console.errors import bad_field
from dispatch.store.alert_records import Place

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_TIME_BYTES: Final = 8
_BYTES: Final = _TIME_BYTES + 16


def cursor_of(place: Place) -> str:
    """Return the word for a place."""
    at_us = (place.received_at - _EPOCH) // _MICROSECOND
    return urlsafe_b64encode(at_us.to_bytes(_TIME_BYTES) + UUID(place.alert_id).bytes).decode()


def place_of(cursor: str) -> Place:
    """Return the place that a word is for. Raises `Declined`."""
    try:
        said = urlsafe_b64decode(cursor.encode("ascii"))
        if len(said) != _BYTES:
            raise ValueError("of another length")
        at_us = int.from_bytes(said[:_TIME_BYTES])
        return Place(_EPOCH + at_us * _MICROSECOND, str(UUID(bytes=said[_TIME_BYTES:])))
    except (ValueError, OverflowError):
        raise bad_field(
            "cursor",
            "«cursor» no es de esta lista: empiece sin él.",
            "“cursor” is none of this list's: begin without it.",
        ) from None
