"""One real server for the tests of the bench, with a small city."""

from collections.abc import Iterator

import msgspec
import pytest

from bench.city import City, plan_city
from bench.connections import city_of_roles
from bench.cuadrante import cuadrante
from bench.target import Target

WHOLE = plan_city(quadrants=20, senders=80, idle=30)
CITY = msgspec.structs.replace(WHOLE, senders=WHOLE.senders[:60])
HOLDERS = WHOLE.senders[60:]
"""Neighbours whose alerts stay open."""
ROLES = city_of_roles(3)


@pytest.fixture(scope="session")
def city() -> City:
    return CITY


@pytest.fixture(scope="session")
def server() -> Iterator[Target]:
    """It knows the devices of `connections` as well."""
    whole = msgspec.structs.replace(
        WHOLE, idle=(*WHOLE.idle, *ROLES.idle), handhelds=(*WHOLE.handhelds, *ROLES.handhelds)
    )
    with cuadrante(whole) as target:
        yield target
