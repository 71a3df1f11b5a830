"""The installation's own certificate is trusted, whatever it names, and no other."""

import ssl
from pathlib import Path

import pytest
import trustme

from dispatch.trust import OwnCertificate


def written(path: Path) -> trustme.LeafCert:
    issued = trustme.CA().issue_cert("alerts.example")
    issued.cert_chain_pems[0].write_to_path(path)
    return issued


def shakes_hands(own: OwnCertificate, server: trustme.LeafCert) -> bool:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.configure_cert(context)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = own.context.wrap_bio(to_client, to_server, server_hostname="127.0.0.1")
    serving = context.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(4):
        for side in (client, serving):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLError:
                return False
    return True


def test_it_is_believed_by_itself_and_another_is_not(tmp_path: Path) -> None:
    file = tmp_path / "own.pem"
    ours, other = written(file), trustme.CA().issue_cert("alerts.example")
    own = OwnCertificate(file)
    assert shakes_hands(own, ours)
    assert not shakes_hands(own, other)
    renewed = written(file)
    assert not shakes_hands(own, renewed)
    own.trust()
    assert shakes_hands(own, renewed)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        OwnCertificate(tmp_path / "none.pem")
