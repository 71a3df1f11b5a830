"""Presses and commands over HTTP, through the console to the core and the handheld."""

import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import trio

from dispatch.console.access.gatekeeper import COOKIE, OWN_HEADER
from protocol.codec import to_json
from protocol.messages import FrontMessage
from protocol.vocabulary import AlertState, Outcome
from tests.live.devices import credentials, device, on_duty, press
from tests.live.program import PATIENCE_S, Area, Program

PASSWORD = "correct horse battery"
OWN = {OWN_HEADER: "1"}


@asynccontextmanager
async def http(program: Program) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        base_url=program.console_url, trust_env=False, timeout=PATIENCE_S
    ) as client:
        yield client


async def log_in(program: Program, client: httpx.AsyncClient, role: str) -> dict[str, Any]:
    """Make an account with the command that an operator uses, and log in. Returns what was said,
    with the headers of the session."""
    account = f"{role}-http"
    if account not in program.tokens:
        await trio.to_thread.run_sync(
            lambda: program.command(
                *("account", "add", account, "--name", "Sala", "--role", role),
                stdin=PASSWORD + "\n",
            )
        )
        program.tokens[account] = PASSWORD  # no log may hold it
    login = {"account_id": account, "password": PASSWORD}
    answer = await client.post("/v1/session", json=login, headers=OWN)
    assert answer.status_code == 201, answer.text
    cookie = answer.headers["Set-Cookie"].partition(";")[0]
    assert cookie.startswith(COOKIE)
    return answer.json() | {"headers": {"Cookie": cookie} | OWN}


async def bearer(program: Program, device_id: str) -> dict[str, str]:
    token = (await credentials(program, device_id)).token
    return {"Authorization": f"Bearer {device_id}:{token}"}


async def test_a_press_over_http_reaches_the_handheld_and_is_answered_once_stored(
    program: Program, area: Area
) -> None:
    async with on_duty(program, area.patrols[0]) as patrol, http(program) as client:
        ana = await bearer(program, area.apps[0])
        async with device(program, area.apps[0]):
            pass  # the first hello spends the code
        pressed = press(area.spot())
        frame = json.loads(to_json(pressed))
        answer = await client.post("/v1/signals", json=frame, headers=ana)
        assert answer.status_code == 202, answer.text
        receipt = answer.json()
        assert (receipt["type"], receipt["stored"]) == ("receipt", True)
        seen = await patrol.hear_of(pressed.signal_id)
        assert seen.sender.device_id == area.apps[0]
        again = await client.post("/v1/signals", json=frame, headers=ana)
        assert (again.status_code, again.json()["alert_id"]) == (202, seen.alert_id)
        assert again.json()["verdict"] == "first"

        bad = await client.post("/v1/signals", json={"kind": "panic"}, headers=ana)
        assert (bad.status_code, bad.json()["field"]) == (400, "signal_id")
        stranger = await client.post("/v1/signals", json=frame)
        assert stranger.status_code == 401
        patrols = await bearer(program, area.patrols[1])
        assert (await client.post("/v1/signals", json=frame, headers=patrols)).status_code == 403


async def test_the_control_room_closes_over_http_and_its_session_ends_live(
    program: Program, area: Area
) -> None:
    async with on_duty(program, area.patrols[0]) as patrol, http(program) as client:
        session = await log_in(program, client, "supervisor")
        program.tokens[session["device"]["device_id"]] = session["device"]["token"]
        async with on_duty(program, session["device"]["device_id"]) as room:
            async with device(program, area.apps[1]) as ana:
                pressed = press(area.spot(3))
                await ana.say(pressed)
                await room.hear_of(pressed.signal_id)
                path = f"/v1/alerts/{pressed.signal_id}"
                ending = {"outcome": Outcome.FALSE_ALARM, "note": "probando"}
                closed = await client.post(f"{path}/close", json=ending, headers=session["headers"])
                assert closed.status_code == 204, closed.text
                seen = await patrol.hear_of(pressed.signal_id)
                while seen.state is not AlertState.CLOSED:
                    seen = await patrol.hear_of(pressed.signal_id)
                assert (seen.outcome, seen.note) == (Outcome.FALSE_ALARM, "probando")
                again = await client.post(f"{path}/close", json=ending, headers=session["headers"])
                assert (again.status_code, again.json()["code"]) == (409, "conflict")
                nothing = await client.post(
                    f"/v1/alerts/{press(None).signal_id}/silence", headers=session["headers"]
                )
                assert nothing.status_code == 404
            await client.delete("/v1/session", headers=session["headers"])
            assert await room.closed_with() == 4501, "its device is revoked with it"


async def test_whoever_has_logged_in_is_known_to_the_core_at_once(program: Program) -> None:
    async with http(program) as client:
        for _ in range(4):
            session = (await log_in(program, client, "supervisor"))["device"]
            program.tokens[session["device_id"]] = session["token"]
            async with on_duty(program, session["device_id"]):
                pass  # it is welcome, or this raises


