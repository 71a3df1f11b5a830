"""A reader with a bug behind three bytes that chance alone would take 16 million tries to find."""

SEEDS = (b"....",)


def one(data: bytes) -> None:
    if data[:1] == b"N" and data[1:2] == b"A" and data[2:3] == b"K":
        raise AssertionError("the bug that was planted")
