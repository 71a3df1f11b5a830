"""The control room: who is let in, what it sees of a press as it happens, and what it can do."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.stage import DESKTOP, PHONE, Stage, call_of, is_connected, press
from tests.browser.test_quality import serious
from tests.live.program import Area


def look_for(page: Page, area: Area) -> None:
    """Other tests leave alerts open: only this area's."""
    page.locator("#search").fill(area.quadrant)


def test_a_press_its_answer_and_its_end_in_three_pages(stage: Stage, area: Area, eva: str) -> None:
    page = stage.room(eva)
    look_for(page, area)
    expect(page.locator("#queue")).to_have_attribute("data-none", re.compile("Ninguna|Sin"))
    patrol = stage.handheld(area.patrols[0])
    ana = stage.button(area.apps[0], area.spot())
    press(ana)
    row = page.locator(".queue-row")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("Sin atender")
    expect(row).to_contain_text("siguiente en 0:")
    expect(page.locator(".mark-unanswered")).to_have_count(1)
    row.click()
    expect(page.locator("#headline h2")).to_contain_text("Pánico")
    expect(page.locator("#facts")).to_contain_text(f"Ana {area.apps[0]}")
    patrol.get_by_role("button", name="5 min", exact=True).click()
    expect(row).to_contain_text(f"En camino: {area.patrols[0]}")
    expect(row).to_contain_text("llega en 5 min")
    expect(page.locator(".mark-answered")).to_have_count(1)
    for happened in ("Señal", "Despachada", "Vista en un equipo", "Aceptada"):
        expect(page.locator("#story li", has_text=happened).first).to_be_visible()
    expect(page.locator("#health")).to_contain_text("servidor bien")
    expect(page.locator("#health")).to_contain_text(re.compile(r"entrega \d+ ms"))
    page.get_by_role("button", name="Cerrar la alerta").click()
    page.get_by_label("Sin novedad").check()
    page.get_by_role("button", name="Cerrar", exact=True).click()
    expect(page.locator("#toasts")).to_contain_text("La alerta terminó")
    expect(row).to_have_count(0)
    expect(call_of(ana)).to_contain_text("Cerrada")
    expect(patrol.locator("#alerts")).to_contain_text("Sin alertas abiertas.")


def test_patrols_are_on_the_map_while_they_are_on_duty(stage: Stage, area: Area, eva: str) -> None:
    page = stage.room(eva)
    patrol = stage.handheld(area.patrols[0], at=area.spot(2))
    expect(page.locator("#counts")).to_have_text(re.compile(r"patrullas: [1-9]"))
    dots = page.locator(".patrol-dot")
    expect(dots).to_have_count(1)
    dots.hover(force=True)
    expect(page.locator(".leaflet-tooltip")).to_have_text(area.patrols[0])
    patrol.get_by_role("button", name="Salir de servicio").click()
    expect(dots).to_have_count(0)


def test_an_alert_is_given_by_hand_to_a_patrol(stage: Stage, area: Area, eva: str) -> None:
    page = stage.room(eva)
    look_for(page, area)
    patrol = stage.handheld(area.patrols[1])
    ana = stage.button(area.apps[0], area.spot())
    press(ana)
    row = page.locator(".queue-row")
    row.click()
    page.get_by_role("button", name="Asignar").click()
    choice = page.get_by_label("Patrulla", exact=True)
    expect(choice.locator("option")).to_have_count(2)
    choice.select_option(area.patrols[0])
    page.get_by_role("button", name="Asignar", exact=True).last.click()
    expect(page.locator("#toasts")).to_contain_text("no está conectada y en servicio")
    page.get_by_role("button", name="Asignar").click()
    page.locator("#patrolSearch").fill(area.patrols[1])
    expect(choice.locator("option")).to_have_count(1)
    assert not serious(page)
    page.get_by_label("Llega en (minutos)").fill("7")
    page.get_by_role("button", name="Asignar", exact=True).last.click()
    expect(row).to_contain_text(f"En camino: {area.patrols[1]}")
    expect(call_of(ana)).to_contain_text(f"Aceptada por {area.patrols[1]}, llega en 7 min")
    expect(patrol.get_by_role("button", name="Llegué al sitio")).to_be_visible()
    expect(page.locator("#story")).to_contain_text("La sala la asignó")


