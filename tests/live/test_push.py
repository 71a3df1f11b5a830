"""A handheld that sleeps is woken, by real processes and a push service that reads what it is sent.

And a push service that is a black hole is felt by nobody who is awake.
"""

import json
import os
import signal
import socket
import statistics
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import trio
import trustme
from websockets.exceptions import ConnectionClosed

from dispatch.core.credentials import digest
from protocol.messages import (
    Accept,
    Alert,
    ApnsAddress,
    ClientMessage,
    Close,
    Delivered,
    FcmAddress,
)
from protocol.vocabulary import AlertState, Outcome
from tests.live.devices import Device, connected, on_duty, press
from tests.live.devices import device as connected_device
from tests.live.program import PATIENCE_S, Area, Program
from tests.push.apns import stand_in as apns
from tests.push.apns.stand_in import KEY_ID, TEAM_ID, TOPIC, ApnsStandIn, apple, key_file
from tests.push.fcm import stand_in as fcm
from tests.push.fcm.stand_in import FcmStandIn, account_file, firebase
from tests.push.receiver import Browser, PushStandIn, check_signature, receiving, trust_file

MARKERS = count()
PRESSES = 40
MEDIAN_RATIO_MAX = 2.0
"""With and without a push service that swallows everything. The machine is shared and noisy."""


@dataclass
class Rig:
    program: Program
    stand_in: PushStandIn
    url: str
    apple: ApnsStandIn
    google: FcmStandIn


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    authority, stand_in = trustme.CA(), PushStandIn()
    of_apple, of_google = ApnsStandIn(), FcmStandIn()
    folder: Path = tmp_path_factory.mktemp("push")
    with (
        pytest.MonkeyPatch.context() as patch,
        receiving(stand_in, authority) as url,
        apple(of_apple, authority) as apns_port,
        firebase(of_google, authority) as fcm_url,
    ):
        patch.setenv("SSL_CERT_FILE", str(trust_file(authority, folder)))
        with Program(
            push_hosts="localhost",
            apns_key_file=key_file(folder),
            apns_key_id=KEY_ID,
            apns_team_id=TEAM_ID,
            apns_topics=TOPIC,
            apns_host="localhost",
            apns_port=apns_port,
            fcm_account_file=account_file(folder, fcm_url),
            fcm_url=fcm_url,
        ) as program:
            program.settle()
            for child in ("push", "console"):
                program.wait_ready(child)
            yield Rig(program, stand_in, url, of_apple, of_google)


async def until(is_so: Any) -> Any:
    """Ask, in a thread, until the answer is yes."""
    with trio.fail_after(PATIENCE_S):
        while not (answer := await trio.to_thread.run_sync(is_so)):
            pass
        return answer


def addresses(program: Program, device_id: str) -> list[tuple[Any, ...]]:
    query = "SELECT endpoint FROM push_addresses WHERE device_id = $1 ORDER BY kept_at"
    return program.fetch(query, device_id)


async def asleep(rig: Rig, device_id: str, address: ClientMessage) -> None:
    """Go on duty, say how to be woken, and fall asleep once the core knows it."""
    async with on_duty(rig.program, device_id) as handheld:
        await handheld.say(address)
        await until(lambda: addresses(rig.program, device_id))
        await caught_up(rig.program)


async def caught_up(program: Program) -> None:
    """Wait until the core knows all that PostgreSQL has: until a newer device may greet."""
    device_id = f"marker-{next(MARKERS)}"
    query = "INSERT INTO devices (device_id, role, name, token_hash) VALUES ($1, 'app', 'M', $2)"
    await trio.to_thread.run_sync(program.fetch, query, device_id, digest("token"))
    with trio.fail_after(PATIENCE_S):
        while True:
            async with connected(program) as marker:
                try:
                    await marker.greet(device_id, "token")
                except ConnectionClosed:
                    continue
                return


@contextmanager
def black_hole() -> Iterator[tuple[socket.socket, str]]:
    """Whoever connects to it is taken in by the kernel, and nobody ever reads or answers: it costs
    the handheld of this process, whose time is taken, nothing."""
    with socket.create_server(("127.0.0.1", 0)) as hole:
        hole.settimeout(PATIENCE_S)
        yield hole, f"https://localhost:{hole.getsockname()[1]}"


def woken(rig: Rig, since: int, count: int = 1) -> list[Any]:
    return rig.stand_in.wait_for(since + count, PATIENCE_S)[since:]


