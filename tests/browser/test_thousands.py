"""Thousands of alerts open at once, from the core itself: the control room stays usable."""

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import trio
from playwright.sync_api import Browser, Page, expect

from clients.uuid7 import new_signal_id
from protocol.messages import Receipt, Signal
from protocol.vocabulary import Kind
from tests.browser.stage import PASSWORD, Stage, until
from tests.live.devices import device
from tests.live.kit import bring_in
from tests.live.program import Program

FEW, MANY = 50, 5_000
ROW = 72
APART = 0.003
GATEWAY = "gateway-crowd"


@pytest.fixture(scope="module")
def program() -> Iterator[Program]:
    """A city of its own: what is left open here would be in every other test's queue."""
    with Program() as program:
        program.wait_ready("console")
        city = program.home / "city.geojson"
        city.write_text(json.dumps({"type": "FeatureCollection", "features": [quadrant()]}))
        fields = ("--edition", "crowd", "--code-field", "CODE", "--name-field", "NAME")
        program.command("import", "quadrants", str(city), *fields)
        account = ("rosa", "--name", "Rosa Gil", "--role", "operator")
        program.command("account", "add", *account, stdin=f"{PASSWORD}\n")
        program.codes[GATEWAY] = program.enrol(GATEWAY, "--role", "gateway")
        bring_in(program, [button(at) for at in range(MANY)])
        yield program


def quadrant() -> dict[str, Any]:
    west, south, side = -74.2, 4.5, APART * ROW
    ring = [(west + dx * side, south + dy * side) for dx, dy in ((0, 0), (1, 0), (1, 1), (0, 1))]
    return {
        "type": "Feature",
        "properties": {"CODE": "Q-1", "NAME": "Cuadrante Q-1"},
        "geometry": {"type": "Polygon", "coordinates": [[*ring, ring[0]]]},
    }


def button(at: int) -> dict[str, Any]:
    row, column = divmod(at, ROW)
    spot = {"lat": 4.5 + APART * (row + 0.5), "lon": -74.2 + APART * (column + 0.5)}
    return {
        "device_id": f"button-{at}",
        "role": "button",
        "name": f"Botón {at}",
        "gateway_id": GATEWAY,
        "spot": {**spot, "address": f"Calle {at}"},
    }


async def press_all(program: Program, numbers: range) -> None:
    async with device(program, GATEWAY) as gateway:
        for at in numbers:
            said = Signal(
                signal_id=new_signal_id(), kind=Kind.PANIC, source_device_id=f"button-{at}"
            )
            await gateway.say(said)
        stored: set[str] = set()
        while len(stored) < len(numbers):
            receipt = await gateway.hear_a(Receipt, lambda each: each.stored)
            stored.add(receipt.signal_id)


def pressed(program: Program, numbers: range) -> None:
    with ThreadPoolExecutor(1) as elsewhere:  # Playwright keeps this thread's event loop
        elsewhere.submit(trio.run, press_all, program, numbers).result()


SLOWEST = """() => {
    globalThis.slowestMs = 0;
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) slowestMs = Math.max(slowestMs, duration);
    }).observe({ type: "event", durationThreshold: 16 });
}"""
"""From a key or a touch to the next picture of the page (Event Timing)."""


class Desk:
    """Somebody at work in the control room, and what that costs the page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._devtools = page.context.new_cdp_session(page)
        self._devtools.send("Performance.enable")

    def looks_one_up(self) -> tuple[float, float]:
        """Search, open what is found, and go back.

        Returns the page's seconds of work, and the milliseconds of its slowest answer.
        """
        self.page.evaluate(SLOWEST)
        before_s = self._worked_s()
        search = self.page.locator("#search")
        search.press_sequentially("calle 42")
        found = self.page.locator(".queue-row").first
        expect(found).to_contain_text("Calle 42")
        found.click()
        expect(self.page.locator("#facts")).to_contain_text("Botón 42")
        search.fill("")
        expect(self.page.locator("#counts")).to_have_text(re.compile(r"^(\d+) de \1 abiertas"))
        return self._worked_s() - before_s, self.page.evaluate("slowestMs")

    def _worked_s(self) -> float:
        metrics = self._devtools.send("Performance.getMetrics")["metrics"]
        return next(each["value"] for each in metrics if each["name"] == "TaskDuration")


def test_a_hundred_times_the_alerts_cost_a_few_times_the_work(
    browser: Browser, program: Program
) -> None:
    stage = Stage(browser, program)
    page = stage.room("rosa")
    desk = Desk(page)
    costs = []
    for numbers in (range(FEW), range(FEW, MANY)):
        pressed(program, numbers)
        expect(page.locator("#counts")).to_contain_text(f" de {numbers.stop} abiertas")
        desk.looks_one_up()  # the first time compiles
        costs.append(desk.looks_one_up())
    (few_s, few_ms), (many_s, many_ms) = costs
    assert many_s < 20 * few_s, costs
    assert many_ms < 10 * few_ms, costs
    page.reload()  # and the whole city is in sight again
    expect(page.locator("#counts")).to_contain_text(f"{MANY} de {MANY} abiertas")
    marks = page.locator(".mark")
    until(lambda: sum(int(text or 1) for text in marks.all_inner_texts()) == MANY)
    assert marks.count() < MANY / 10
    rows = page.locator("#queue li")
    expect(rows.first).to_have_attribute("aria-setsize", str(MANY))
    assert rows.count() < FEW
    page.locator("#queue").evaluate("(queue) => queue.scrollTo(0, queue.scrollHeight)")
    expect(rows.last).to_contain_text(f"Calle {MANY - 1}")
    assert rows.count() < FEW
    stage.close()
