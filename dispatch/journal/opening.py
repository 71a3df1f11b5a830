"""Open the log: the newest file, or a fresh one with what could be read of a damaged one."""

import sqlite3
from pathlib import Path

from dispatch.journal.faults import Cure, Reason, diagnose
from dispatch.journal.files import FILES_MAX, current_file, forget_parts, generations, next_file
from dispatch.journal.salvage import Salvage, salvage
from dispatch.journal.schema import Head, OpenFile, open_file, quick_check, read_head


class TooManyFiles(Exception):  # noqa: N818 - a state of the folder, named as such
    """There are `FILES_MAX` files of this log already."""


def open_log(path: Path, max_bytes: int) -> tuple[OpenFile, Head, Salvage | None]:
    """Open the log at `path`. A damaged file is salvaged and left beside it.

    Raises `CannotOpen`, `TooManyFiles`; sqlite3.Error and OSError as the disk has it.
    """
    if path.parent.is_dir():
        forget_parts(path)
    try:
        return *open_sound(current_file(path), max_bytes, check=True), None
    except sqlite3.DatabaseError as error:
        reason, cure = diagnose(error)
        if cure is not Cure.NEW_FILE:
            raise
    report = move_on(path, reason, Head())
    return *open_sound(report.target, max_bytes), report


def open_sound(path: Path, max_bytes: int, *, check: bool = False) -> tuple[OpenFile, Head]:
    """Open one file and see how far it has got. Raises like `open_log`."""
    file = open_file(path, max_bytes)
    try:
        if check:
            quick_check(file)
        return file, read_head(file.writer)
    except BaseException:
        file.abandon()
        raise


def move_on(path: Path, reason: Reason, known: Head) -> Salvage:
    """Salvage the current file into the next one. Nobody may have it open. Raises `TooManyFiles`"""
    if len(generations(path)) >= FILES_MAX:
        raise TooManyFiles(f"{FILES_MAX} files of {path}: the disk is failing; move them away")
    return salvage(current_file(path), next_file(path), reason, known)
