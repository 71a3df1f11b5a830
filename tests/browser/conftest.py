"""One server and one Chromium for all browser tests; windows of its own for each."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.stage import Stage, chromium
from tests.live.program import Area, Program


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="package")
def program(browser: Browser) -> Iterator[Program]:
    with Program() as program:
        program.wait_ready("console")
        program.settle()
        yield program


@pytest.fixture
def area(program: Program) -> Area:
    """Two quadrants of the test's own."""
    return program.free_areas.pop()


@pytest.fixture
def stage(browser: Browser, program: Program) -> Iterator[Stage]:
    stage = Stage(browser, program)
    yield stage
    stage.close()