async def test_the_control_room_gives_an_alert_and_speaks_to_a_front_over_http(
    program: Program, area: Area
) -> None:
    front, member = f"front-{area.name}", f"member-{area.name}"
    async with on_duty(program, area.patrols[0]) as patrol, http(program) as client:
        session = await log_in(program, client, "administrator")
        headers = session["headers"]
        for path, item in (
            (f"/v1/fronts/{front}", {"front_id": front, "name": "Frente"}),
            (
                f"/v1/devices/{member}",
                {"device_id": member, "role": "app", "name": "Ana", "front_id": front},
            ),
        ):
            put = await client.put(path, json=item, headers=headers)
            assert put.status_code == 204, put.text
        code = await client.post(f"/v1/devices/{member}/code", headers=headers)
        program.codes[member] = code.json()["code"]
        async with device(program, member) as ana:
            pressed = press(area.spot(9))
            await ana.say(pressed)
            await patrol.hear_of(pressed.signal_id)
            path = f"/v1/alerts/{pressed.signal_id}"
            giving = {"device_id": area.patrols[0], "eta_s": 240}
            given = await client.post(f"{path}/assign", json=giving, headers=headers)
            assert given.status_code == 204, given.text
            seen = await patrol.hear_of(pressed.signal_id)
            assert seen.owner is not None
            assert (seen.owner.device_id, seen.owner.eta_s) == (area.patrols[0], 240)
            away = giving | {"device_id": area.patrols[1]}
            refused = await client.post(f"{path}/assign", json=away, headers=headers)
            assert (refused.status_code, refused.json()["code"]) == (409, "conflict")

            message_id = press(None).signal_id
            saying = {"message_id": message_id, "body": "Ya va", "alert_id": pressed.signal_id}
            said = await client.post(f"/v1/fronts/{front}/messages", json=saying, headers=headers)
            assert (said.status_code, said.json()["stored"]) == (202, True), said.text
            heard = await ana.hear_a(FrontMessage)
            assert (heard.body, heard.by, heard.alert_id) == ("Ya va", "Sala", pressed.signal_id)
            with trio.fail_after(PATIENCE_S):
                while not (await said_about(client, pressed.signal_id, headers)):  # noqa: ASYNC110
                    await trio.sleep(0.1)


async def said_about(
    client: httpx.AsyncClient, alert_id: str, headers: dict[str, str]
) -> list[dict[str, Any]]:
    """What the record has of what was said about an alert."""
    answer = await client.get("/v1/messages", params={"alert": alert_id}, headers=headers)
    messages: list[dict[str, Any]] = answer.json()["messages"]
    return messages


async def test_an_address_presses_and_a_tracker_behind_a_gateway_too(
    program: Program, area: Area
) -> None:
    async with on_duty(program, area.patrols[0]) as patrol, http(program) as client:
        session = await log_in(program, client, "administrator")
        headers = session["headers"]
        given = await client.post(f"/v1/devices/{area.button}/hook", headers=headers)
        assert given.status_code == 201, given.text
        pressed = await client.get(given.json()["path"])
        assert pressed.status_code == 202, pressed.text
        seen = await patrol.hear_of(pressed.json()["signal_id"])
        assert seen.sender.device_id == area.button
        assert (await client.get(given.json()["path"] + "x")).status_code == 401

        gateway, tracker = f"traccar-{area.name}", f"tracker-{area.name}"
        for item in (
            {"device_id": gateway, "role": "gateway", "name": "Traccar"},
            {"device_id": tracker, "role": "button", "name": "T", "gateway_id": gateway},
        ):
            put = await client.put(f"/v1/devices/{item['device_id']}", json=item, headers=headers)
            assert put.status_code == 204, put.text
        path = (await client.post(f"/v1/devices/{gateway}/hook", headers=headers)).json()["path"]
        spot = area.spot(5)
        forwarded = {
            "event": {"id": 1, "type": "alarm", "attributes": {"alarm": "sos"}},
            "position": {"latitude": spot.lat, "longitude": spot.lon},
            "device": {"uniqueId": tracker},
        }
        answer = await client.post(f"{path}/traccar", json=forwarded)
        assert answer.status_code == 202, answer.text
        seen = await patrol.hear_of(answer.json()["signal_id"])
        assert seen.signals_total >= 1
        others = forwarded | {"device": {"uniqueId": area.button}}
        assert (await client.post(f"{path}/traccar", json=others)).status_code == 403
        quiet = forwarded | {"event": {"id": 2, "type": "deviceOnline"}}
        assert (await client.post(f"{path}/traccar", json=quiet)).status_code == 204
        assert (await client.get(path)).status_code == 400
        assert not [line for line in program.lines if path.rpartition("/")[2] in line]


async def test_without_a_core_it_says_to_come_back_and_with_one_it_goes_on(
    program: Program, area: Area
) -> None:
    async with http(program) as client:
        ana = await bearer(program, area.apps[2])
        async with device(program, area.apps[2]):
            pass
        mark = program.mark()
        os.kill(program.pid_of("core"), signal.SIGKILL)
        frame = json.loads(to_json(press(area.spot(7))))
        statuses = []
        with trio.fail_after(PATIENCE_S):
            while not statuses or statuses[-1] != 202:
                answer = await client.post("/v1/signals", json=frame, headers=ana)
                statuses.append(answer.status_code)
                assert answer.status_code in (202, 503)
                if answer.status_code == 503:
                    assert answer.headers["Retry-After"]
        await trio.to_thread.run_sync(program.wait_ready, "core", mark)
