"""Recorded pictures are shown with paths that hold now."""

import time
from urllib.parse import parse_qs, urlsplit

from dispatch.console.records.pictures_shown import with_fresh_paths
from dispatch.core.picture_paths import path_fault
from tests.console.samples import KEY, PICTURE


def test_the_path_is_sealed_anew_and_the_rest_is_as_it_was() -> None:
    view = {"note": "x", "pictures": [{"picture_id": PICTURE, "camera": "1", "path": "old"}]}
    shown = with_fresh_paths(view, KEY)
    (picture,) = shown["pictures"]
    query = parse_qs(urlsplit(picture["path"]).query)
    until_s, (seal,) = int(query["until"][0]), query["seal"]
    assert path_fault(PICTURE, until_s, seal, KEY, time.time()) is None
    assert picture["camera"] == "1"
    assert shown["note"] == "x"
    assert view["pictures"][0]["path"] == "old"
    assert with_fresh_paths({}, KEY) == {"pictures": []}
