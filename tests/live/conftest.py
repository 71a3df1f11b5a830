"""One running server for all the tests that leave it running."""

from collections.abc import Iterator

import pytest

from tests.live.program import Area, Program

PAGE = "https://frente.example"


@pytest.fixture(scope="session")
def program() -> Iterator[Program]:
    with Program(origins=PAGE) as program:
        program.settle()
        yield program


@pytest.fixture
def area(program: Program) -> Area:
    """Two quadrants of the test's own."""
    return program.take_area()
