"""One server and one Chromium for all browser tests; windows of its own for each.

No longer than the package's: while it lives, Playwright keeps a loop that no other may run beside.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.stage import PASSWORD, Stage, chromium
from tests.live.program import Area, Program


@pytest.fixture(scope="package")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the browser's camera sees: written by the test that shows it something."""
    return tmp_path_factory.mktemp("camera") / "film.y4m"


@pytest.fixture(scope="package")
def browser(film: Path) -> Iterator[Browser]:
    with chromium(film) as browser:
        yield browser


@pytest.fixture(scope="package")
def program(browser: Browser) -> Iterator[Program]:
    with Program() as program:
        program.wait_ready("console")
        program.settle()
        yield program


@pytest.fixture(scope="package")
def eva(program: Program) -> str:
    """An administrator of the control room."""
    account = ("eva", "--name", "Eva Ruiz", "--role", "administrator")
    program.command("account", "add", *account, stdin=f"{PASSWORD}\n")
    return "eva"


@pytest.fixture
def area(program: Program) -> Area:
    """Two quadrants of the test's own."""
    return program.take_area()


@pytest.fixture
def stage(browser: Browser, program: Program) -> Iterator[Stage]:
    stage = Stage(browser, program)
    yield stage
    stage.close()
