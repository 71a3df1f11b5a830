import jwt
import pytest

from dispatch.push.apns.provider_token import ProviderToken
from dispatch.push.bounds import PROVIDER_TOKEN_EVERY_S, PROVIDER_TOKEN_STANDS_S
from tests.push.apns.stand_in import KEY, KEY_ID, PEM, TEAM_ID


class Clock:
    def __init__(self) -> None:
        self.now_s = 1_000_000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def token(clock: Clock) -> ProviderToken:
    return ProviderToken(PEM, KEY_ID, TEAM_ID, clock)


def test_it_says_who_signed_and_for_which_team(token: ProviderToken) -> None:
    scheme, _, signed = token.get_header().partition(" ")
    assert scheme == "bearer"
    assert jwt.decode(signed, KEY.public_key(), algorithms=["ES256"], issuer=TEAM_ID)
    assert jwt.get_unverified_header(signed)["kid"] == KEY_ID
    assert PEM not in repr(vars(token)["_signer"])


def test_one_stands_for_a_while_and_then_another_takes_its_place(
    token: ProviderToken, clock: Clock
) -> None:
    first = token.get_header()
    clock.now_s += PROVIDER_TOKEN_EVERY_S - 1
    assert token.get_header() == first
    clock.now_s += 1
    assert token.get_header() != first


def test_a_clock_that_is_set_back_has_it_signed_anew(token: ProviderToken, clock: Clock) -> None:
    first = token.get_header()
    clock.now_s -= 3_600
    assert token.get_header() != first


def test_one_that_apple_does_not_take_is_signed_anew_but_not_too_often(
    token: ProviderToken, clock: Clock
) -> None:
    first = token.get_header()
    assert not token.renew(first), "it was signed only now"
    clock.now_s += PROVIDER_TOKEN_STANDS_S
    assert token.renew(first)
    second = token.get_header()
    assert second != first
    assert not token.renew(second)
    assert token.renew(first), "another has it already"
    assert token.get_header() == second
