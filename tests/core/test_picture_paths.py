"""A path shows one picture for a while, and only the server can write it."""

from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.core.picture_paths import PICTURES, PathFault, path_fault, picture_path

KEY = bytes(range(32))
PICTURE = "01932f7a-5c00-7abc-8def-0123456789ab"
OTHER = "01932f7a-5c00-7abc-8def-0123456789ac"
UNTIL_S = 1_800_000_000


def seal_of(path: str) -> str:
    return parse_qs(urlsplit(path).query)["seal"][0]


@given(until_s=st.integers(0, 10**11), early_s=st.integers(0, 10**6), key=st.binary(min_size=32))
def test_a_path_is_good_until_its_time_is_over(until_s: int, early_s: int, key: bytes) -> None:
    path = picture_path(PICTURE, until_s, key)

    parts = urlsplit(path)
    assert parts.path == f"{PICTURES}/{PICTURE}.jpg"
    assert parse_qs(parts.query)["until"] == [str(until_s)]
    assert path_fault(PICTURE, until_s, seal_of(path), key, until_s - early_s) is None
    assert path_fault(PICTURE, until_s, seal_of(path), key, until_s + 1) is PathFault.UNTIL


@pytest.mark.parametrize(
    ("picture_id", "until_s", "key"),
    [(OTHER, UNTIL_S, KEY), (PICTURE, UNTIL_S + 1, KEY), (PICTURE, UNTIL_S, KEY[::-1])],
)
def test_a_seal_holds_for_nothing_else(picture_id: str, until_s: int, key: bytes) -> None:
    seal = seal_of(picture_path(PICTURE, UNTIL_S, KEY))

    assert path_fault(picture_id, until_s, seal, key, 0) is PathFault.SEAL


@given(seal=st.text())
def test_a_seal_that_is_made_up_is_refused(seal: str) -> None:
    assert path_fault(PICTURE, UNTIL_S, seal, KEY, 0) is PathFault.SEAL


def test_a_path_is_short_for_an_alert_holds_eight() -> None:
    assert len(picture_path(PICTURE, 9_999_999_999, KEY)) <= 98
