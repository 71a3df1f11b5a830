"""The control room says something to a front: who reads it, and what the room is told of that."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.stage import Stage, hold, is_connected, press
from tests.browser.test_quality import serious
from tests.live.front import Front, front
from tests.live.program import Area, Program

COUNTS_BUZZES = """
    globalThis.buzzes = 0;
    Navigator.prototype.vibrate = () => { buzzes += 1; return true; };
"""


@pytest.fixture
def manga(program: Program, area: Area) -> Iterator[Front]:
    with front(program, area) as it:
        yield it


@pytest.fixture
def ana(stage: Stage, area: Area, manga: Front) -> Page:
    """A member's button, which somebody has touched: before that no browser sounds or vibrates."""
    window = stage.window(at=area.spot())
    window.add_init_script(COUNTS_BUZZES)
    page = stage.open(f"/boton#code={stage.program.codes[manga.members[0]]}", window)
    is_connected(page)
    page.get_by_role("radio", name="Pánico").check(force=True)
    return page


def of_front(page: Page, it: Front) -> None:
    """Open the dialog for a front, from its row in the registry."""
    page.get_by_role("button", name="Administración").click()
    page.get_by_label("Frentes").check()
    page.locator("#registrySearch").fill(it.front_id)
    expect(page.locator(".entry")).to_have_count(1)
    page.locator(".entry").get_by_role("button", name="Mensaje al frente").click()


def test_a_message_about_an_alert_is_read_by_members_and_counted(
    stage: Stage, area: Area, eva: str, manga: Front, ana: Page
) -> None:
    page = stage.room(eva)
    page.locator("#search").fill(area.quadrant)
    press(ana)
    page.locator(".queue-row").click()
    buzzed = ana.evaluate("buzzes")
    page.get_by_role("button", name="Mensaje al frente").click()
    expect(page.get_by_role("dialog")).to_contain_text("Mensaje para Frente Manga")
    page.get_by_role("button", name="La patrulla va en camino.").click()
    assert not serious(page)
    page.get_by_role("button", name="Enviar a todo el frente").click()
    message = ana.locator(".message")
    expect(message).to_contain_text("La patrulla va en camino. / The patrol is on its way.")
    expect(message).to_contain_text("Eva Ruiz, sala de control")
    assert ana.evaluate("buzzes") == buzzed + 1
    assert not serious(ana)
    reach = page.get_by_role("dialog").locator(".reach")
    expect(reach).to_have_text("Mostrado en 1 de 2 · enviado a 1")
    neighbour = stage.button(manga.members[1])
    expect(neighbour.locator(".message")).to_have_count(1)
    expect(reach).to_have_text("Mostrado en 2 de 2 · enviado a 2")
    page.get_by_role("button", name="Listo").click()
    expect(page.locator("#messages .reach")).to_have_text("Mostrado en 2 de 2 · enviado a 2")
    message.get_by_role("button", name="Leído").click()
    expect(message).to_have_count(0)
    for each in (ana, neighbour, page):
        each.reload()
        is_connected(each)
    page.locator("#search").fill(area.quadrant)
    page.locator(".queue-row").click()
    expect(page.locator("#messages .reach")).to_have_text("Mostrado en 2 de 2 · enviado a 2")
    expect(neighbour.locator(".message")).to_have_count(1)
    expect(ana.locator(".call")).to_have_count(1)
    expect(message).to_have_count(0)
    assert ana.evaluate("buzzes") == 0


def test_a_message_to_a_front_leaves_once_whatever_the_network_does(
    stage: Stage, eva: str, manga: Front, ana: Page
) -> None:
    stage.forgives_network = True
    page = stage.room(eva)
    of_front(page, manga)
    page.context.set_offline(True)
    expect(page.locator("#link[data-state=down]")).to_be_attached()
    page.get_by_label("Mensaje", exact=True).fill("  Hoy no hay\u202e luz en la cuadra.  ")
    expect(page.get_by_role("dialog")).to_contain_text("Quedan ")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    reach = page.get_by_role("dialog").locator(".reach")
    expect(reach).to_have_text("Saliendo…")
    expect(ana.locator(".message")).to_have_count(0)
    page.context.set_offline(False)
    expect(reach).to_have_text("Mostrado en 1 de 2 · enviado a 1")
    expect(ana.locator(".message .say")).to_have_text("Hoy no hay luz en la cuadra.")


def test_whoever_calls_in_silence_is_not_given_away(
    stage: Stage, area: Area, eva: str, manga: Front, ana: Page
) -> None:
    page = stage.room(eva)
    page.locator("#search").fill(area.quadrant)
    neighbour = stage.button(manga.members[1])
    before = ana.locator("body").inner_text()
    hold(ana.locator("#shield"))
    row = page.locator(".queue-row")
    expect(row).to_contain_text("Silenciosa")
    row.click()
    page.get_by_role("button", name="Mensaje al frente").click()
    page.get_by_role("button", name="La patrulla va en camino.").click()
    page.get_by_role("button", name="Enviar a todo el frente").click()
    reach = page.get_by_role("dialog").locator(".reach")
    expect(reach).to_have_text("Mostrado en 1 de 2 · enviado a 2")
    expect(neighbour.locator(".message")).to_have_count(1)
    assert ana.locator("body").inner_text() == before
    assert ana.evaluate("buzzes") == 0


def test_more_than_may_be_said_at_once_is_refused_and_can_be_said_again(
    stage: Stage, eva: str, manga: Front
) -> None:
    page = stage.room(eva)
    of_front(page, manga)
    for number in range(6):
        page.get_by_label("Mensaje", exact=True).fill(f"Aviso {number}")
        page.get_by_role("button", name="Enviar a todo el frente").click()
    newest = page.get_by_role("dialog").locator(".messages li").first
    expect(newest).to_contain_text("No salió: ")
    expect(newest.get_by_role("button", name="Intentar de nuevo")).to_be_visible()
    expect(page.get_by_role("dialog").locator(".reach")).to_have_count(5)
    page.get_by_role("button", name="English").evaluate("(button) => button.click()")
    expect(page.get_by_role("dialog")).to_contain_text("Shown on 0 of 2")
    assert not re.search("[áéíóúñ¿¡]", page.get_by_role("dialog").inner_text())
