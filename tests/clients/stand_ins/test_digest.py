"""Who knows the password is admitted, by the example of RFC 7616 and as httpx asks."""

import httpx
import pytest

from clients.stand_ins.digest import Digest, new_digest

# RFC 7616, section 3.9.1.
MUFASA = Digest(
    user="Mufasa",
    password="Circle of Life",
    realm="http-auth@example.org",
    algorithm="SHA-256",
    nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
)
MUFASA_SAYS = (
    'Digest username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html", '
    'algorithm=SHA-256, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", nc=00000001, '
    'cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", qop=auth, '
    'response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1", '
    'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
)


def test_the_standards_example_is_admitted() -> None:
    assert MUFASA.admits("GET", MUFASA_SAYS)


@pytest.mark.parametrize(
    ("method", "says"),
    [
        ("POST", MUFASA_SAYS),
        ("GET", MUFASA_SAYS.replace("index", "other")),
        ("GET", MUFASA_SAYS.replace("Mufasa", "Scar")),
        ("GET", MUFASA_SAYS.replace('response="7', 'response="8')),
        ("GET", MUFASA_SAYS.replace("nc=00000001, ", "")),
        ("GET", "Basic TXVmYXNhOkNpcmNsZQ=="),
        ("GET", "Digest"),
        ("GET", None),
    ],
)
def test_nobody_else_is(method: str, says: str | None) -> None:
    assert not MUFASA.admits(method, says)


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
@pytest.mark.parametrize(("password", "admitted"), [("right", True), ("wrong", False)])
def test_it_understands_what_a_client_makes_of_its_challenge(
    algorithm: str, password: str, admitted: bool
) -> None:
    digest = new_digest("admin", "right", "camera", algorithm)
    assert digest is not None

    def serve(request: httpx.Request) -> httpx.Response:
        if digest.admits(request.method, request.headers.get("Authorization")):
            return httpx.Response(200)
        return httpx.Response(401, headers={"WWW-Authenticate": digest.challenge()})

    with httpx.Client(transport=httpx.MockTransport(serve)) as client:
        answer = client.get("http://camera/a?b=c", auth=httpx.DigestAuth("admin", password))
    assert answer.is_success is admitted


def test_without_a_user_everybody_may_ask() -> None:
    assert new_digest("", "", "camera", "MD5") is None
