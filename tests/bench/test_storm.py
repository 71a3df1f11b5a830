import pytest

from bench import storm
from bench.city import City
from bench.storm import halves, strike
from bench.target import Target


def test_half_of_the_city_is_cut_off_and_nothing_is_lost(
    server: Target, city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storm, "ROUND_S", 1.0)
    figures = strike(server, city, rate=20, processes=2)
    assert figures["count"] == len(halves(city)[1])
    assert figures["pressed_on_return"] > 5
    assert figures["lost"] == figures["not_stored"] == 0
    assert figures["all_back_s"] >= figures["away_s"]["handheld"]["p50"] > 0
    assert figures["during"]["loop_pause_ms"]["max"] > 0
    for when in ("before", "during"):
        presses = figures[when]
        assert presses["sent"] == presses["delivered"] >= 20
        assert presses["duplicated"] == presses["misrouted"] == presses["unanswered"] == 0


def test_who_stays_and_who_is_struck_have_nothing_in_common(city: City) -> None:
    staying, struck = halves(city)
    assert len(staying) + len(struck) == len(city.members)
    assert not {each.quadrant for each in staying} & {each.quadrant for each in struck}
    assert set(city.idle) <= set(struck)
