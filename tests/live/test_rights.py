"""Who may see and do what on a live server, and what is put on its record."""

import json
import time
from functools import partial
from typing import Any

import pytest
import trio
from websockets.exceptions import InvalidStatus

from clients.app import App
from link.enrolment import enrol
from link.errors import EnrolmentFailed, Refused
from protocol.close_codes import CloseCode
from protocol.messages import (
    Accept,
    Alert,
    Arrive,
    Cancel,
    Close,
    Delivered,
    Duty,
    Enrol,
    Error,
    Hello,
    Position,
    Receipt,
)
from protocol.vocabulary import ErrorCode, Outcome, Stage
from tests.live.conftest import PAGE
from tests.live.devices import connected, credentials, device, on_duty, press
from tests.live.program import PATIENCE_S, Area, Program

DENIALS = "SELECT reason, alert_id::text FROM denials WHERE device_id = $1 ORDER BY denial_id"


async def denials_of(program: Program, device_id: str, count: int) -> list[tuple[Any, ...]]:
    """What was refused to a device, as soon as so much of it is on the record."""
    with trio.fail_after(PATIENCE_S):
        while True:
            rows = await trio.to_thread.run_sync(program.fetch, DENIALS, device_id)
            if len(rows) >= count:
                return rows


async def test_another_quadrants_patrol_sees_nothing_and_is_refused(
    program: Program, area: Area
) -> None:
    async with (
        on_duty(program, area.patrols[0]) as patrol,
        on_duty(program, area.stranger) as stranger,
        device(program, area.apps[0]) as ana,
    ):
        await stranger.synced()
        signal = press(area.spot())
        await ana.say(signal)
        await ana.hear_a(Receipt, lambda receipt: receipt.stored)  # that may take a while
        alert = await patrol.hear_of(signal.signal_id)
        assert await stranger.is_served() == []
        for action in (
            Delivered(alert_id=alert.alert_id, version=1),
            Accept(alert_id=alert.alert_id),
            Arrive(alert_id=alert.alert_id),
            Close(alert_id=alert.alert_id, outcome=Outcome.FALSE_ALARM),
        ):
            await stranger.say(action)
            error = await stranger.hear_a(Error)
            assert error.code is ErrorCode.UNKNOWN_ALERT
        await patrol.say(Accept(alert_id=alert.alert_id))
        assert (await ana.receipt(Stage.ACCEPTED)).patrol == area.patrols[0]
        assert (await ana.is_served()) == []
    recorded = await denials_of(program, area.stranger, 4)
    assert recorded == [("not_your_alert", alert.alert_id)] * 4


async def test_a_citizen_sees_and_touches_only_its_own(program: Program, area: Area) -> None:
    async with (
        on_duty(program, area.patrols[0]) as patrol,
        device(program, area.apps[0]) as ana,
        device(program, area.apps[1]) as beto,
    ):
        await beto.synced()
        signal = press(area.spot())
        await ana.say(signal)
        await patrol.hear_of(signal.signal_id)
        await beto.say(Cancel(signal_id=signal.signal_id))
        assert (await beto.hear_a(Error)).code is ErrorCode.UNKNOWN_ALERT
        await beto.say(Accept(alert_id=signal.signal_id), Duty(on_duty=True))
        for _ in range(2):
            assert (await beto.hear_a(Error)).code is ErrorCode.NOT_ALLOWED
        heard = await beto.is_served()
        assert not [each for each in heard if isinstance(each, Alert | Receipt)]
        await ana.receipt(Stage.RECEIVED)
        assert not [each for each in await ana.is_served() if isinstance(each, Alert)]
    recorded = await denials_of(program, area.apps[1], 3)
    assert [reason for reason, _ in recorded] == ["not_your_alert", "role", "role"]


async def test_a_patrol_that_is_off_duty_is_not_called_and_may_not_act(
    program: Program, area: Area
) -> None:
    async with (
        on_duty(program, area.patrols[0]) as patrol,
        device(program, area.patrols[1], on_duty=False) as off_duty,
        device(program, area.apps[0]) as ana,
    ):
        signal = press(area.spot())
        await ana.say(signal)
        await patrol.hear_of(signal.signal_id)
        assert not [each for each in await off_duty.is_served() if isinstance(each, Alert)]
        await off_duty.say(Accept(alert_id=signal.signal_id))
        assert (await off_duty.hear_a(Error)).code is ErrorCode.OFF_DUTY
        await off_duty.say(Duty(on_duty=True))
        assert (await off_duty.hear_of(signal.signal_id)).alert_id == signal.signal_id


async def test_before_the_greeting_nothing_counts(program: Program, area: Area) -> None:
    async with connected(program) as stranger:
        await stranger.say(press(area.spot()))
        assert (await stranger.hear_a(Error)).code is ErrorCode.NOT_GREETED


@pytest.mark.parametrize("device_id", ["known", "no-such-device"])
async def test_a_wrong_token_is_hung_up_on(device_id: str, program: Program, area: Area) -> None:
    device_id = area.apps[0] if device_id == "known" else device_id
    await credentials(program, area.apps[0])
    async with connected(program) as impostor:
        await impostor.say(Hello(device_id=device_id, token="wrong"))
        assert await impostor.closed_with() == CloseCode.BAD_CREDENTIALS


