"""An appliance is asked with a deadline and a bound, and sends nobody anywhere else."""

import socket

import pytest
import trio

from clients.stand_ins.digest import new_digest
from clients.stand_ins.web import Reply, served
from dispatch.gateway.appliances.asking import Appliance, Faulty, Unreachable
from dispatch.gateway.appliances.bounds import ANSWER_MAX_BYTES
from tests.gateway.appliances.stand_in import PATIENCE_S, Scripted


async def ask(
    url: str, deadline_s: float = PATIENCE_S, user: str = "", password: str = ""
) -> bytes:
    appliance = Appliance(user, password)
    try:
        return (await appliance.get(url, deadline_s)).content
    finally:
        await appliance.aclose()


async def test_the_digest_session_is_kept() -> None:
    stand_in = Scripted(lambda asked: Reply(asked.body), new_digest("u", "p", "r", "SHA-256"))

    with served(stand_in) as url:
        appliance = Appliance("u", "p")
        for _ in range(3):
            await appliance.get(url, PATIENCE_S)
        sent = await appliance.post(url, b"hello", "text/plain", PATIENCE_S)
        await appliance.aclose()

    assert sent.content == b"hello"
    nonce_counts = [asked.headers["authorization"].split("nc=")[1][:8] for asked in stand_in.heard]
    assert nonce_counts == ["00000001", "00000002", "00000003", "00000004"]


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (Reply(status=401), "user and password"),
        (Reply(status=403), "user and password"),
        (Reply(status=302, headers={"Location": "http://192.0.2.1/"}), "sends elsewhere"),
        (Reply(status=307, headers={"Location": "http://[bad"}), "sends elsewhere"),
        (Reply(status=500), "HTTP 500"),
        (Reply(bytes(ANSWER_MAX_BYTES + 1)), "more than"),
        (Reply(bytes(10_000), endless=True), "more than"),
        (Reply(bytes(10_000), endless=True, status=500), "more than"),
        (Reply(b"x", headers={"Content-Encoding": "gzip"}), "encoding"),
        (Reply(status=401, headers={"WWW-Authenticate": "Digest realm=x"}), "speak HTTP"),
        (
            Reply(
                status=401, headers={"WWW-Authenticate": 'Digest realm="x", nonce="y", algorithm=Z'}
            ),
            "cannot be asked",
        ),
        (
            Reply(status=401, headers={"WWW-Authenticate": 'Digest realm="x", nonce="y", qop="z"'}),
            "speak HTTP",
        ),
        (
            Reply(
                bytes(10_000),
                status=401,
                endless=True,
                headers={"WWW-Authenticate": 'Digest realm="x", nonce="y", qop="auth"'},
            ),
            "more than",
        ),
    ],
)
async def test_what_answers_wrongly_is_faulty(reply: Reply, why: str) -> None:
    with served(Scripted(lambda _: reply)) as url, pytest.raises(Faulty, match=why):
        await ask(url, user="u", password="p")


async def test_nobody_is_asked_but_whom_the_registry_names() -> None:
    elsewhere = Scripted(lambda _: Reply(b"got you"))
    with (
        served(elsewhere) as other,
        served(Scripted(lambda _: Reply(status=302, headers={"Location": other}))) as url,
        pytest.raises(Faulty),
    ):
        await ask(url)
    assert not elsewhere.heard


async def test_a_password_is_never_sent_in_clear() -> None:
    stand_in = Scripted(lambda _: Reply(status=401, headers={"WWW-Authenticate": "Basic realm=x"}))
    with served(stand_in) as url, pytest.raises(Faulty):
        await ask(url, user="u", password="p")
    assert all("authorization" not in asked.headers for asked in stand_in.heard)


async def test_who_hangs_is_unreachable() -> None:
    with (
        served(Scripted(lambda _: Reply(after_s=3600))) as url,
        pytest.raises(Unreachable, match=r"0\.2 s"),
    ):
        await ask(url, deadline_s=0.2)


async def test_where_nobody_listens_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(Unreachable, match="ConnectError"):
        await ask(f"http://127.0.0.1:{port}/")


async def test_what_does_not_speak_http_is_faulty() -> None:
    async def greet(stream: trio.SocketStream) -> None:
        await stream.send_all(b"220 mail.example ESMTP\r\n")
        await stream.receive_some()

    async with trio.open_nursery() as nursery:
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        nursery.start_soon(trio.serve_listeners, greet, listeners)
        port = listeners[0].socket.getsockname()[1]
        with pytest.raises(Faulty, match="does not speak HTTP"):
            await ask(f"http://127.0.0.1:{port}/")
        nursery.cancel_scope.cancel()
