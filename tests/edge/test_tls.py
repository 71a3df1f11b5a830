"""Certificates that are renewed under a running server, whole or half written."""

import asyncio
import os
import ssl
import warnings
from itertools import count
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from dispatch.edge.tls import Tls, TlsError, TlsFiles
from protocol.messages import Ping, Pong
from tests.edge.town import PATIENCE_S, Town, on_uvloop, open_town

STAMPS = count(1)


class Authority:
    """A certificate authority that writes certificates over one another, as a renewal does."""

    def __init__(self, directory: Path) -> None:
        self.ca = trustme.CA()
        self.files = TlsFiles(directory / "chain.pem", directory / "key.pem")
        self.renew()

    def renew(self) -> None:
        issued = self.ca.issue_cert("localhost")
        self.write_certificate(issued)
        self.write_key(issued)

    def write_certificate(self, issued: trustme.LeafCert) -> None:
        put(self.files.certificate, b"".join(blob.bytes() for blob in issued.cert_chain_pems))

    def write_key(self, issued: trustme.LeafCert) -> None:
        put(self.files.key, issued.private_key_pem.bytes())

    def client(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        self.ca.configure_trust(context)
        return context


def put(path: Path, content: bytes) -> None:
    """Write in place, with a time of its own: two writes may fall into one tick of the clock."""
    path.write_bytes(content)
    later_ns = path.stat().st_mtime_ns + next(STAMPS) * 1_000_000
    os.utime(path, ns=(later_ns, later_ns))


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


async def serial_seen(town: Town, authority: Authority) -> int:
    """The serial number of the certificate that a new client is shown."""
    _, writer = await asyncio.open_connection(
        "127.0.0.1", town.port, ssl=authority.client(), server_hostname="localhost"
    )
    certificate = writer.get_extra_info("peercert")
    writer.transport.abort()
    return int(certificate["serialNumber"], 16)


@on_uvloop
async def test_a_renewal_is_shown_to_new_clients_and_drops_nobody(authority: Authority) -> None:
    tls = Tls(authority.files)
    async with (
        open_town(context=tls.context) as town,
        town.peer("ana", context=authority.client()) as ana,
    ):
        first = await serial_seen(town, authority)
        assert not tls.reload_if_changed()
        authority.renew()
        assert tls.reload_if_changed()
        assert await serial_seen(town, authority) != first
        await ana.is_served()


@on_uvloop
async def test_a_half_written_renewal_changes_nothing_until_it_is_whole(
    authority: Authority,
) -> None:
    tls = Tls(authority.files)
    async with open_town(context=tls.context) as town:
        first = await serial_seen(town, authority)
        issued = authority.ca.issue_cert("localhost")
        authority.write_certificate(issued)
        assert not tls.reload_if_changed()
        assert await serial_seen(town, authority) == first
        authority.write_key(issued)
        assert tls.reload_if_changed()
        assert await serial_seen(town, authority) != first


@on_uvloop
async def test_what_was_whole_a_moment_later_with_the_same_time_is_seen(
    authority: Authority,
) -> None:
    tls = Tls(authority.files)
    issued = authority.ca.issue_cert("localhost")
    authority.write_certificate(issued)
    whole = issued.private_key_pem.bytes()
    put(authority.files.key, whole[:100])
    at_ns = authority.files.key.stat().st_mtime_ns
    assert not tls.reload_if_changed()
    authority.files.key.write_bytes(whole)
    os.utime(authority.files.key, ns=(at_ns, at_ns))
    assert tls.reload_if_changed()


def test_files_that_are_gone_for_a_while_change_nothing(authority: Authority) -> None:
    tls = Tls(authority.files)
    aside = authority.files.key.rename(authority.files.key.with_suffix(".aside"))
    assert not tls.reload_if_changed()
    aside.rename(authority.files.key)
    assert not tls.reload_if_changed()  # the same as is in use
    authority.renew()
    assert tls.reload_if_changed()


@on_uvloop
async def test_modern_defaults(authority: Authority) -> None:
    old = authority.client()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # that it is old is the point
        old.minimum_version = ssl.TLSVersion.TLSv1
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    async with open_town(context=Tls(authority.files).context) as town:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            async with town.peer(context=old):
                pass
        async with town.peer(context=authority.client()) as peer:
            channel = peer.socket.transport.get_extra_info("ssl_object")
            assert channel.version() == "TLSv1.3"


@on_uvloop
async def test_plain_text_on_a_tls_port_is_hung_up_on(authority: Authority) -> None:
    async with open_town(context=Tls(authority.files).context) as town:
        status, _ = await town.get("/healthz")
        assert status == 0


@on_uvloop
async def test_long_messages_and_bursts_pass_through_tls(authority: Authority) -> None:
    async with (
        open_town(context=Tls(authority.files).context) as town,
        town.peer("ana", context=authority.client()) as ana,
    ):
        await ana.say(*(Ping(ref=str(number)) for number in range(50)))
        async with asyncio.timeout(PATIENCE_S):
            assert [(await ana.hear_a(Pong)).ref for _ in range(50)] == list(map(str, range(50)))


def test_what_cannot_be_used_is_said(authority: Authority, tmp_path: Path) -> None:
    missing = TlsFiles(tmp_path / "none.pem", authority.files.key)
    with pytest.raises(TlsError, match=r"cannot read .*none\.pem.*No such file"):
        Tls(missing)
    other = Authority(_made(tmp_path / "other"))
    with pytest.raises(TlsError, match="do not work together"):
        Tls(TlsFiles(authority.files.certificate, other.files.key))
    put(tmp_path / "rubbish.pem", b"rubbish")
    with pytest.raises(TlsError, match="do not work together"):
        Tls(TlsFiles(tmp_path / "rubbish.pem", authority.files.key))


def test_a_key_with_a_passphrase_is_refused_and_not_asked_for(authority: Authority) -> None:
    key = load_pem_private_key(authority.files.key.read_bytes(), None)
    locked = key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"a passphrase")
    )
    put(authority.files.key, locked)
    with pytest.raises(TlsError, match="do not work together"):
        Tls(authority.files)


def _made(directory: Path) -> Path:
    directory.mkdir()
    return directory
