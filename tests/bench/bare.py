"""A floor for tests: it speaks like the server, starts in a moment, and does nothing else."""

from contextlib import AbstractContextManager

from bench.city import City
from bench.floor import floor
from bench.target import Target
from tests.bench.said import SAID


def bare_target(city: City) -> AbstractContextManager[Target]:
    return floor(city, SAID)
