import pytest

from clients.demo.draws import pick


@pytest.mark.parametrize(
    ("number", "value"), [(0.0, "a"), (0.25, "a"), (0.2501, "b"), (0.999, "c"), (1.0, "c")]
)
def test_picking(number: float, value: str) -> None:
    assert pick(((0.25, "a"), (0.5, "b"), (1.0, "c")), number) == value
