"""How much of the disk is left: said before it is full, by level."""

import os
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

LOW_SHARE: Final = 0.80
VERY_LOW_SHARE: Final = 0.90
FLOOR_BYTES: Final = 1 * 2**30
"""Less than this is too little whatever its share: a damaged log is copied into a fresh file, and
that needs as much room as the log. Give the bound of the log where it is larger."""


class Level(StrEnum):
    """What the person on call does: nothing, this week, today, now."""

    ENOUGH = "enough"
    LOW = "low"
    VERY_LOW = "very_low"
    BELOW_FLOOR = "below_floor"
    UNKNOWN = "unknown"
    """The disk does not say: the folder is gone, or the disk is."""


@dataclass(frozen=True, slots=True)
class Reserve:
    """What `df` shows of the file system that holds the log."""

    level: Level
    used_share: float
    """Of what an ordinary user may use, 0 to 1."""
    free_bytes: int
    total_bytes: int


def look(folder: Path, floor_bytes: int = FLOOR_BYTES) -> Reserve:
    """Look at the disk under `folder`: one system call of microseconds on a local disk."""
    try:
        disk = os.statvfs(folder)
    except OSError:
        return Reserve(Level.UNKNOWN, 1.0, 0, 0)
    free = disk.f_bavail * disk.f_frsize
    used = (disk.f_blocks - disk.f_bfree) * disk.f_frsize
    usable = used + free
    used_share = used / usable if usable else 1.0
    return Reserve(level_of(used_share, free, floor_bytes), used_share, free, usable)


def level_of(used_share: float, free: int, floor_bytes: int = FLOOR_BYTES) -> Level:
    """Name how much is left."""
    if free < floor_bytes:
        return Level.BELOW_FLOOR
    if used_share >= VERY_LOW_SHARE:
        return Level.VERY_LOW
    if used_share >= LOW_SHARE:
        return Level.LOW
    return Level.ENOUGH


def free_bytes(folder: Path) -> int:
    """Return what an ordinary user may still write under `folder`. Raises OSError."""
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize
