"""Panels and buttons on the wall, from their bytes to the handheld, over real processes."""

import http.client
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import trio

from clients.button.datagram import DatagramButton
from clients.button.device import ACCEPTED, DELIVERED, STORED
from clients.button.key import ButtonKey
from clients.panel import LINK_TEST, SELF_TEST, Panel, PanelEvent, Transport, call
from protocol.messages import Accept, Alert, Delivered
from protocol.sia_dc09.events import CONTACT_ID, SIA
from protocol.sia_dc09.faults import Answer
from protocol.vocabulary import FoundBy, Kind
from tests.live.devices import on_duty
from tests.live.kit import (
    BUTTON_KEY,
    HOST,
    KEY,
    TRANSPORTS,
    account,
    behind,
    bring_in,
    panel,
    panel_id,
    ports,
    sealed_account,
    sealed_panel_id,
    wall_button_id,
)
from tests.live.program import PATIENCE_S, Area, Program


@pytest.fixture(scope="session")
def kit(program: Program) -> dict[str, int]:
    """The gateway's ports, once the kit of every area is in the registry."""
    found = ports(program)
    bring_in(program, [device for area in program.areas for device in behind(area)])
    return found


@asynccontextmanager
async def known(port: int, of: str, **options: Any) -> AsyncIterator[Panel]:
    """A panel, from when the gateway has heard of it: a moment after it was imported."""
    async with panel(port, of, **options) as one:
        with trio.fail_after(PATIENCE_S):
            while (await one.send(LINK_TEST)).answer is not Answer.ACK:
                pass
        yield one


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("is_sealed", [False, True])
async def test_a_panels_press_reaches_the_handheld(
    transport: Transport, is_sealed: bool, kit: dict[str, int], program: Program, area: Area
) -> None:
    of = sealed_account(area) if is_sealed else account(area)
    key = KEY if is_sealed else None
    async with (
        on_duty(program, area.patrols[0]) as patrol,
        known(kit["panels"], of, transport=transport, key=key) as one,
    ):
        for kind, id_token in ((Kind.PANIC, SIA), (Kind.FIRE, CONTACT_ID)):
            reply = await one.send(call(kind, id_token=id_token))
            assert reply.answer is Answer.ACK
            alert = await patrol.hear_a(Alert, lambda each, kind=kind: each.kind is kind)
            assert alert.sender.device_id == (sealed_panel_id if is_sealed else panel_id)(area)
            assert alert.place.found_by is FoundBy.REGISTERED
            assert alert.quadrant.code == area.quadrant


@pytest.mark.parametrize("event", [PanelEvent(SIA, "YT"), SELF_TEST[SIA], PanelEvent(SIA, "CL")])
async def test_what_calls_nobody_is_acknowledged_too(
    event: PanelEvent, kit: dict[str, int], area: Area
) -> None:
    async with known(kit["panels"], account(area)) as one:
        assert (await one.send(event)).answer is Answer.ACK


@pytest.mark.parametrize("is_tcp", [False, True])
async def test_a_buttons_lamp_tells_the_truth(
    is_tcp: bool, kit: dict[str, int], program: Program, area: Area
) -> None:
    key = ButtonKey(wall_button_id(area), BUTTON_KEY.hex())
    async with (
        on_duty(program, area.patrols[0]) as patrol,
        DatagramButton(key, HOST, kit["buttons"], tcp=is_tcp) as button,
    ):
        press = button.press()
        with trio.fail_after(PATIENCE_S):
            alert = await patrol.hear_a(Alert)
            assert alert.sender.device_id == wall_button_id(area)
            await press.until(STORED)
            await patrol.say(Delivered(alert_id=alert.alert_id, version=alert.version))
            await press.until(DELIVERED)
            await patrol.say(Accept(alert_id=alert.alert_id, eta_s=60))
            await press.until(ACCEPTED)


async def test_a_panel_is_served_as_soon_as_it_is_registered_and_no_longer_than_it_is(
    kit: dict[str, int], program: Program, area: Area
) -> None:
    other = "AAA" + area.name
    async with panel(kit["panels"], other) as one:
        assert (await one.send(LINK_TEST)).answer is Answer.DUH
        accounts = json.loads(get(kit["metrics"], "/unknown_accounts"))
        assert other in [each["account"] for each in accounts]
        device = behind(area)[0] | {"device_id": f"new-{area.name}"}
        device["wiring"] = {"protocol": "sia_dc09", "account": other}
        await trio.to_thread.run_sync(bring_in, program, [device])
        with trio.fail_after(PATIENCE_S):
            while (await one.send(LINK_TEST)).answer is not Answer.ACK:
                pass
        revoke = ("revoke", f"new-{area.name}", "--reason", "moved away")
        await trio.to_thread.run_sync(program.command, *revoke)
        with trio.fail_after(PATIENCE_S):
            while (await one.send(LINK_TEST)).answer is not Answer.DUH:
                pass


async def test_health_is_green_and_metrics_name_nobody(
    kit: dict[str, int], program: Program, area: Area
) -> None:
    async with known(kit["panels"], account(area)) as one:
        await one.send(call())
    assert json.loads(get(kit["metrics"], "/healthz"))["ok"]
    metrics = get(kit["metrics"], "/metrics")
    assert 'cuadrante_gateway_answers_total{answer="ACK",port="panels"}' in metrics
    assert panel_id(area) not in metrics


async def test_while_the_core_is_down_nothing_is_acknowledged_and_then_it_goes_out() -> None:
    with Program() as program:
        area = program.areas[0]
        await trio.to_thread.run_sync(program.settle)
        kit = ports(program)
        await trio.to_thread.run_sync(bring_in, program, behind(area))
        async with known(kit["panels"], account(area)) as one:
            core = program.pid_of("core")
            mark = program.mark()
            os.kill(core, signal.SIGKILL)
            reply = await one.send(call())  # sent again and again, to the core that comes
            assert reply.answer is Answer.ACK
            await trio.to_thread.run_sync(program.wait_ready, "core", mark)
            async with on_duty(program, area.patrols[0]) as patrol:
                alert = await patrol.hear_a(Alert)
                assert alert.sender.device_id == panel_id(area)
                assert alert.signals_total == 1


def get(port: int, path: str) -> str:
    connection = http.client.HTTPConnection(HOST, port, timeout=PATIENCE_S)
    try:
        connection.request("GET", path)
        return connection.getresponse().read().decode()
    finally:
        connection.close()
