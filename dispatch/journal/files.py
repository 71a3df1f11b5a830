"""Which file is the log: `journal.sqlite`, and after each that was damaged `journal-<n>.sqlite`.

The file with the highest number is the log; all others are what was left for the person on call.
A fresh one appears under its name at once and whole (a rename), so that a crash at any moment
finds either the old log or the new one, and a damaged file never changes its name: a SQLite file
and its `-wal` belong together by name, and two renames are not one.
"""

import fcntl
import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Final

from dispatch.journal.faults import InUse

FILES_MAX: Final = 16
"""With so many damaged files the disk needs replacing, not one more copy of the log."""
PART_SUFFIX: Final = ".part"


def generations(path: Path) -> list[Path]:
    """Return the files that exist of the log at `path`, oldest first; the last is the log."""
    numbered = re.compile(rf"{re.escape(path.stem)}-([1-9]\d*){re.escape(path.suffix)}")
    found = [(0, path)] if path.exists() else []
    for other in path.parent.glob(f"{path.stem}-*"):
        if match := numbered.fullmatch(other.name):
            found.append((int(match[1]), other))  # noqa: PERF401 - plainer than the comprehension
    return [file for _, file in sorted(found)]


def current_file(path: Path) -> Path:
    """Return the file that is the log; it need not exist yet."""
    return (generations(path) or [path])[-1]


def next_file(path: Path) -> Path:
    """Return the name of the file that would follow."""
    newest = current_file(path)
    number = 0 if newest == path else int(newest.stem.rpartition("-")[2])
    return path.with_name(f"{path.stem}-{number + 1}{path.suffix}")


def part_of(file: Path) -> Path:
    """Return where `file` is put together before it appears."""
    return file.with_name(file.name + PART_SUFFIX)


def forget_parts(path: Path) -> None:
    """Remove what an interrupted copy left: it was never the log."""
    for part in path.parent.glob(f"{path.stem}*{path.suffix}{PART_SUFFIX}*"):
        part.unlink()


def create_private(file: Path) -> None:
    """Create `file` empty, for its owner only; its `-wal` and `-shm` inherit the mode."""
    make_folder(file.parent)
    with suppress(FileExistsError):
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))


def make_folder(folder: Path) -> None:
    """Create `folder` and have its name on the disk, and those above it, where they are new."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Have the names in `folder` on the disk. SQLite does so too, but ignores its failure."""
    folder_fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder_fd)
    finally:
        os.close(folder_fd)


def lock(path: Path) -> int:
    """Keep other processes from writing this log for as long as the descriptor is open.

    A file of its own: closing any descriptor of a SQLite file would drop SQLite's own locks.
    Raises `InUse`.
    """
    make_folder(path.parent)
    lock_fd = os.open(f"{path}.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock_fd)
        raise InUse(
            f"{path} is open in another process: one core writes one log. Stop the other core, "
            "or give this one a journal of its own."
        ) from None
    return lock_fd
