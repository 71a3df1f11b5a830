"""Real browsers before a real server: each page in its own window, and what it complains of."""

import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, expect
from playwright.sync_api import sync_playwright as playwright

from protocol.messages import Position
from tests.live.program import PATIENCE_S, Program

CHROMIUM: Final = Path("/usr/bin/chromium")
PHONE: Final = {"width": 390, "height": 844}
DESKTOP: Final = {"width": 1440, "height": 900}
T = TypeVar("T")
PASSWORD: Final = "tres tristes tigres"
"""Of every account of the control room."""
NOT_KEPT: Final = "Service Worker registration blocked by Playwright"
CORE: Final = re.compile(r"^ws://.*/v1(\?|$)")
"""Where a page's WebSocket goes."""
NO_NETWORK: Final = ("net::ERR_", "Failed to load resource", "WebSocket connection to")
"""How a browser says that there is no network: its own lines, which no page can hold back."""

expect.set_options(timeout=PATIENCE_S * 1000)


@contextmanager
def chromium(camera: Path | None = None) -> Iterator[Browser]:
    """Debian's Chromium. Without it a test is skipped; in continuous integration it fails.

    `camera`: the film (Y4M) that its camera sees, read anew whenever a page opens it.
    """
    if not CHROMIUM.exists():
        word = f"there is no {CHROMIUM}: apt-get install chromium"
        pytest.fail(word) if os.environ.get("CI") else pytest.skip(word)
    with playwright() as started:
        # As root it has no sandbox; and a container's /dev/shm is small.
        flags = ["--no-sandbox", "--disable-dev-shm-usage"]
        if camera is not None:
            film = f"--use-file-for-fake-video-capture={camera}"
            flags += ["--use-fake-device-for-media-stream", film]
        browser = started.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield browser
        browser.close()


class Stage:
    """The windows of one test. Whatever a page complains of fails it, at the end."""

    def __init__(self, browser: Browser, program: Program) -> None:
        self.program = program
        self.complaints: list[str] = []
        self.forgives_network = False
        """The test takes the network away: then the browser's own lines about it are no fault."""
        self._browser = browser
        self._windows: list[BrowserContext] = []

    def close(self) -> None:
        for window in self._windows:
            window.close()
        assert not self.complaints, "\n".join(self.complaints)

    def window(
        self,
        at: Position | None = None,
        size: dict[str, int] = PHONE,
        permissions: Sequence[str] = (),
        keeps_pages: bool = False,
    ) -> BrowserContext:
        """A browser of its own, with nothing in it, that stands somewhere.

        `keeps_pages`: by the service worker, for when there is no network. It is most of what a
        first visit costs, so only tests that are about it have it.
        """
        options: dict[str, Any] = {"viewport": size, "has_touch": size == PHONE}
        options["service_workers"] = "allow" if keeps_pages else "block"
        if at is not None:
            place = {"latitude": at.lat, "longitude": at.lon, "accuracy": at.accuracy_m}
            options |= {"geolocation": place}
            permissions = [*permissions, "geolocation"]
        options["permissions"] = list(permissions)
        context = self._browser.new_context(locale="es-CO", **options)
        context.set_default_timeout(PATIENCE_S * 1000)
        context.on("console", self._hear)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        self._windows.append(context)
        return context

    def open(self, path: str, window: BrowserContext | None = None) -> Page:
        """A page in a window."""
        page = (window or self.window()).new_page()
        page.goto(self.program.console_url + path)
        return page

    def button(
        self,
        device_id: str,
        at: Position | None = None,
        window: BrowserContext | None = None,
        **options: Any,
    ) -> Page:
        """The panic page, enrolled by a link."""
        page = self.open(self._link("boton", device_id), window or self.window(at, **options))
        is_connected(page)
        return page

    def handheld(
        self, device_id: str, window: BrowserContext | None = None, **options: Any
    ) -> Page:
        """The patrol's page, enrolled and on duty."""
        page = self.open(self._link("patrulla", device_id), window or self.window(**options))
        is_connected(page)
        switch = page.locator("#dutySwitch")
        if switch.inner_text() == "Entrar en servicio":  # the server remembers who is on duty
            switch.click()
        expect(page.locator("#duty")).to_contain_text("En servicio")
        return page

    def room(self, account: str, size: dict[str, int] = DESKTOP) -> Page:
        """The control room's page with somebody logged in."""
        page = self.open("/sala", self.window(size=size))
        log_in(page, account)
        is_connected(page)
        return page

    def ask_database(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """What PostgreSQL has on record by now."""
        with ThreadPoolExecutor(1) as elsewhere:  # Playwright keeps this thread's event loop
            return elsewhere.submit(self.program.fetch, query, *values).result()

    def _link(self, page: str, device_id: str) -> str:
        return f"/{page}#code={self.program.codes[device_id]}"

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not self._is_forgiven(message):
            self.complaints.append(f"{message.page and message.page.url}: {message.text}")

    def _is_forgiven(self, message: ConsoleMessage) -> bool:
        text, url = message.text, message.location["url"]
        return (
            text == NOT_KEPT
            # The record is a moment behind an alert: the page asks again, the browser notes it.
            or ("404" in text and url.endswith("/timeline"))
            or (self.forgives_network and any(word in text for word in NO_NETWORK))
        )


def until(is_so: Callable[[], T]) -> T:
    """Ask again until it is so, for what no page shows. Returns what was answered then."""
    give_up_at_s = time.monotonic() + PATIENCE_S
    while not (answer := is_so()):
        assert time.monotonic() < give_up_at_s, "it never came"
    return answer


def log_in(page: Page, account: str, password: str = PASSWORD) -> None:
    """Type who somebody is into the control room's door, and knock."""
    page.get_by_label("Cuenta").fill(account)
    page.get_by_label("Contraseña").fill(password)
    page.get_by_role("button", name="Entrar").click()


def is_connected(page: Page) -> None:
    expect(page.locator("#link[data-state=up]")).to_be_visible()


def hold(button: Locator) -> None:
    """Hold a button until it acts."""
    box = button.bounding_box()
    assert box is not None
    mouse = button.page.mouse
    mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    mouse.down()
    expect(button.page.locator(".held")).to_have_count(0)
    mouse.up()


def press(page: Page) -> None:
    """Call for help as a screen reader does, which cannot hold: it leaves at once."""
    expect(page.locator("#help")).to_be_visible()
    page.locator("#help").dispatch_event("click")


def call_of(page: Page) -> Locator:
    """The newest call as its sender sees it."""
    return page.locator(".call").first
