import pytest

from dispatch.store.errors import StoreUnavailable, Unavailable


@pytest.mark.parametrize("reason", Unavailable)
def test_an_absence_says_its_reason_first(reason: Unavailable) -> None:
    error = StoreUnavailable(reason, "no answer within 2 s")
    assert error.reason is reason
    assert str(error) == f"{reason.value}: no answer within 2 s"
