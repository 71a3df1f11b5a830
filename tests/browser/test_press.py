"""A press in one page is answered in another, and each shows what is true, in its language."""

import re

from playwright.sync_api import Page, expect

from tests.browser.stage import DESKTOP, Stage, call_of, hold, is_connected, press
from tests.live.program import Area


def row(page: Page) -> str:
    return page.locator(".row").first.get_attribute("data-alert") or ""


def test_a_press_is_seen_accepted_and_closed(stage: Stage, area: Area) -> None:
    patrol = stage.handheld(area.patrols[0], size=DESKTOP)
    ana = stage.button(area.apps[0], area.spot())
    hold(ana.locator("#help"))
    call = call_of(ana)
    expect(call.locator("[data-stage=stored].reached")).to_be_visible()
    expect(patrol.locator("#headline h2")).to_contain_text("Pánico")
    expect(patrol.locator("#facts")).to_contain_text(f"Cuadrante {area.quadrant}")
    expect(patrol.locator("#facts")).to_contain_text(f"Ana {area.apps[0]}")
    expect(patrol.locator("#map path.leaflet-interactive").first).to_be_visible()
    expect(call).to_contain_text("Entregada a 1")
    assert call.get_attribute("data-signal") == row(patrol)
    patrol.get_by_role("button", name="5 min", exact=True).click()
    expect(call).to_contain_text(f"Aceptada por {area.patrols[0]}, llega en 5 min")
    patrol.get_by_role("button", name="Llegué al sitio").click()
    expect(call.locator("[data-stage=on_scene].reached")).to_be_visible()
    patrol.get_by_role("button", name="Cerrar la alerta").click()
    patrol.get_by_label("Falsa alarma").check()
    patrol.get_by_label("Nota").fill("Se oprimió sin querer.")
    patrol.get_by_role("button", name="Cerrar", exact=True).click()
    expect(call).to_contain_text("Cerrada: falsa alarma.")
    expect(patrol.locator("#alerts")).to_contain_text("Sin alertas abiertas.")
    ana.get_by_role("button", name="Listo").click()
    expect(ana.locator(".call")).to_have_count(0)


def test_the_quadrant_and_its_neighbour_are_on_the_map(stage: Stage, area: Area) -> None:
    patrol = stage.handheld(area.patrols[0])
    press(stage.button(area.apps[0], area.spot()))
    # Two quadrants, the circle of accuracy, and the place.
    expect(patrol.locator("#map svg path")).to_have_count(4)


def test_a_cancel_is_asked_for_twice_and_the_patrol_decides(stage: Stage, area: Area) -> None:
    patrol = stage.handheld(area.patrols[0])
    ana = stage.button(area.apps[0], area.spot())
    press(ana)
    expect(call_of(ana)).to_contain_text("Entregada a 1")
    ana.get_by_role("button", name="Cancelar el llamado").click()
    ana.get_by_role("button", name="No, sigo necesitando ayuda").click()
    expect(ana.locator("dialog")).to_be_hidden()
    expect(patrol.locator("#headline")).not_to_contain_text("pidió cancelar")
    ana.get_by_role("button", name="Cancelar el llamado").click()
    ana.get_by_role("button", name="Sí, cancelar").click()
    expect(patrol.locator("#headline")).to_contain_text("pidió cancelar")
    expect(call_of(ana)).to_contain_text("La patrulla sabe que canceló; ella decide.")
    expect(patrol.get_by_role("button", name="Aceptar")).to_be_visible()


def test_the_silent_way_reaches_the_patrol_and_shows_nothing(stage: Stage, area: Area) -> None:
    patrol = stage.handheld(area.patrols[0])
    ana = stage.button(area.apps[0], area.spot())
    before = ana.locator("body").inner_text()
    hold(ana.locator("#shield"))
    expect(patrol.locator("#headline h2")).to_contain_text("Silenciosa")
    patrol.get_by_role("button", name="Aceptar").click()
    expect(patrol.get_by_role("button", name="Llegué al sitio")).to_be_visible()
    assert ana.locator("body").inner_text() == before


def test_a_short_touch_calls_nobody(stage: Stage, area: Area) -> None:
    ana = stage.button(area.apps[0], area.spot())
    ana.locator("#help").click()
    ana.locator("#shield").click()
    ana.keyboard.press("Enter")
    expect(ana.locator("#help.held")).to_have_count(0)
    expect(ana.locator(".call")).to_have_count(0)


