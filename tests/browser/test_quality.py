"""What a page weighs, whether it stands without a network, and whether everybody can use it."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.stage import DESKTOP, Stage, call_of, press
from tests.live.program import Area

FIRST_PAGE_MAX_BYTES = 300_000
PAGES = ("/boton", "/patrulla")
WEIGHT = """() => performance.getEntriesByType("resource")
    .concat(performance.getEntriesByType("navigation"))
    .reduce((sum, entry) => sum + entry.transferSize, 0)"""

SMALL = """() => [...document.querySelectorAll("button, a, label")]
    .map((each) => [each.outerHTML, each.getBoundingClientRect()])
    .filter(([, box]) => box.width && (box.width < 44 || box.height < 44))
    .map(([html]) => html.slice(0, 100))"""
"""What a thumb would miss: below 44 px (WCAG 2.2, 2.5.5)."""


@pytest.mark.parametrize("path", [*PAGES, "/sala"])
def test_the_first_page_is_light(stage: Stage, path: str) -> None:
    page = stage.open(path)
    page.wait_for_load_state("networkidle")
    weight = page.evaluate(WEIGHT)
    assert 5_000 < weight < FIRST_PAGE_MAX_BYTES


@pytest.mark.parametrize("path", PAGES)
def test_after_the_first_visit_it_opens_without_a_network(stage: Stage, path: str) -> None:
    stage.forgives_network = True
    page = stage.open(path, stage.window(keeps_pages=True))
    page.evaluate("async () => { await navigator.serviceWorker.ready }")
    page.context.set_offline(True)
    page.reload()
    expect(page.get_by_label("Código")).to_be_visible()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_label("Code")).to_be_visible()


def serious(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [
        f"{each['id']}: {node['html'][:120]}"
        for each in found
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


def test_nothing_serious_keeps_anybody_from_using_it(stage: Stage, area: Area) -> None:
    assert not [fault for path in PAGES for fault in serious(stage.open(path))]
    patrol = stage.handheld(area.patrols[0])
    ana = stage.button(area.apps[0], area.spot())
    assert not serious(patrol)
    press(ana)
    expect(call_of(ana)).to_contain_text("Entregada a 1")
    for page in (patrol, ana):
        assert not serious(page)
        assert not page.evaluate(SMALL)
        page.set_viewport_size(DESKTOP)
        assert not serious(page)
    ana.get_by_role("button", name="Cancelar el llamado").click()
    assert not serious(ana)
    patrol.get_by_role("button", name="Aceptar").click()
    patrol.get_by_role("button", name="Cerrar la alerta").click()
    assert not serious(patrol)
