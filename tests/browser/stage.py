"""Real browsers before a real server: each page in its own window, and what it complains of."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, expect
from playwright.sync_api import sync_playwright as playwright

from protocol.messages import Position
from tests.live.program import PATIENCE_S, Program

CHROMIUM: Final = Path("/usr/bin/chromium")
PHONE: Final = {"width": 390, "height": 844}
DESKTOP: Final = {"width": 1440, "height": 900}
NO_NETWORK: Final = ("net::ERR_", "Failed to load resource", "WebSocket connection to")
"""How a browser says that there is no network: its own lines, which no page can hold back."""

expect.set_options(timeout=PATIENCE_S * 1000)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium. Without it a test is skipped; in continuous integration it fails."""
    if not CHROMIUM.exists():
        word = f"there is no {CHROMIUM}: apt-get install chromium"
        pytest.fail(word) if os.environ.get("CI") else pytest.skip(word)
    with playwright() as started:
        # As root it has no sandbox; and a container's /dev/shm is small.
        flags = ["--no-sandbox", "--disable-dev-shm-usage"]
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
    ) -> BrowserContext:
        """A browser of its own, with nothing in it, that stands somewhere."""
        options: dict[str, Any] = {"viewport": size, "has_touch": size == PHONE}
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

    def button(self, device_id: str, at: Position | None = None, **window: Any) -> Page:
        """The panic page, enrolled by a link."""
        page = self.open(self._link("boton", device_id), self.window(at, **window))
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

    def room(self, account: str, password: str, **window: Any) -> Page:
        """The control room's page with somebody logged in."""
        page = self.open("/sala", self.window(**window))
        page.get_by_label("Cuenta").fill(account)
        page.get_by_label("Contraseña").fill(password)
        page.get_by_role("button", name="Entrar").click()
        is_connected(page)
        return page

    def _link(self, page: str, device_id: str) -> str:
        return f"/{page}#code={self.program.codes[device_id]}"

    def _hear(self, message: ConsoleMessage) -> None:
        is_network = any(word in message.text for word in NO_NETWORK)
        if message.type in ("error", "warning") and not (self.forgives_network and is_network):
            self.complaints.append(f"{message.page and message.page.url}: {message.text}")


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
    """Hold the one big button."""
    page.locator("#help").scroll_into_view_if_needed()
    hold(page.locator("#help"))


def call_of(page: Page) -> Locator:
    """The newest call as its sender sees it."""
    return page.locator(".call").first
