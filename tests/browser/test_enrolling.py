"""A browser becomes a device by a link or by typing a code; what is wrong is said."""

from playwright.sync_api import expect

from tests.browser.stage import Stage, is_connected
from tests.live.program import Area


def test_a_typed_code_makes_a_device_that_stays(stage: Stage, area: Area) -> None:
    ana = stage.open("/boton")
    ana.get_by_label("Código").fill("AAAA-AAAA-AAAA")
    ana.get_by_role("button", name="Activar").click()
    expect(ana.get_by_role("alert")).to_contain_text("El código no es válido")
    ana.get_by_label("Código").fill(stage.program.codes[area.apps[0]].lower())
    ana.keyboard.press("Enter")
    is_connected(ana)
    ana.reload()
    is_connected(ana)


def test_the_code_of_a_link_leaves_the_address(stage: Stage, area: Area) -> None:
    ana = stage.button(area.apps[0])
    assert ana.url == f"{stage.program.console_url}/boton"


def test_a_patrols_code_makes_no_panic_button(stage: Stage, area: Area) -> None:
    ana = stage.open(f"/boton#code={stage.program.codes[area.patrols[0]]}")
    expect(ana.get_by_role("alert")).to_contain_text("Ese código es de otra clase de dispositivo")
    patrol = stage.handheld(area.patrols[0])  # and the code is not spent
    expect(patrol.locator("#name")).to_have_text(area.patrols[0])


def test_a_second_link_does_not_replace_a_device_unasked(stage: Stage, area: Area) -> None:
    ana = stage.button(area.apps[0])
    ana.goto(f"{stage.program.console_url}/boton#code={stage.program.codes[area.apps[1]]}")
    ana.get_by_role("button", name="Seguir con el actual").click()
    is_connected(ana)
    assert "code" not in ana.url
