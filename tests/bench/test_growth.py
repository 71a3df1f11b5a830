from contextlib import ExitStack

import pytest

from bench.city import City
from bench.crowd import Crowd
from bench.growth import DIMENSIONS, hold_open, main
from bench.target import Target
from bench.turns import arena
from tests.bench.conftest import HOLDERS


def test_alerts_stay_open_and_presses_go_on(server: Target, city: City) -> None:
    with ExitStack() as stack:
        here = arena(stack, server, city, processes=1)
        holders = stack.enter_context(Crowd(server.address, server.dialect, HOLDERS, processes=1))
        holders.connect()
        hold_open(here, holders, 40)
        here.take_turn(40, 0.5)
        verdict, _ = here.judged()
        assert (verdict.sent, verdict.is_clean) == (20, True)


@pytest.mark.parametrize("name", DIMENSIONS)
def test_a_larger_city_has_the_same_who_press(name: str) -> None:
    dimension = DIMENSIONS[name]
    small, large = (dimension.city(50, value) for value in (dimension.small, dimension.small + 9))
    assert dimension.large > dimension.small
    sizes = [
        (len(c.idle), c.absent, len(c.edition.quadrants), len(c.senders)) for c in (small, large)
    ]
    assert sizes[0] != sizes[1]
    assert sum(a != b for a, b in zip(*sizes, strict=True)) == 1, "only one thing grows"


def test_an_unknown_dimension_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--only", "height"])
    assert "height" in capsys.readouterr().err
