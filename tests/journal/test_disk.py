from pathlib import Path

import pytest

from dispatch.journal.disk import Level, free_bytes, level_of, look

GIB = 2**30


@pytest.mark.parametrize(
    ("used_share", "free", "level"),
    [
        (0.0, 100 * GIB, Level.ENOUGH),
        (0.799, 100 * GIB, Level.ENOUGH),
        (0.80, 100 * GIB, Level.LOW),
        (0.899, 100 * GIB, Level.LOW),
        (0.90, 100 * GIB, Level.VERY_LOW),
        (0.10, GIB - 1, Level.BELOW_FLOOR),
        (0.99, GIB, Level.VERY_LOW),
    ],
)
def test_levels(used_share: float, free: int, level: Level):
    assert level_of(used_share, free) is level


def test_looking_at_a_disk(tmp_path: Path):
    reserve = look(tmp_path, floor_bytes=0)
    assert 0 <= reserve.used_share <= 1
    assert 0 < reserve.free_bytes <= reserve.total_bytes
    assert look(tmp_path, floor_bytes=2**62).level is Level.BELOW_FLOOR
    assert free_bytes(tmp_path) > 0


def test_a_disk_that_is_gone(tmp_path: Path):
    assert look(tmp_path / "nowhere").level is Level.UNKNOWN
