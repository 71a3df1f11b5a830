"""A reader that remembers all it was given."""

SEEDS = (b"....",)
_KEPT: list[bytearray] = []


def one(data: bytes) -> None:
    _KEPT.append(bytearray(1_000_000))
