"""The control room's door: who is let in, and who is not."""

import re

import pyotp
from playwright.sync_api import expect

from tests.browser.stage import DESKTOP, PASSWORD, Stage, is_connected, log_in


def test_nobody_is_let_in_without_the_password(stage: Stage, eva: str) -> None:
    stage.forgives_network = True  # a browser reports the 401 of a wrong password as one
    page = stage.open("/sala", stage.window(size=DESKTOP))
    log_in(page, eva, "no es esta")
    expect(page.get_by_role("alert").first).to_contain_text("no coinciden")
    expect(page.locator("#room")).to_be_hidden()
    log_in(page, eva)
    is_connected(page)
    expect(page.locator("#who")).to_have_text("Eva Ruiz")
    page.reload()
    is_connected(page)
    page.get_by_role("button", name="Salir").click()
    expect(page.get_by_label("Cuenta")).to_be_visible()
    page.reload()
    expect(page.get_by_label("Cuenta")).to_be_visible()


def test_an_account_with_one_time_passwords_is_asked_for_one(stage: Stage) -> None:
    stage.forgives_network = True  # the two that are turned away
    account = ("rosa", "--name", "Rosa Gil", "--role", "operator", "--totp")
    shown = stage.program.command("account", "add", *account, stdin=f"{PASSWORD}\n")
    authenticator = pyotp.parse_uri(re.search(r"otpauth://\S+", shown)[0])
    page = stage.open("/sala", stage.window(size=DESKTOP))
    one_time = page.get_by_label("Código del autenticador")
    expect(one_time).to_be_hidden()
    log_in(page, "rosa")
    expect(one_time).to_be_focused()
    right = authenticator.now()
    one_time.fill(str((int(right) + 1) % 1_000_000).zfill(6))
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").first).to_contain_text("no coinciden")
    expect(page.locator("#room")).to_be_hidden()
    one_time.fill(authenticator.now())
    page.keyboard.press("Enter")
    is_connected(page)
    expect(page.locator("#who")).to_have_text("Rosa Gil")
