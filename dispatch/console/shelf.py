"""Where pictures are kept: files in the data directory, each there whole and synced, or not at all.

    pictures/01932/01932f7a-….jpg     the picture
    pictures/01932/01932f7a-….json    of which alert, by which camera and gateway, taken when

A folder holds the pictures of some three days: its name is the beginning of their ids, which begin
with the time (RFC 9562, section 5.7). What a picture is of is written first, so that there is never
a picture of which nobody knows whose it is.
"""

import errno
import hashlib
import os
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final

import msgspec
from msgspec import Struct

from dispatch.console.bounds import PART_IS_STALE_S, PICTURES_FLOOR_BYTES
from dispatch.journal.disk import Level, look

FOLDER_CHARS: Final = 5
PART: Final = ".part"
_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


class Provenance(Struct, frozen=True):
    """What a picture is of."""

    alert_id: str
    camera_id: str
    gateway_id: str
    taken_at_ms: int
    sha256: str


class Kept(StrEnum):
    """What became of a picture that was to be kept."""

    NEW = "new"
    ALREADY = "already"
    """The same was there."""
    CONFLICT = "conflict"
    """Another one was there, under the same id; it stays."""


class NoRoom(Exception):  # noqa: N818 - a state of the disk, named as such
    """The disk is full, or nearly so. Nothing of the picture is left on it."""


class Shelf:
    """The pictures of all alerts. Its methods block: call them in a thread."""

    def __init__(self, folder: Path, floor_bytes: int = PICTURES_FLOOR_BYTES) -> None:
        self._folder = folder
        self._floor_bytes = floor_bytes

    def has_room(self) -> bool:
        """Say whether a picture would be kept now."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        level = look(self._folder, self._floor_bytes).level
        return level not in (Level.BELOW_FLOOR, Level.UNKNOWN)

    def keep(self, picture_id: str, jpeg: bytes, provenance: Provenance) -> Kept:
        """Keep a picture for good. Raises `NoRoom`, `OSError` (nothing half-written is left)."""
        if not self.has_room():
            raise NoRoom
        try:
            folder = self._folder_of(picture_id)
            about = folder / f"{picture_id}.json"
            if not _put(about, msgspec.json.encode(provenance)) and _read(about) != provenance:
                return Kept.CONFLICT
            return Kept.NEW if _put(folder / f"{picture_id}.jpg", jpeg) else Kept.ALREADY
        except OSError as error:
            if error.errno in _NO_ROOM:
                raise NoRoom from None
            raise

    def picture(self, picture_id: str) -> bytes | None:
        """Return a picture; None: there is none of this id. Raises `OSError`."""
        try:
            return (self._folder / picture_id[:FOLDER_CHARS] / f"{picture_id}.jpg").read_bytes()
        except FileNotFoundError:
            return None

    def older_than(self, age_s: float) -> Iterator[tuple[str, Path]]:
        """Find pictures that were kept so long ago: the alert of each, and its provenance's file.

        Files that were never finished are cleared away on the way.
        """
        now_s = time.time()
        for path in sorted(self._folder.glob("*/*")):
            with suppress(FileNotFoundError):  # somebody else forgets as well
                old_s = now_s - path.stat().st_mtime
                if path.suffix == PART and old_s > PART_IS_STALE_S:
                    path.unlink()
                elif path.suffix == ".json" and old_s > age_s:
                    provenance = _read(path)
                    yield "" if provenance is None else provenance.alert_id, path

    def forget(self, provenances: Collection[Path]) -> int:
        """Delete pictures and what is known of them; how many."""
        for path in provenances:
            # What it is of goes last: cut short here, it is found again.
            path.with_suffix(".jpg").unlink(missing_ok=True)
            path.unlink(missing_ok=True)
        for folder in {path.parent for path in provenances}:
            with suppress(OSError):  # it holds others
                folder.rmdir()
        return len(provenances)

    def _folder_of(self, picture_id: str) -> Path:
        folder = self._folder / picture_id[:FOLDER_CHARS]
        if not folder.is_dir():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _sync(self._folder)
        return folder


def digest_of(jpeg: bytes) -> str:
    """Return what tells one picture from another."""
    return hashlib.sha256(jpeg).hexdigest()


def _put(path: Path, content: bytes) -> bool:
    """Write a file that is there whole and synced, or not at all. False: there is one already."""
    with _part(path) as part:
        part_file = Path(part)
        with part_file.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(part_file, path)  # unlike a rename, it replaces nothing
        except FileExistsError:
            return False
    _sync(path.parent)
    return True


@contextmanager
def _part(path: Path) -> Iterator[str]:
    with NamedTemporaryFile(dir=path.parent, suffix=PART, delete=False) as made:
        pass
    try:
        yield made.name
    finally:
        os.unlink(made.name)


def _read(about: Path) -> Provenance | None:
    try:
        return msgspec.json.decode(about.read_bytes(), type=Provenance)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return None


def _sync(folder: Path) -> None:
    """Sync a folder: until then a new name in it may be lost with the power."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
