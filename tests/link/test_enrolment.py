import json
import ssl
from pathlib import Path

import pytest
import trio
import trustme
from websockets.trio.server import serve
from websockets.typing import Subprotocol

from link.beside import beside
from link.enrolment import Credentials, enrol, load
from link.errors import BadAddress, CredentialsError, EnrolmentFailed
from protocol import SUBPROTOCOL
from protocol.messages import AnyServerMessage, Enrol, Enrolled
from protocol.vocabulary import ErrorCode, Role
from tests.clients.samples import APP, error
from tests.link.peer import Peer, peer

ENROLLED = Enrolled(device_id="app-1", role=Role.APP, token="app-token")


async def _answered(answer: AnyServerMessage) -> Credentials:
    """Enrol with a server that gives one answer."""
    async with peer() as server:

        async def answer_it() -> None:
            guest = await server.visit()
            assert (await guest.hear(Enrol)).code == "K7QF-2M9X"
            await guest.say(answer)

        async with beside(answer_it):
            return await enrol(server.url, "K7QF-2M9X")


async def test_a_code_is_traded_for_credentials() -> None:
    assert await _answered(ENROLLED) == APP


async def test_a_refused_code_says_what_to_do() -> None:
    with pytest.raises(EnrolmentFailed) as refused:
        await _answered(error(ErrorCode.ENROLMENT_REFUSED, None))
    assert refused.value.text.es == "No se pudo."
    assert refused.value.advice is not None


async def test_a_server_out_of_reach_says_what_to_do() -> None:
    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
    port = listeners[0].socket.getsockname()[1]
    await listeners[0].aclose()  # now nothing listens there
    with pytest.raises(EnrolmentFailed) as failure:
        await enrol(f"ws://127.0.0.1:{port}/v1", "K7QF-2M9X")
    assert failure.value.text.en == "The server could not be reached."
    assert failure.value.advice is not None


async def test_a_server_that_hangs_up_fails_the_enrolment() -> None:
    async with peer() as server:

        async def hang_up() -> None:
            guest = await server.visit()
            await guest.hear(Enrol)
            await guest.cut()

        async with beside(hang_up):
            with pytest.raises(EnrolmentFailed):
                await enrol(server.url, "K7QF-2M9X")


async def test_a_code_never_crosses_a_network_in_clear() -> None:
    with pytest.raises(BadAddress):
        await enrol("ws://example.org/v1", "K7QF-2M9X")


async def test_tls_with_a_given_authority_and_no_trust_without_it() -> None:
    authority = trustme.CA()
    theirs = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(theirs)
    ours = ssl.create_default_context()
    authority.configure_trust(ours)
    waiting = Peer("")
    async with trio.open_nursery() as nursery:

        async def listen(task_status: trio.TaskStatus[object]) -> None:
            await serve(
                waiting.attend,
                0,
                host="127.0.0.1",
                ssl=theirs,
                subprotocols=[Subprotocol(SUBPROTOCOL)],
                task_status=task_status,
            )

        server = await nursery.start(listen)
        url = f"wss://127.0.0.1:{server.listeners[0].socket.getsockname()[1]}/v1"

        async def answer_it() -> None:
            guest = await waiting.visit()
            await guest.hear(Enrol)
            await guest.say(ENROLLED)

        nursery.start_soon(answer_it)
        assert await enrol(url, "K7QF-2M9X", ssl_context=ours) == APP
        with pytest.raises(EnrolmentFailed) as failure:
            await enrol(url, "K7QF-2M9X")
        assert "TLS" in failure.value.text.en
        nursery.cancel_scope.cancel()


def test_credentials_are_kept_in_a_private_file(tmp_path: Path) -> None:
    path = tmp_path / "cuadrante" / "app.json"
    APP.save(path)
    assert load(path) == APP
    assert path.stat().st_mode & 0o077 == 0


def test_a_device_may_renew_its_own(tmp_path: Path) -> None:
    path = tmp_path / "app.json"
    APP.save(path)
    renewed = Credentials("app-1", Role.APP, "newer-token")
    renewed.save(path)
    assert load(path) == renewed


def test_another_devices_are_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "app.json"
    APP.save(path)
    with pytest.raises(CredentialsError) as refused:
        Credentials("app-2", Role.APP, "other-token").save(path)
    assert "app-1" in refused.value.text.en
    assert load(path) == APP


@pytest.mark.parametrize(
    "content", ["", "{}", "[]", json.dumps({"device_id": "a", "role": "king", "token": "t"})]
)
def test_a_file_that_is_none_says_what_to_do(tmp_path: Path, content: str) -> None:
    path = tmp_path / "app.json"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(CredentialsError) as refused:
        load(path)
    assert refused.value.advice is not None


def test_a_missing_file_says_to_enrol(tmp_path: Path) -> None:
    with pytest.raises(CredentialsError) as refused:
        load(tmp_path / "none.json")
    assert "enrol" in (refused.value.advice.en if refused.value.advice else "")


def test_a_file_open_to_others_is_not_used(tmp_path: Path) -> None:
    path = tmp_path / "app.json"
    APP.save(path)
    path.chmod(0o644)
    with pytest.raises(CredentialsError) as refused:
        load(path)
    assert "chmod 600" in (refused.value.advice.en if refused.value.advice else "")


def test_the_token_is_not_shown() -> None:
    assert "app-token" not in repr(APP)
    assert "app-token" not in str(APP)
