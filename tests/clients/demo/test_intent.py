# ruff: noqa: S311 - seeded draws, no secrets
from collections import Counter
from random import Random

import pytest

from clients.demo.beats import away_m
from clients.demo.intent import Sequel, draw_fix, draw_intent, draw_pause_s
from protocol.vocabulary import Kind


def test_every_kind_and_every_sequel_is_seen_and_panic_most() -> None:
    draw = Random(1)
    intents = [draw_intent(draw) for _ in range(2_000)]
    kinds = Counter(intent.kind for intent in intents)
    assert set(kinds) == set(Kind)
    assert kinds.most_common(1)[0][0] is Kind.PANIC
    assert {intent.sequel for intent in intents} == set(Sequel)


def test_two_thirds_of_the_fixes_lie_within_their_accuracy_and_some_are_missing() -> None:
    draw = Random(1)
    fixes = [draw_fix(draw, 10.6, -75.0) for _ in range(3_000)]
    known = [fix for fix in fixes if fix is not None]
    assert 0.05 < 1 - len(known) / len(fixes) < 0.2
    within = [away_m(fix.lat, fix.lon, 10.6, -75.0) <= (fix.accuracy_m or 0) for fix in known]
    assert sum(within) / len(within) == pytest.approx(0.68, abs=0.04)


def test_pauses_keep_the_rate_and_are_bounded() -> None:
    draw = Random(1)
    pauses_s = [draw_pause_s(draw, 2.0) for _ in range(5_000)]
    assert max(pauses_s) <= 1.5
    assert sum(pauses_s) / len(pauses_s) == pytest.approx(0.5, rel=0.1)