async def test_the_same_device_elsewhere_replaces_itself(program: Program, area: Area) -> None:
    async with (
        on_duty(program, area.patrols[0]) as old,
        device(program, area.patrols[0]) as new,
        device(program, area.apps[0]) as ana,
    ):
        assert await old.closed_with() == CloseCode.REPLACED
        signal = press(area.spot())
        await ana.say(signal)
        await new.hear_of(signal.signal_id)


async def test_a_revocation_closes_a_live_connection(program: Program, area: Area) -> None:
    async with (
        device(program, area.apps[0]) as ana,
        device(program, area.apps[1]) as beto,
        trio.open_nursery() as nursery,
    ):
        command = partial(program.command, "revoke", area.apps[0], "--reason", "lost")
        nursery.start_soon(trio.to_thread.run_sync, command)
        assert await ana.closed_with() == CloseCode.REVOKED
        closed_at_s = time.time()
        await beto.is_served()
    query = "SELECT extract(epoch FROM revoked_at)::float8 FROM devices WHERE device_id = $1"
    ((revoked_at_s,),) = await trio.to_thread.run_sync(program.fetch, query, area.apps[0])
    print(f"closed {closed_at_s - revoked_at_s:.3f} s after the revocation")  # noqa: T201
    assert closed_at_s - revoked_at_s < PATIENCE_S  # it should be 1 s; the machine may be busy
    async with connected(program) as ana:
        token = program.tokens[area.apps[0]]
        await ana.say(Hello(device_id=area.apps[0], token=token))
        assert await ana.closed_with() in (CloseCode.BAD_CREDENTIALS, CloseCode.REVOKED)
    app = App(program.url, await credentials(program, area.apps[0]))
    with pytest.raises(Refused), trio.fail_after(PATIENCE_S):
        await _stay(app)


async def _stay(app: App) -> None:
    async with app:
        await trio.sleep_forever()


async def test_a_code_works_until_the_first_hello_and_never_again(
    program: Program, area: Area
) -> None:
    code = program.codes[area.apps[0]]
    lost = await enrol(program.url, code)  # as if the answer had got lost
    kept = await enrol(program.url, code.lower().replace("-", " "))
    assert lost.token != kept.token
    async with connected(program) as ana:
        await ana.greet(area.apps[0], kept.token)
        with trio.fail_after(PATIENCE_S):
            refused = None
            while refused is None:  # until the database has it, and the core has heard
                try:
                    await enrol(program.url, code)
                except EnrolmentFailed as failed:
                    refused = failed
                else:
                    assert await ana.closed_with() == CloseCode.REPLACED
                    pytest.fail("a spent code was traded again")


@pytest.mark.parametrize("wrong", ["0000-0000-0000", "x", "💥"])
async def test_a_wrong_code_is_refused(wrong: str, program: Program) -> None:
    with pytest.raises(EnrolmentFailed):
        await enrol(program.url, wrong)


async def test_codes_cannot_be_guessed_one_after_the_other(program: Program) -> None:
    async with connected(program) as guesser:
        for number in range(4):
            await guesser.say(Enrol(code=f"0000-0000-000{number}"))
        assert await guesser.closed_with() == CloseCode.TOO_MANY_ERRORS


async def test_an_expired_code_is_refused(program: Program, area: Area) -> None:
    await trio.to_thread.run_sync(
        lambda: program.fetch(
            "UPDATE devices SET code_expires_at = now() - interval '1 s' WHERE device_id = $1",
            area.apps[0],
        )
    )
    with pytest.raises(EnrolmentFailed):
        await enrol(program.url, program.codes[area.apps[0]])
    code = await trio.to_thread.run_sync(lambda: program.enrol(area.apps[0]))
    with trio.fail_after(PATIENCE_S):
        while True:
            try:
                await enrol(program.url, code)
            except EnrolmentFailed:
                continue  # the core has not heard of it yet
            break


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
async def test_a_browser_of_another_page_is_refused(origin: str, program: Program) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with connected(program, origin=origin):
            pass
    assert refused.value.response.status_code == 403


async def test_a_page_on_the_list_gets_in(program: Program) -> None:
    async with connected(program, origin=PAGE) as page:
        await page.is_served()


async def test_no_token_no_code_no_person_and_no_place_is_logged(
    program: Program, area: Area
) -> None:
    async with (
        on_duty(program, area.patrols[0]) as patrol,
        device(program, area.apps[0]) as ana,
    ):
        # Longer than the fraction of a time, which could look like it.
        here = Position(lat=area.south + 0.00123456789, lon=area.west + 0.00123456789)
        signal = press(here)
        await ana.say(signal)
        await patrol.hear_of(signal.signal_id)
    await trio.to_thread.run_sync(
        lambda: program.wait_logged(lambda said: said.get("alert") == signal.signal_id)
    )
    said = "".join(program.lines)
    for secret in (*program.tokens.values(), *program.codes.values()):
        assert secret not in said
    assert str(here.lat)[:10] not in said
    assert str(here.lon)[:11] not in said
    assert "Ana" not in said
    assert all(json.loads(line) for line in program.lines if line.startswith("{"))
