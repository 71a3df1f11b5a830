import pytest

from link.errors import ADVICE, CLOSED_BECAUSE, Refused, closed_because
from protocol.close_codes import CloseCode, may_reconnect


def test_every_close_code_has_its_words() -> None:
    assert set(CLOSED_BECAUSE) == set(CloseCode)


def test_every_permanent_close_code_says_what_to_do() -> None:
    assert set(ADVICE) == {code for code in CloseCode if not may_reconnect(code)}


@pytest.mark.parametrize("code", [*CloseCode, 1002, 4999])
def test_a_refusal_carries_meaning_and_advice(code: int) -> None:
    refused = Refused(code)
    assert refused.code == code
    assert refused.text == closed_because(code)
    assert str(refused) == f"{refused.text.es} / {refused.text.en}"
    assert refused.advice is not None


def test_a_code_of_a_newer_server_is_named_by_number() -> None:
    assert "4777" in closed_because(4777).en
    assert closed_because(1006).en == "The connection was lost."
