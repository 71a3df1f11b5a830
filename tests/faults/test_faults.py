"""The short form of every fault that can be done in seconds; `python -m tests.faults` does all."""

import sys
from collections.abc import Iterator

import pytest

from tests.faults.audit import Kept, doubled_in, missing_in
from tests.faults.faults import FAULTS, QUICK
from tests.faults.ledger import percentile
from tests.faults.rig import Rig
from tests.faults.trial import SHORT, CannotTry, Row

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="signals, mounts and /proc")


@pytest.fixture(scope="module")
def rig() -> Iterator[Rig]:
    with Rig() as rig:
        yield rig


@pytest.mark.parametrize("fault", QUICK)
def test_nothing_acknowledged_is_lost_and_dispatch_goes_on(fault: str, rig: Rig) -> None:
    row = Row(fault)
    try:
        FAULTS[fault](row, rig, SHORT)
    except CannotTry as reason:
        pytest.skip(str(reason))
    assert not row.wrong
    assert row.acked > row.presses > 0
    assert (row.missing, row.duplicates) == (0, 0)


def test_what_is_missing_or_doubled_would_be_seen() -> None:
    kept = Kept({"a": frozenset({"a", "b"}), "c": frozenset({"c", "b"})}, {"a": 1, "c": 1})
    assert missing_in(kept, ["a", "b", "c"]) == []
    assert missing_in(kept, ["a", "d"]) == ["d"]
    assert doubled_in(kept) == ["b"]


def test_a_percentile_is_one_of_the_values() -> None:
    assert percentile([], 0.99) is None
    assert percentile([1.0], 0.99) == 1.0
    assert percentile([float(value) for value in range(100)], 0.99) == 99.0
