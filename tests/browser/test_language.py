"""English is one touch away, and then nothing of a page is left in Spanish."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.stage import Stage, is_connected, log_in, press
from tests.live.front import Front, front
from tests.live.program import Area, Program

TABLES = {
    "boton": ("shared", "boton"),
    "patrulla": ("shared", "shared/alerts", "patrulla"),
    "sala": ("shared", "shared/alerts", "sala"),
}
SPANISH = """async (folders) => {
    const spanish = new Set();
    for (const folder of folders) {
      for (const table of Object.values(await import(`/assets/${folder}/words.js`))) {
        if (table instanceof Map) continue;
        for (const [es, en] of Object.values(table)) if (es !== en) spanish.add(es);
      }
    }
    const labels = [...document.querySelectorAll("[aria-label], [placeholder], [title]")].flatMap(
      (each) => ["aria-label", "placeholder", "title"].map((name) => each.getAttribute(name)));
    const shown = [...document.body.innerText.split("\\n"), ...labels];
    return shown.filter((text) => text && spanish.has(text.trim()));
}"""


@pytest.fixture
def manga(program: Program, area: Area) -> Iterator[Front]:
    with front(program, area) as it:
        yield it


def is_english(page: Page, name: str) -> None:
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.evaluate(SPANISH, list(TABLES[name])) == []


def english(page: Page, name: str) -> None:
    assert page.evaluate(SPANISH, list(TABLES[name])), "this would find nothing"
    page.get_by_role("button", name="English").click()
    is_english(page, name)


def test_the_panic_button(stage: Stage, area: Area) -> None:
    stage.handheld(area.patrols[0])
    page = stage.open("/boton", stage.window(at=area.spot()))
    english(page, "boton")
    page.get_by_label("Code").fill(stage.program.codes[area.apps[0]])
    page.keyboard.press("Enter")
    is_connected(page)
    is_english(page, "boton")
    press(page)
    expect(page.locator(".call")).to_contain_text("Delivered: 1 handheld shows it.")
    is_english(page, "boton")
    page.get_by_role("button", name="Cancel the call").click()
    is_english(page, "boton")


def test_the_handheld(stage: Stage, area: Area, manga: Front) -> None:
    page = stage.open("/patrulla")
    english(page, "patrulla")
    page.get_by_label("Code").fill(stage.program.codes[area.patrols[0]])
    page.keyboard.press("Enter")
    is_connected(page)
    page.get_by_role("button", name="Go on duty").click()
    is_english(page, "patrulla")
    press(stage.button(manga.members[0], area.spot()))
    expect(page.locator(".siren")).to_contain_text("sounding")
    is_english(page, "patrulla")
    page.get_by_role("button", name="Accept", exact=True).click()
    page.get_by_role("button", name="Close the alert").click()
    is_english(page, "patrulla")


def test_the_control_room(stage: Stage, area: Area, eva: str, manga: Front) -> None:
    page = stage.open("/sala", stage.window(size={"width": 1440, "height": 900}))
    english(page, "sala")
    page.get_by_role("button", name="Español").click()
    log_in(page, eva)
    is_connected(page)
    english(page, "sala")
    press(stage.button(manga.members[0], area.spot()))
    page.locator("#search").fill(area.quadrant)
    page.locator(".queue-row").click()
    expect(page.locator("#story li").first).to_be_visible()
    expect(page.locator(".siren")).to_contain_text("sounding")
    is_english(page, "sala")
    for opens, closes in (
        ("Assign", "Cancel"),
        ("Message to the front", "Done"),
        ("Close the alert", "Leave open"),
    ):
        page.get_by_role("button", name=opens).click()
        expect(page.get_by_role("dialog")).to_be_visible()
        is_english(page, "sala")
        page.get_by_role("button", name=closes).click()
    page.get_by_role("button", name="Administration").click()
    for kind in ("Devices", "Fronts", "People"):
        page.get_by_label(kind, exact=True).check()
        page.get_by_role("button", name="Add").click()
        is_english(page, "sala")
        page.get_by_role("button", name="Cancel").click()