async def test_a_sleeping_handheld_is_woken_at_once_and_reads_which_alert(rig: Rig) -> None:
    area, browser = rig.program.take_area(), Browser()
    patrol, (ana, *_) = area.patrols[0], area.apps
    await asleep(rig, patrol, browser.address(f"{rig.url}/send/{patrol}"))
    mark = len(rig.stand_in.got)
    async with connected_device(rig.program, ana) as sender:
        signal_ = press(area.spot())
        await sender.say(signal_)
        (got,) = await trio.to_thread.run_sync(woken, rig, mark)
    assert browser.read(got.body) == {"alert_id": signal_.signal_id, "urgency": "normal"}
    key = json.loads(_get(f"{rig.program.console_url}/v1/config"))["push_key"]
    check_signature(got.headers["authorization"], key)
    async with on_duty(rig.program, patrol) as handheld:  # it wakes, connects and is told all
        alert = await handheld.hear_of(signal_.signal_id)
        await handheld.say(
            Accept(alert_id=alert.alert_id), Close(alert_id=alert.alert_id, outcome=Outcome.REAL)
        )
        await handheld.hear_a(Alert, lambda each: each.state is AlertState.CLOSED)


async def test_a_telephone_of_apples_is_woken_and_one_without_the_app_is_forgotten(
    rig: Rig,
) -> None:
    area = rig.program.take_area()
    patrol_of = {f"{number}f" * 32: patrol for number, patrol in enumerate(area.patrols)}
    for token, patrol in patrol_of.items():
        await asleep(rig, patrol, ApnsAddress(token))
    rig.apple.does = [apns.Says(410, "Unregistered"), apns.OK]
    async with connected_device(rig.program, area.apps[0]) as sender:
        signal_ = press(area.spot())
        await sender.say(signal_)
        heard = await trio.to_thread.run_sync(rig.apple.wait_for, 2, PATIENCE_S)
        dropped, woken_ = (patrol_of[got.path.rpartition("/")[2]] for got in heard[:2])
        await until(lambda: not addresses(rig.program, dropped))
    assert addresses(rig.program, woken_)
    for got in heard:
        rig.apple.claims(got)
        assert got.headers["apns-topic"] == apns.TOPIC
        assert got.payload["alert_id"] == signal_.signal_id
        assert area.apps[0] not in json.dumps(got.payload)


async def test_a_telephone_with_googles_services_is_woken_and_one_without_the_app_is_forgotten(
    rig: Rig,
) -> None:
    area = rig.program.take_area()
    patrol_of = {f"{number}:{fcm.TOKEN}": patrol for number, patrol in enumerate(area.patrols)}
    for token, patrol in patrol_of.items():
        await asleep(rig, patrol, FcmAddress(token))
    rig.google.answers = [fcm.Says(404, "UNREGISTERED", "NOT_FOUND"), fcm.OK]
    async with connected_device(rig.program, area.apps[0]) as sender:
        signal_ = press(area.spot())
        await sender.say(signal_)
        heard = await trio.to_thread.run_sync(rig.google.wait_for, 2, PATIENCE_S)
        messages = [json.loads(got.body)["message"] for got in heard]
        dropped, woken_ = (patrol_of[message["token"]] for message in messages[:2])
        await until(lambda: not addresses(rig.program, dropped))
    assert addresses(rig.program, woken_)
    assert {message["data"]["alert_id"] for message in messages} == {signal_.signal_id}


async def test_one_that_is_connected_and_silent_is_woken_and_one_that_answers_is_not(
    rig: Rig,
) -> None:
    area, browsers = rig.program.take_area(), (Browser(), Browser())
    for patrol, browser in zip(area.patrols, browsers, strict=True):
        await asleep(rig, patrol, browser.address(f"{rig.url}/send/{patrol}"))
    mark = len(rig.stand_in.got)
    async with (
        on_duty(rig.program, area.patrols[0]) as silent,
        on_duty(rig.program, area.patrols[1]) as awake,
        connected_device(rig.program, area.apps[0]) as sender,
    ):
        signal_ = press(area.spot())
        await sender.say(signal_)
        alert = await awake.hear_of(signal_.signal_id)
        await awake.say(Delivered(alert_id=alert.alert_id, version=alert.version))
        await silent.hear_of(signal_.signal_id)
        (got,) = await trio.to_thread.run_sync(woken, rig, mark)
        assert got.path == f"/send/{area.patrols[0]}"
        await awake.say(
            Accept(alert_id=alert.alert_id), Close(alert_id=alert.alert_id, outcome=Outcome.REAL)
        )
        await awake.hear_a(Alert, lambda each: each.state is AlertState.CLOSED)


async def test_after_a_kill_of_the_core_a_sleeping_handheld_is_woken_all_the_same(
    rig: Rig,
) -> None:
    area, browser = rig.program.take_area(), Browser()
    await asleep(rig, area.patrols[0], browser.address(f"{rig.url}/send/{area.patrols[0]}"))
    mark, log = len(rig.stand_in.got), rig.program.mark()
    os.kill(rig.program.pid_of("core"), signal.SIGKILL)
    await trio.to_thread.run_sync(rig.program.wait_ready, "core", log)
    async with connected_device(rig.program, area.apps[0]) as sender:
        signal_ = press(area.spot())
        await sender.say(signal_)
        (got, *_) = await trio.to_thread.run_sync(woken, rig, mark)
    assert browser.read(got.body)["alert_id"] == signal_.signal_id


