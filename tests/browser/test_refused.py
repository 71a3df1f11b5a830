"""A press that the server will not have: the page says so, and what to do, and loses nothing."""

import pytest
from playwright.sync_api import BrowserContext, Page, WebSocketRoute, expect

from tests.browser.stage import CORE, Stage, call_of, hold, is_connected, press
from tests.live.kit import bring_in
from tests.live.program import Area

KEPT = """() => new Promise((resolve) => {
    indexedDB.open("cuadrante-boton").onsuccess = ({ target: { result: database } }) => {
      const ask = database.transaction("device").objectStore("device").get("self");
      ask.onsuccess = () => resolve(ask.result);
    };
})"""
PRESSES = """async ([device, signalId]) => {
    const answer = await fetch("/v1/signals", {
      method: "POST",
      headers: { Authorization: `Bearer ${device.device_id}:${device.token}` },
      body: JSON.stringify({ signal_id: signalId, kind: "panic" }),
    });
    return answer.status;
}"""
"""Another client of the same device's, with an id of its choice."""


class Network:
    """What lies between a window and the server; it may let no WebSocket through."""

    def __init__(self, window: BrowserContext) -> None:
        self.lets_sockets_through = True
        window.route_web_socket(CORE, self._pass)

    def _pass(self, socket: WebSocketRoute) -> None:
        if self.lets_sockets_through:
            socket.connect_to_server()
        else:
            socket.close()


@pytest.fixture
def window(stage: Stage, area: Area) -> BrowserContext:
    stage.forgives_network = True  # a browser reports a refusal as one
    return stage.window(at=area.spot())


@pytest.fixture
def network(window: BrowserContext) -> Network:
    return Network(window)


@pytest.fixture
def ana(stage: Stage, area: Area, window: BrowserContext, network: Network) -> Page:
    """Her button, on a network that lets no WebSocket through any more."""
    page = stage.open(f"/boton#code={stage.program.codes[area.apps[0]]}", window)
    is_connected(page)
    network.lets_sockets_through = False
    page.reload()
    expect(page.locator("#help")).to_be_visible()
    return page


def test_whom_the_server_does_not_know_is_told_and_a_new_code_lets_the_press_out(
    stage: Stage, area: Area, ana: Page, network: Network
) -> None:
    patrol = stage.handheld(area.patrols[0])
    stage.program.command("revoke", area.apps[0], "--reason", "lost")
    press(ana)
    expect(call_of(ana)).to_contain_text("no reconoce este teléfono: el llamado NO ha salido")
    signal = call_of(ana).get_attribute("data-signal")
    ana.get_by_role("button", name="Tengo un código nuevo").click()
    network.lets_sockets_through = True
    ana.get_by_label("Código").fill(stage.program.codes[area.apps[1]])
    ana.keyboard.press("Enter")
    expect(patrol.locator(".row")).to_have_attribute("data-alert", signal or "")
    expect(call_of(ana)).to_contain_text("Entregada a 1")


def test_a_device_that_may_not_press_says_so_and_sends_to_123(
    stage: Stage, area: Area, ana: Page
) -> None:
    patrol = {"device_id": area.apps[0], "role": "patrol", "name": "Ana"}
    bring_in(stage.program, [{**patrol, "quadrant": area.quadrant}])
    press(ana)
    expect(call_of(ana)).to_contain_text("Este dispositivo no tiene permiso para esto.")
    expect(call_of(ana)).to_contain_text("Este llamado no salió. Llame al 123.")
    ana.get_by_role("button", name="Listo").click()
    expect(ana.locator(".call")).to_have_count(0)


def test_a_press_whose_id_is_taken_leaves_under_another(
    stage: Stage, area: Area, ana: Page
) -> None:
    patrol = stage.handheld(area.patrols[0])
    eva = stage.button(area.apps[1], area.spot(12))
    ana.context.set_offline(True)
    hold(ana.locator("#help"))
    signal = call_of(ana).get_attribute("data-signal")
    assert eva.evaluate(PRESSES, [eva.evaluate(KEPT), signal]) == 202
    ana.context.set_offline(False)
    expect(call_of(ana).locator("[data-stage=stored].reached")).to_be_visible()
    renamed = call_of(ana).get_attribute("data-signal")
    assert renamed != signal
    expect(patrol.locator(".row")).to_have_attribute("data-alert", renamed or "")
    expect(ana.locator(".call")).to_have_count(1)