def test_the_keyboard_holds_as_well_and_chooses_what_it_is(stage: Stage, area: Area) -> None:
    patrol = stage.handheld(area.patrols[0])
    ana = stage.button(area.apps[0], area.spot())
    ana.get_by_role("radio", name="Pánico").focus()
    ana.keyboard.press("ArrowRight")
    expect(ana.locator("#helpKind")).to_have_text("Médica")
    ana.locator("#help").focus()
    ana.keyboard.down("Enter")
    expect(call_of(ana)).to_contain_text("Médica")
    ana.keyboard.up("Enter")
    expect(patrol.locator("#headline h2")).to_contain_text("Médica")


def test_a_drill_says_so_on_both_sides(stage: Stage, area: Area) -> None:
    patrol = stage.handheld(area.patrols[0])
    ana = stage.button(area.apps[0], area.spot())
    ana.get_by_role("switch").check()
    press(ana)
    expect(call_of(ana).locator("h2")).to_have_text("Simulacro")
    expect(patrol.locator("#headline h2")).to_contain_text("Simulacro")


def test_another_patrols_answer_leaves_nothing_to_accept(stage: Stage, area: Area) -> None:
    first, second = (stage.handheld(each) for each in area.patrols)
    ana = stage.button(area.apps[0], area.spot())
    press(ana)
    expect(call_of(ana)).to_contain_text("Entregada a 2")
    first.get_by_role("button", name="Aceptar").click()
    expect(second.locator("#headline")).to_contain_text(f"En camino: {area.patrols[0]}")
    expect(second.get_by_role("button", name="Aceptar")).to_have_count(0)


def test_off_duty_a_patrol_is_not_called(stage: Stage, area: Area) -> None:
    patrol = stage.handheld(area.patrols[0])
    patrol.get_by_role("button", name="Salir de servicio").click()
    expect(patrol.locator("#duty")).to_contain_text("Fuera de servicio no recibe alertas.")
    ana = stage.button(area.apps[0], area.spot())
    press(ana)
    expect(call_of(ana)).to_contain_text("nadie está conectado para atenderla todavía")
    expect(patrol.locator(".row")).to_have_count(0)
    patrol.get_by_role("button", name="Entrar en servicio").click()
    expect(patrol.locator("#headline h2")).to_contain_text("Pánico")


def test_english_is_one_touch_away_and_stays(stage: Stage, area: Area) -> None:
    patrol = stage.handheld(area.patrols[0])
    ana = stage.button(area.apps[0], area.spot())
    for page in (patrol, ana):
        page.get_by_role("button", name="English").click()
        expect(page.locator("html")).to_have_attribute("lang", "en")
    press(ana)
    expect(call_of(ana)).to_contain_text("Delivered: 1 handheld shows it. Wait for a confirmation.")
    expect(patrol.get_by_role("button", name="Accept", exact=True)).to_be_visible()
    ana.reload()
    is_connected(ana)
    expect(ana.locator("#help")).to_contain_text(re.compile("press and hold", re.IGNORECASE))
    spanish = re.compile("[áéíóúñ¿¡]")
    for page in (patrol, ana):
        said = page.locator("main#ready").inner_text()
        assert not spanish.search(said), said


def test_of_two_alerts_the_chosen_one_is_answered_and_the_focus_stays(
    stage: Stage, area: Area
) -> None:
    patrol = stage.handheld(area.patrols[0], size=DESKTOP)
    ana, eva = (stage.button(area.apps[at], area.spot(12 * at)) for at in (0, 1))
    for page in (ana, eva):
        press(page)
        expect(call_of(page)).to_contain_text("Entregada a 1")
    expect(patrol.locator(".row")).to_have_count(2)
    chosen = patrol.locator(f".row[data-alert='{call_of(eva).get_attribute('data-signal')}']")
    chosen.focus()
    since = chosen.locator(".row-since")
    was = since.inner_text()
    expect(since).not_to_have_text(was)  # it was drawn again
    expect(chosen).to_be_focused()
    patrol.keyboard.press("Enter")
    expect(patrol.locator("#facts")).to_contain_text(f"Ana {area.apps[1]}")
    patrol.get_by_role("button", name="Aceptar").click()
    expect(call_of(eva)).to_contain_text(f"Aceptada por {area.patrols[0]}")
    expect(call_of(ana)).not_to_contain_text("Aceptada por")
