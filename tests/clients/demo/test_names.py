# ruff: noqa: S311 - seeded draws, no secrets
from random import Random

from clients.demo import names


def test_there_are_barrios_enough_and_cais_for_every_station() -> None:
    assert len({names.barrio(number) for number in range(48)}) == 48
    assert len(set(names.CAIS)) == 4 * len(names.STATIONS)


def test_people_are_drawn_the_same_again() -> None:
    assert names.person(Random(4)) == names.person(Random(4))
    assert len({names.person(Random(number)) for number in range(100)}) > 90
