import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio
import trustme

from dispatch.gateway.trust import OwnCertificate


def write_certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """A new certificate of a name that is not the loopback's, by an authority nobody knows."""
    issued = trustme.CA().issue_cert("alerts.example")
    file = folder / "certificate.pem"
    file.write_bytes(b"".join(each.bytes() for each in issued.cert_chain_pems))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    issued.configure_cert(context)
    return file, context


@asynccontextmanager
async def core(context: ssl.SSLContext) -> AsyncIterator[int]:
    async def serve(stream: trio.SocketStream) -> None:
        try:
            tls = trio.SSLStream(stream, context, server_side=True)
            await tls.send_all(b"hello")
        except trio.BrokenResourceError:
            pass  # it was not believed

    async with trio.open_nursery() as nursery:
        listeners = await nursery.start(trio.serve_tcp, serve, 0)
        yield listeners[0].socket.getsockname()[1]
        nursery.cancel_scope.cancel()


async def greeted(own: OwnCertificate) -> bytes:
    async with trio.SSLStream(await own.dial(), own.context, server_hostname="127.0.0.1") as tls:
        return bytes(await tls.receive_some(5))


async def test_it_believes_its_own_certificate_and_a_renewed_one(tmp_path: Path) -> None:
    file, context = write_certificate(tmp_path)
    async with core(context) as port:
        own = OwnCertificate(file, f"wss://127.0.0.1:{port}/v1")
        assert await greeted(own) == b"hello"
    _, renewed = write_certificate(tmp_path)
    async with core(renewed) as port:
        own._port = port
        assert await greeted(own) == b"hello"


async def test_it_believes_nobody_else(tmp_path: Path) -> None:
    file, _ = write_certificate(tmp_path)
    (tmp_path / "other").mkdir()
    _, other = write_certificate(tmp_path / "other")
    async with core(other) as port:
        own = OwnCertificate(file, f"wss://127.0.0.1:{port}/v1")
        with pytest.raises(trio.BrokenResourceError) as refused:
            await greeted(own)
    assert isinstance(refused.value.__cause__, ssl.SSLCertVerificationError)