async def test_whoever_called_and_sleeps_hears_that_somebody_comes_and_it_counts_as_nothing(
    rig: Rig,
) -> None:
    area, browser = rig.program.take_area(), Browser()
    ana, signal_ = area.apps[0], press(area.spot())
    async with on_duty(rig.program, area.patrols[0]) as patrol:
        async with connected_device(rig.program, ana) as sender:
            await sender.say(browser.address(f"{rig.url}/send/{ana}"))
            await until(lambda: addresses(rig.program, ana))
            await caught_up(rig.program)
            await sender.say(signal_)
            alert = await patrol.hear_of(signal_.signal_id)
        mark = len(rig.stand_in.got)
        await patrol.say(Accept(alert_id=alert.alert_id))
        (got,) = await trio.to_thread.run_sync(woken, rig, mark)
        await patrol.say(Close(alert_id=alert.alert_id, outcome=Outcome.REAL))
        _, closed = await trio.to_thread.run_sync(woken, rig, mark, 2)
    said = {"alert_id": alert.alert_id, "urgency": "normal"}
    assert browser.read(got.body) == {**said, "stage": "accepted"}
    assert browser.read(closed.body) == {**said, "stage": "closed"}
    assert got.headers["topic"] == closed.headers["topic"]


async def test_an_address_that_is_gone_is_forgotten_and_one_off_duty_is_withdrawn(
    rig: Rig,
) -> None:
    area, browser = rig.program.take_area(), Browser()
    gone, leaving = area.patrols
    await asleep(rig, gone, browser.address(f"{rig.url}/send/{gone}"))
    await asleep(rig, leaving, browser.address(f"{rig.url}/send/{leaving}"))
    async with connected_device(rig.program, leaving, on_duty=False):
        await until(lambda: not addresses(rig.program, leaving))
    rig.stand_in.answers = [410]
    try:
        async with connected_device(rig.program, area.apps[0]) as sender:
            await sender.say(press(area.spot()))
            await until(lambda: not addresses(rig.program, gone))
    finally:
        rig.stand_in.answers = [201]


@pytest.mark.alone
async def test_a_push_service_that_swallows_everything_is_felt_by_nobody_who_is_awake(
    rig: Rig,
) -> None:
    """Presses alternate between two quadrants; in one of them somebody sleeps behind the hole."""
    holed, plain = rig.program.take_area(), rig.program.take_area()
    with black_hole() as (hole, url):
        await asleep(rig, holed.patrols[1], Browser().address(f"{url}/send/{holed.patrols[1]}"))
        async with connected_device(rig.program, holed.apps[1]) as caller:
            await caller.say(press(holed.spot(5)))  # nobody answers: the hole is called meanwhile
            swallowed, _ = await trio.to_thread.run_sync(hole.accept)
            with_s, without_s = await _presses_in_turn(rig.program, holed, plain)
        swallowed.close()
    ratio = statistics.median(with_s) / statistics.median(without_s)
    assert ratio < MEDIAN_RATIO_MAX, f"a dead push service slows presses down: {ratio:.2f} times"


async def _presses_in_turn(
    program: Program, holed: Area, plain: Area
) -> tuple[list[float], list[float]]:
    """Press in two places, each first every other time. Returns the seconds of each."""
    took_s: tuple[list[float], list[float]] = [], []
    async with (
        on_duty(program, holed.patrols[0]) as one,
        on_duty(program, plain.patrols[0]) as other,
        connected_device(program, holed.apps[0]) as ana,
        connected_device(program, plain.apps[0]) as beto,
    ):
        pair = ((took_s[0], holed, ana, one), (took_s[1], plain, beto, other))
        for number in range(PRESSES):
            for took, area, sender, patrol in pair if number % 2 else pair[::-1]:
                took.append(await _one_press(area, sender, patrol))
    return took_s


async def _one_press(area: Area, sender: Device, patrol: Device) -> float:
    """Press, and return the seconds until the handheld has it; then end it."""
    signal_ = press(area.spot())
    started_s = time.perf_counter()
    await sender.say(signal_)
    alert = await patrol.hear_of(signal_.signal_id)
    took_s = time.perf_counter() - started_s
    await patrol.say(
        Accept(alert_id=alert.alert_id), Close(alert_id=alert.alert_id, outcome=Outcome.REAL)
    )
    await patrol.hear_a(
        Alert, lambda each: each.alert_id == alert.alert_id and each.state is AlertState.CLOSED
    )
    return took_s


def _get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:  # noqa: S310 - our own server
        return bytes(answer.read())
