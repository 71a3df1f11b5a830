"""How a whole server starts, is watched, secured, drained and killed."""

import http.client
import json
import signal
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trio
import trustme
from prometheus_client.parser import text_string_to_metric_families

from clients.app import App
from clients.patrol import Patrol
from dispatch.supervise.exit_codes import ExitCode
from protocol.close_codes import CloseCode
from protocol.messages import Notice
from protocol.vocabulary import Kind, NoticeCode, Stage
from tests.live.devices import connected, credentials
from tests.live.program import PATIENCE_S, Program, are_gone

CA = trustme.CA()


def renew(directory: Path) -> tuple[Path, Path]:
    """Write a new certificate and key over the old ones."""
    issued = CA.issue_cert("localhost")
    chain, key = directory / "chain.pem", directory / "key.pem"
    chain.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    issued.private_key_pem.write_to_path(key)
    return chain, key


def trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    CA.configure_trust(context)
    return context


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture(scope="module")
def secured(certificates: Path) -> Iterator[Program]:
    """A server of this file's own, with TLS and nothing in it yet. Its tests run in order."""
    chain, key = renew(certificates)
    with Program(tls_certificate=chain, tls_key=key) as program:
        yield program


def get(program: Program, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPSConnection(
        "localhost", program.port, context=trusting(), timeout=PATIENCE_S
    )
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def serial_shown(program: Program) -> str:
    """The serial number of the certificate that a new client is shown."""
    connection = http.client.HTTPSConnection(
        "localhost", program.port, context=trusting(), timeout=PATIENCE_S
    )
    try:
        connection.connect()
        certificate = connection.sock.getpeercert()
        return str(certificate["serialNumber"])  # type: ignore[index]
    finally:
        connection.close()


async def test_an_empty_server_is_red_and_says_why(secured: Program) -> None:
    status, body = await trio.to_thread.run_sync(get, secured, "/healthz")
    assert status == 503
    assert set(json.loads(body)["reasons"]) == {"no_quadrants", "nobody_on_duty"}


async def test_over_tls_it_turns_green_with_a_patrol_and_serves_a_press(secured: Program) -> None:
    await trio.to_thread.run_sync(secured.settle)
    area = secured.areas[0]
    context = trusting()
    patrol_is = await credentials(secured, area.patrols[0], context)
    app_is = await credentials(secured, area.apps[0], context)
    async with (
        Patrol(secured.url, patrol_is, ssl_context=context) as patrol,
        App(secured.url, app_is, ssl_context=context) as app,
    ):
        await patrol.synced()
        assert (await trio.to_thread.run_sync(get, secured, "/healthz"))[0] == 200
        with trio.fail_after(PATIENCE_S):
            pressed = await app.press(Kind.PANIC, position=area.spot())
            await pressed.until(Stage.DELIVERED)
        status, body = await trio.to_thread.run_sync(get, secured, "/metrics")
        assert status == 200
        samples = {
            sample.name: sample.value
            for family in text_string_to_metric_families(body.decode())
            for sample in family.samples
        }
        assert samples["cuadrante_open_alerts"] == 1
        assert samples["cuadrante_dispatch_seconds_count"] == 1


async def test_a_client_that_does_not_trust_it_does_not_speak(secured: Program) -> None:
    with pytest.raises(trio.BrokenResourceError) as broken:
        async with connected(secured, context=ssl.create_default_context()):
            pass
    assert isinstance(broken.value.__cause__, ssl.SSLCertVerificationError)


async def test_a_renewed_certificate_is_shown_and_drops_nobody(
    secured: Program, certificates: Path
) -> None:
    async with connected(secured, context=trusting()) as ana:
        area = secured.areas[0]
        await ana.greet(area.apps[0], secured.tokens[area.apps[0]])
        before = await trio.to_thread.run_sync(serial_shown, secured)
        renew(certificates)
        with trio.fail_after(PATIENCE_S):
            while await trio.to_thread.run_sync(serial_shown, secured) == before:
                await ana.is_served()
        await ana.is_served()


async def test_sigterm_drains_and_leaves_nothing(secured: Program) -> None:
    area = secured.areas[0]
    descendants = secured.descendants()
    assert len(descendants) > 3
    assert secured.process is not None
    async with connected(secured, context=trusting()) as ana:
        await ana.greet(area.apps[0], secured.tokens[area.apps[0]])
        secured.process.send_signal(signal.SIGTERM)
        await ana.hear_a(Notice, lambda each: each.code is NoticeCode.DRAINING)
        assert await ana.closed_with() == CloseCode.DRAINING
    code = await trio.to_thread.run_sync(lambda: secured.process.wait(PATIENCE_S))  # type: ignore[union-attr]
    assert code == ExitCode.OK
    await trio.to_thread.run_sync(are_gone, descendants)
    assert not [line for line in secured.lines if "Traceback" in line or '"error"' in line]


async def test_a_killed_supervisor_leaves_nothing(secured: Program) -> None:
    await trio.to_thread.run_sync(secured.start)  # what it knew is still there
    assert secured.process is not None
    descendants = secured.descendants()
    secured.process.kill()
    took_s = await trio.to_thread.run_sync(are_gone, [*descendants])
    print(f"all {len(descendants)} processes were gone {took_s:.2f} s after the kill")  # noqa: T201
    secured.process.wait(PATIENCE_S)


def test_in_clear_it_does_not_listen_to_the_world(program: Program) -> None:
    for command in ("run", "core"):
        everywhere = ("--host", "0.0.0.0")  # noqa: S104
        said = program.command(command, *everywhere, exits=ExitCode.CONFIGURATION)
        assert "no TLS" in said
        assert "--allow-plain" in said