def test_filters_leave_what_was_asked_for(stage: Stage, area: Area, eva: str) -> None:
    page = stage.room(eva)
    patrol = stage.handheld(area.patrols[0])
    for app, at in zip(area.apps[:2], (0, 3), strict=True):
        press(stage.button(app, area.spot(at)))
    look_for(page, area)
    rows = page.locator(".queue-row")
    expect(rows).to_have_count(2)
    patrol.get_by_role("button", name="2 min", exact=True).click()
    page.locator("#stateFilter").select_option("unanswered")
    expect(rows).to_have_count(1)
    page.locator("#stateFilter").select_option("underWay")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("En camino")
    page.locator("#kindFilter").select_option("fire")
    expect(rows).to_have_count(0)
    expect(page.locator("#counts")).to_contain_text("0 de ")
    page.locator("#kindFilter").select_option("")
    page.locator("#stateFilter").select_option("all")
    rows.first.focus()
    page.keyboard.press("ArrowDown")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#headline h2")).to_contain_text("Pánico")


def test_a_device_is_brought_in_and_enrolled_with_a_printed_code(
    stage: Stage, area: Area, eva: str
) -> None:
    page = stage.room(eva)
    page.get_by_role("button", name="Administración").click()
    page.get_by_role("button", name="Agregar").click()
    page.get_by_label("Identificador", exact=True).fill("patrol-of-eva")
    page.get_by_label("Nombre", exact=True).fill("Patrulla de Eva")
    page.locator("#edit-role").select_option("patrol")
    page.get_by_label("Cuadrante que patrulla").fill(area.quadrant)
    page.get_by_role("button", name="Guardar").click()
    entry = page.locator(".entry")
    expect(entry).to_have_count(1)
    expect(entry).to_contain_text(f"patrol-of-eva · Patrulla · {area.quadrant}")
    expect(entry).to_contain_text("Sin código")
    entry.get_by_role("button", name="Código de activación").click()
    expect(page.get_by_alt_text("Código QR")).to_be_visible()
    assert page.locator(".qr").evaluate("(image) => image.decode().then(() => image.naturalWidth)")
    page.emulate_media(media="print")
    expect(page.locator(".sheet")).to_be_visible()
    expect(page.locator("#room")).to_be_hidden()
    expect(page.locator("#sheetPrint")).to_be_hidden()
    page.emulate_media(media="screen")
    code = page.locator(".sheet-code").inner_text()
    page.get_by_role("button", name="Listo").click()
    handheld = stage.open(f"/patrulla#code={code}")
    is_connected(handheld)
    expect(handheld.locator("#name")).to_have_text("Patrulla de Eva")
    expect(entry).to_contain_text("Activado")  # nobody asked: it looks by itself
    page.once("dialog", lambda dialog: dialog.accept("se perdió"))
    entry.get_by_role("button", name="Retirar").click()
    expect(entry).to_contain_text("Retirado")
    expect(handheld.locator("#link")).to_contain_text("ya no reconoce este dispositivo")


def test_a_front_keeps_what_its_form_does_not_change(stage: Stage, area: Area, eva: str) -> None:
    page = stage.room(eva)
    page.get_by_role("button", name="Administración").click()
    page.get_by_label("Frentes").check()
    page.get_by_role("button", name="Agregar").click()
    for label, value in {
        "Frente (identificador)": "front-of-eva",
        "Nombre": "Frente de Eva",
        "Barrio": "El Recreo",
        "Latitud": str(area.spot().lat),
        "Longitud": str(area.spot().lon),
        "Sirenas": "1",
        "Prueba de sirena, hora": "09:30",
    }.items():
        page.get_by_label(label, exact=True).fill(value)
    page.get_by_label("Prueba de sirena, día").select_option("Miércoles")
    page.get_by_role("button", name="Guardar").click()
    entry = page.locator(".entry")
    expect(entry).to_contain_text("Frente de Eva")
    entry.get_by_role("button", name="Modificar").click()
    page.get_by_label("Barrio").fill("Bosa")
    page.get_by_role("button", name="Guardar").click()
    expect(entry).to_contain_text("front-of-eva · Bosa")
    entry.get_by_role("button", name="Modificar").click()
    expect(page.get_by_label("Prueba de sirena, hora")).to_have_value("09:30")
    expect(page.get_by_label("Prueba de sirena, día")).to_have_value("3")
    expect(page.get_by_label("Sirenas")).to_have_value("1")
    expect(page.get_by_label("Longitud")).to_have_value(str(area.spot().lon))


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_everybody_can_use_it(stage: Stage, area: Area, eva: str, size: dict[str, int]) -> None:
    page = stage.room(eva, size=size)
    press(stage.button(area.apps[0], area.spot()))
    look_for(page, area)
    expect(page.locator(".queue-row")).to_have_count(1)
    assert not serious(page)
    page.locator(".queue-row").click()
    expect(page.locator("#story li").first).to_be_visible()
    assert not serious(page)
    page.get_by_role("button", name="Administración").click()
    expect(page.locator(".entry").first).to_be_visible()
    assert not serious(page)
    page.get_by_role("button", name="Agregar").click()
    assert not serious(page)
