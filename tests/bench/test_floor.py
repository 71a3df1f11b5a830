import json

import pytest

from bench.floor import main

RATIO_MAX = 60.0
"""A wide margin: the machine may be busy with other things, and the ratio at rest is far lower."""


@pytest.mark.alone
def test_under_load_nothing_is_lost_and_the_floor_is_not_far(
    capsys: pytest.CaptureFixture[str],
) -> None:
    small = ["--rate", "100", "--idle", "60", "--rounds", "1", "--seconds", "3"]
    assert main([*small, "--quadrants", "40", "--json", "-"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert len(figures["ratio_rounds"]) == 1
    assert 1.0 < figures["ratio"] < RATIO_MAX
    for name in ("cuadrante", "floor"):
        side = figures[name]
        assert side["sent"] == side["delivered"] == 300
        wrong = ("lost", "duplicated", "misrouted", "unanswered", "not_stored", "hung_up")
        assert not any(side[each] for each in wrong)
        assert side["messages_in_per_signal"] == pytest.approx(3.0)
    assert figures["floor"]["messages_out_per_signal"] == 6.0
