from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.calls import Calls, Traffic
from bench.city import plan_city
from bench.score import Verdict, histogram, judge, median, percentiles_ms, summary

CITY = plan_city(quadrants=4, senders=20)
MS = 1_000_000


def calls(senders: list[int], shown: list[tuple[int, int, int, int]], **changes: Any) -> Calls:
    """Press n is due at n ms and stored 5 ms later; `shown`: press, handheld, version, ms."""
    order = np.arange(len(senders), dtype=np.int64)
    rows = np.array(shown, dtype=np.int64).reshape(-1, 4).T
    parts: dict[str, Any] = {
        "numbers": order,
        "senders": np.array(senders, dtype=np.int64),
        "due_ns": (order + 1) * MS,
        "sent_ns": (order + 1) * MS,
        "receipt_ns": (order + 3) * MS,
        "stored_ns": (order + 6) * MS,
        "shown_numbers": rows[0],
        "shown_handhelds": rows[1],
        "shown_versions": rows[2],
        "shown_ns": rows[3] * MS,
        "traffic": Traffic(),
        "cpu_ns": 0,
        "surprises": [],
    }
    return Calls(**{**parts, **changes})


def handhelds_of(sender: int) -> list[int]:
    quadrant = CITY.senders[sender].quadrant
    return [each.number for each in CITY.handhelds if each.quadrant == quadrant]


def all_shown(senders: list[int], after_ms: int = 2) -> list[tuple[int, int, int, int]]:
    return [
        (number, handheld, 1, number + 1 + after_ms)
        for number, sender in enumerate(senders)
        for handheld in handhelds_of(sender)
    ]


def verdict_of(senders: list[int], shown: list[tuple[int, int, int, int]]) -> Verdict:
    return judge(calls(senders, shown), CITY)[0]


@given(st.lists(st.integers(0, 19), min_size=1, max_size=12), st.randoms())
def test_all_is_well_when_all_are_shown_in_whatever_order(senders: list[int], chance: Any) -> None:
    shown = all_shown(senders)
    chance.shuffle(shown)
    verdict, latencies = judge(calls(senders, shown), CITY)
    assert verdict.is_clean
    assert verdict.delivered == len(senders)
    assert set(latencies.handheld_us.tolist()) == {2_000}
    assert len(latencies.handheld_us) == 2 * len(senders)
    assert set(latencies.stored_us.tolist()) == {5_000}


@given(st.lists(st.integers(0, 19), min_size=1, max_size=12), st.data())
def test_one_that_is_missing_is_lost(senders: list[int], data: st.DataObject) -> None:
    shown = all_shown(senders)
    shown.remove(data.draw(st.sampled_from(shown)))
    verdict = verdict_of(senders, shown)
    assert (verdict.lost, verdict.delivered) == (1, len(senders) - 1)
    assert not verdict.is_clean


@given(st.lists(st.integers(0, 19), min_size=1, max_size=12), st.data())
def test_one_that_comes_again_is_doubled_but_a_new_version_is_not(
    senders: list[int], data: st.DataObject
) -> None:
    shown = all_shown(senders)
    number, handheld, version, at_ms = data.draw(st.sampled_from(shown))
    again = verdict_of(senders, [*shown, (number, handheld, version, at_ms + 9)])
    assert (again.duplicated, again.lost, again.misrouted) == (1, 0, 0)
    newer, latencies = judge(
        calls(senders, [*shown, (number, handheld, version + 1, at_ms + 9)]), CITY
    )
    assert newer.duplicated == 0
    assert latencies.handheld_us.max() == 2_000, "the first sight counts"


def test_what_comes_to_others_or_from_nowhere_is_misrouted() -> None:
    others = [n for n in range(len(CITY.handhelds)) if n not in handhelds_of(0)]
    strayed = verdict_of([0], [*all_shown([0]), (0, others[0], 1, 3)])
    assert (strayed.misrouted, strayed.lost) == (1, 0)
    unknown = verdict_of([0], [*all_shown([0]), (77, handhelds_of(0)[0], 1, 3)])
    assert (unknown.misrouted, unknown.lost) == (1, 0)
    instead = verdict_of([0], [(0, others[0], 1, 3), (0, others[1], 1, 3)])
    assert (instead.misrouted, instead.lost) == (2, 1)


def test_what_was_not_answered_or_not_stored_is_told() -> None:
    none = np.zeros(1, dtype=np.int64)
    verdict, latencies = judge(calls([0], all_shown([0]), receipt_ns=none, stored_ns=none), CITY)
    assert (verdict.unanswered, verdict.not_stored) == (1, 1)
    assert len(latencies.stored_us) == 0
    easier, _ = judge(calls([0], all_shown([0]), stored_ns=none), CITY, stores=False)
    assert easier.is_clean
    noisy, _ = judge(calls([0], all_shown([0]), traffic=Traffic(others=1, hung_up=2)), CITY)
    assert (noisy.unexpected, noisy.hung_up, noisy.is_clean) == (1, 2, False)


@given(st.lists(st.integers(1, 10_000_000), min_size=1, max_size=200))
def test_percentiles_are_exact_to_three_digits(values: list[int]) -> None:
    figures = percentiles_ms(np.array(values, dtype=np.int64))
    assert figures["p50"] <= figures["p99"] <= figures["p9999"] <= figures["max"]
    assert figures["max"] == pytest.approx(max(values) / 1_000, rel=0.001, abs=0.001)
    assert histogram(np.array(values)).get_total_count() == len(values)


def test_a_summary_names_what_must_be_named() -> None:
    figures = summary(*judge(calls([0, 1], all_shown([0, 1])), CITY))
    assert figures["sent"] == figures["delivered"] == 2
    assert figures["handheld_ms"]["p99"] == pytest.approx(2.0, rel=0.001)
    assert figures["stored_ms"]["p50"] == pytest.approx(5.0, rel=0.001)
    assert median([]) == 0.0
    assert median([3, 1, 2]) == 2.0
