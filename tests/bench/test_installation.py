from pathlib import Path

import pytest

from bench.installation import Failed, account, prepare, running, settings
from dispatch.store.registry_copy import load_copy
from link.enrolment import load
from protocol.vocabulary import Role


def test_it_is_as_a_run_before_would_have_left_it(tmp_path: Path) -> None:
    prepared = settings(tmp_path)
    place = prepare(prepared, 3)
    copy = load_copy(prepared.registry_folder)
    assert copy is not None
    assert len(list(copy.things)) == 6
    assert copy.locator.locate(place.lat, place.lon).quadrant is not None
    assert load(prepared.gateway_credentials).role is Role.GATEWAY
    assert len({account(number) for number in range(15_000)}) == 15_000


def test_what_does_not_start_says_its_last_words(tmp_path: Path) -> None:
    prepared = settings(tmp_path)
    with pytest.raises(Failed, match="No such command"), running(prepared, "no-such-command"):
        pass
