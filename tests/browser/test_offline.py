"""Without a network a page opens, a press is kept, and nobody is told what is not so."""

import re

from playwright.sync_api import Page, expect

from tests.browser.stage import CORE, Stage, call_of, is_connected, press, until
from tests.live.program import Area

LONG_AGO_MS = 16 * 60_000


def is_kept(page: Page) -> None:
    """Wait until the page is on the device."""
    page.evaluate("async () => { await navigator.serviceWorker.ready }")


def is_gone(page: Page) -> None:
    expect(page.locator("#link[data-state=down]")).to_be_visible()


def test_a_press_without_network_is_kept_and_delivered_when_it_is_back(
    stage: Stage, area: Area
) -> None:
    stage.forgives_network = True
    patrol = stage.handheld(area.patrols[0])
    ana = stage.button(area.apps[0], area.spot(), keeps_pages=True)
    is_kept(ana)
    ana.context.set_offline(True)
    ana.reload()  # a dead battery: the page opens from the device, and has never been connected
    is_gone(ana)
    press(ana)
    expect(call_of(ana)).to_contain_text("Sin red. Guardada en este teléfono")
    signal = call_of(ana).get_attribute("data-signal")
    ana.reload()
    expect(call_of(ana)).to_contain_text("Sin red. Guardada en este teléfono")
    expect(patrol.locator(".row")).to_have_count(0)
    ana.context.set_offline(False)
    expect(patrol.locator(".row")).to_have_attribute("data-alert", signal or "")
    expect(call_of(ana)).to_contain_text("Entregada a 1")
    expect(ana.locator(".call")).to_have_count(1)


def test_a_reload_in_the_middle_shows_the_same_call(stage: Stage, area: Area) -> None:
    patrol = stage.handheld(area.patrols[0])
    ana = stage.button(area.apps[0], area.spot())
    press(ana)
    patrol.get_by_role("button", name="10 min").click()
    accepted = re.compile("llega en 10 min")
    expect(call_of(ana)).to_contain_text(accepted)
    signal = call_of(ana).get_attribute("data-signal")
    for page in (ana, patrol):
        page.reload()
        is_connected(page)
    expect(call_of(ana)).to_contain_text(accepted)
    assert call_of(ana).get_attribute("data-signal") == signal
    expect(patrol.locator(".row")).to_have_attribute("data-alert", signal or "")
    expect(patrol.locator("#duty")).to_contain_text("En servicio")
    patrol.get_by_role("button", name="Llegué al sitio").click()
    expect(call_of(ana).locator("[data-stage=on_scene].reached")).to_be_visible()


def test_a_handheld_without_network_says_so_loudly_and_answers_when_it_is_back(
    stage: Stage, area: Area
) -> None:
    stage.forgives_network = True
    patrol = stage.handheld(area.patrols[0], keeps_pages=True)
    is_kept(patrol)
    ana = stage.button(area.apps[0], area.spot())
    press(ana)
    expect(call_of(ana)).to_contain_text("Entregada a 1")
    patrol.context.set_offline(True)
    expect(patrol.get_by_role("alert")).to_contain_text("SIN CONEXIÓN: no recibe alertas")
    patrol.get_by_role("button", name="2 min", exact=True).click()
    expect(patrol.locator("#deeds")).to_contain_text("Sin conexión: sale apenas vuelva.")
    expect(call_of(ana)).not_to_contain_text("Aceptada por")
    patrol.context.set_offline(False)
    expect(call_of(ana)).to_contain_text("llega en 2 min")
    expect(patrol.get_by_role("alert")).to_be_empty()


def test_a_device_that_was_withdrawn_asks_for_a_new_code(stage: Stage, area: Area) -> None:
    ana = stage.button(area.apps[0], area.spot())
    stage.program.command("revoke", area.apps[0], "--reason", "lost")
    expect(ana.locator("#link")).to_contain_text("El servidor ya no reconoce este dispositivo")
    ana.get_by_role("button", name="Tengo un código nuevo").click()
    expect(ana.get_by_label("Código")).to_be_visible()


def test_the_same_device_in_another_window_pauses_the_first(stage: Stage, area: Area) -> None:
    first = stage.button(area.apps[0], area.spot())
    second = stage.open("/boton", first.context)
    is_connected(second)
    expect(first.locator("#link")).to_contain_text("Se abrió en otra ventana")
    first.get_by_role("button", name="Usar aquí").click()
    is_connected(first)
    expect(second.locator("#link")).to_contain_text("Se abrió en otra ventana")


def test_where_no_websocket_gets_through_a_press_leaves_over_http(stage: Stage, area: Area) -> None:
    stage.forgives_network = True
    patrol = stage.handheld(area.patrols[0])
    ana = stage.button(area.apps[0], area.spot())
    ana.route_web_socket(CORE, lambda socket: socket.close())
    ana.reload()
    press(ana)
    expect(patrol.locator("#headline h2")).to_contain_text("Pánico")
    stored = call_of(ana).locator("[data-stage=stored].reached")
    expect(stored).to_be_visible()
    expect(call_of(ana)).to_contain_text("Sin conexión: última noticia")
    assert call_of(ana).get_attribute("data-signal") == patrol.locator(".row").get_attribute(
        "data-alert"
    )


def test_an_answer_without_network_outlives_a_reload_and_is_given_once(
    stage: Stage, area: Area
) -> None:
    stage.forgives_network = True
    patrol_id = area.patrols[0]
    patrol = stage.handheld(patrol_id, keeps_pages=True)
    is_kept(patrol)
    ana = stage.button(area.apps[0], area.spot())
    press(ana)
    expect(call_of(ana)).to_contain_text("Entregada a 1")
    patrol.context.set_offline(True)
    is_gone(patrol)
    patrol.get_by_role("button", name="2 min", exact=True).click()
    patrol.reload()  # a dead battery: the page opens from the device, and knows of no alert
    expect(patrol.get_by_role("alert")).to_contain_text("Respuestas suyas por salir: 1.")
    patrol.context.set_offline(False)
    expect(call_of(ana)).to_contain_text("llega en 2 min")
    expect(patrol.get_by_role("button", name="Llegué al sitio")).to_be_visible()
    patrol.reload()
    is_connected(patrol)
    expect(patrol.get_by_role("button", name="Llegué al sitio")).to_be_visible()
    signal = call_of(ana).get_attribute("data-signal")
    given = "SELECT device_id FROM alert_events WHERE alert_id = $1::uuid AND kind = 'accepted'"
    assert until(lambda: stage.ask_database(given, signal)) == [(patrol_id,)]


def test_an_answer_of_long_ago_is_not_given_and_the_patrol_is_told(
    stage: Stage, area: Area
) -> None:
    stage.forgives_network = True
    patrol = stage.handheld(area.patrols[0])
    ana = stage.button(area.apps[0], area.spot())
    press(ana)
    patrol.context.set_offline(True)
    is_gone(patrol)
    patrol.get_by_role("button", name="2 min", exact=True).click()
    patrol.clock.install()
    patrol.clock.fast_forward(LONG_AGO_MS)
    patrol.context.set_offline(False)
    expect(patrol.locator("#toasts")).to_contain_text("Su respuesta no alcanzó a salir a tiempo.")
    expect(patrol.get_by_role("button", name="Aceptar")).to_be_visible()
    expect(call_of(ana)).not_to_contain_text("Aceptada por")
