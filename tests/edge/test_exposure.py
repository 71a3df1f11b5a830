"""Plain sockets are for this machine alone."""

import pytest

from dispatch.edge.exposure import ListenError, is_loopback, refuse_exposure

LOOPBACK = ["127.0.0.1", "127.8.8.8", "::1", "localhost"]
BEYOND = ["0.0.0.0", "::", "", "192.0.2.7", "localhost.example", "127.1"]  # noqa: S104


@pytest.mark.parametrize("host", LOOPBACK)
def test_loopback_may_be_plain(host: str) -> None:
    assert is_loopback(host)
    refuse_exposure(host, has_tls=False, allow_plain=False)


@pytest.mark.parametrize("host", BEYOND)
def test_beyond_it_plain_is_refused_and_says_what_to_do(host: str) -> None:
    assert not is_loopback(host)
    with pytest.raises(ListenError, match=r"tls_certificate.*--allow-plain"):
        refuse_exposure(host, has_tls=False, allow_plain=False)


@pytest.mark.parametrize("host", BEYOND)
def test_beyond_it_tls_or_a_word_is_enough(host: str) -> None:
    refuse_exposure(host, has_tls=True, allow_plain=False)
    refuse_exposure(host, has_tls=False, allow_plain=True)
