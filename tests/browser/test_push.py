"""A handheld names how to be woken once it may, and shows a push without a page that is open."""

import json
from typing import Any

from playwright.sync_api import BrowserContext, Page

from tests.browser.stage import Stage, until
from tests.live.program import Area
from tests.push.receiver import Browser

# Debian's Chromium has no push service to subscribe with.
SUBSCRIBES = """
    const subscription = %s;
    PushManager.prototype.getSubscription = async () => null;
    PushManager.prototype.subscribe = async ({ userVisibleOnly, applicationServerKey }) => {
      if (!userVisibleOnly || applicationServerKey.length !== 65) throw new Error("no such key");
      return { toJSON: () => subscription };
    };
"""
SHOWN = """async () => {
    const { getNotifications } = ServiceWorkerRegistration.prototype;
    const shown = await getNotifications.call(await navigator.serviceWorker.ready);
    return shown.map(({ title, tag }) => [title, tag]);
}"""


def subscribing(window: BrowserContext, endpoint: str) -> BrowserContext:
    address = Browser().address(endpoint)
    keys = {"p256dh": address.p256dh, "auth": address.auth}
    window.add_init_script(SUBSCRIBES % json.dumps({"endpoint": endpoint, "keys": keys}))
    return window


def addresses(stage: Stage, device_id: str) -> list[tuple[Any, ...]]:
    query = "SELECT endpoint FROM push_addresses WHERE device_id = $1"
    return stage.ask_database(query, device_id)


def test_on_duty_it_says_how_to_be_woken_and_off_duty_it_is_forgotten(
    stage: Stage, area: Area
) -> None:
    (patrol, *_), endpoint = area.patrols, f"https://push.invalid/{area.name}"
    window = subscribing(stage.window(permissions=["notifications"], keeps_pages=True), endpoint)
    page = stage.handheld(patrol, window=window)
    assert until(lambda: addresses(stage, patrol)) == [(endpoint,)]
    page.get_by_role("button", name="Salir de servicio").click()
    until(lambda: not addresses(stage, patrol))


def test_a_push_is_shown_as_a_notification_of_its_alert(stage: Stage, area: Area) -> None:
    window = stage.window(permissions=["notifications"], keeps_pages=True)
    page = stage.open("/patrulla", window)
    page.evaluate("async () => { await navigator.serviceWorker.ready }")
    deliver(page, {"alert_id": "a-1", "urgency": "normal"})
    assert until(lambda: page.evaluate(SHOWN)) == [["Alerta en su cuadrante", "a-1"]]
    deliver(page, {"alert_id": "a-2", "urgency": "low"})
    shown = until(lambda: (both := page.evaluate(SHOWN))[1:] and both)
    assert ["Simulacro en su cuadrante", "a-2"] in shown


def test_a_neighbour_says_how_to_be_woken_and_hears_how_far_the_call_has_got(
    stage: Stage, area: Area
) -> None:
    (ana, *_), endpoint = area.apps, f"https://push.invalid/ana-{area.name}"
    window = subscribing(stage.window(permissions=["notifications"], keeps_pages=True), endpoint)
    page = stage.button(ana, window=window)
    assert until(lambda: addresses(stage, ana)) == [(endpoint,)]
    assert page.get_by_role("button", name="Avisarme con la pantalla apagada").is_hidden()
    page.evaluate("async () => { await navigator.serviceWorker.ready }")
    deliver(page, {"alert_id": "a-3", "urgency": "normal", "stage": "accepted"})
    assert until(lambda: page.evaluate(SHOWN)) == [["Una patrulla acude a su llamado", "a-3"]]
    deliver(page, {"alert_id": "a-3", "urgency": "normal", "stage": "delivered"})
    nobody = [["Buscamos otra patrulla para su llamado", "a-3"]]
    until(lambda: page.evaluate(SHOWN) == nobody)


def deliver(page: Page, said: dict[str, str]) -> None:
    """Let the browser receive a push, as its push service would have it."""
    devtools = page.context.new_cdp_session(page)
    registered: list[str] = []
    devtools.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda news: registered.extend(each["registrationId"] for each in news["registrations"]),
    )
    devtools.send("ServiceWorker.enable")
    until(lambda: registered or page.evaluate("null"))
    origin = page.evaluate("location.origin")
    devtools.send(
        "ServiceWorker.deliverPushMessage",
        {"origin": origin, "registrationId": registered[-1], "data": json.dumps(said)},
    )
    devtools.detach()
