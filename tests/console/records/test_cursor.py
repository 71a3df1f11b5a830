"""A cursor leads to the place it was made of, and no other word leads anywhere."""

from contextlib import suppress
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.console.errors import Declined
from dispatch.console.records.cursor import cursor_of, place_of
from dispatch.store.alert_records import Place

TIMES = st.datetimes(
    min_value=datetime(1970, 1, 1), max_value=datetime(9999, 12, 31), timezones=st.just(UTC)
)


@given(TIMES, st.uuids())
def test_there_and_back(received_at: datetime, alert_id: UUID) -> None:
    place = Place(received_at, str(alert_id))
    assert place_of(cursor_of(place)) == place


@given(st.one_of(st.text(max_size=64), st.binary(max_size=48).map(lambda b: b.hex())))
def test_anything_else_is_declined_or_is_a_place(word: str) -> None:
    with suppress(Declined):
        place = place_of(word)
        assert place_of(cursor_of(place)) == place


@pytest.mark.parametrize("word", ["", "A", "AAAA", "_" * 32, "ñ"])
def test_what_is_no_place_is_named(word: str) -> None:
    with pytest.raises(Declined) as declined:
        place_of(word)
    assert declined.value.field == "cursor"
