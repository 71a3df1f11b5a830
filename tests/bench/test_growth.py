from contextlib import ExitStack

import pytest

from bench.city import City
from bench.crowd import Crowd
from bench.growth import LARGE, SMALL, Size, city_of, hold_open, main
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


@pytest.mark.parametrize("name", Size._fields)
def test_a_larger_city_differs_in_one_thing(name: str) -> None:
    sizes = (SMALL, SMALL._replace(**{name: getattr(SMALL, name) + 9}))
    small, large = (
        (len(c.idle), len(c.senders), len(c.edition.quadrants), c.absent)
        for c in (city_of(size, 50) for size in sizes)
    )
    assert getattr(LARGE, name) > getattr(SMALL, name)
    assert sum(a != b for a, b in zip(small, large, strict=True)) == 1


def test_an_unknown_dimension_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--only", "height"])
    assert "height" in capsys.readouterr().err
