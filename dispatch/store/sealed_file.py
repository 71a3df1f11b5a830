"""Files of our own that are whole or not there: replaced at once, and checked before they are used.

    cuadrante <kind> <format>⏎  SHA-256 of the rest, in hex ⏎  the rest

A crash at any moment leaves the former file or the new one. What is torn, altered, of another
format or another user's is not used, and its reader is told why.
"""

import hashlib
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

HEAD_BYTES_MAX: Final = 200
OTHERS_MAY_WRITE: Final = 0o022


class Unusable(Exception):  # noqa: N818 - a state of the file, named as such
    """The file is not what it should be. The message says in what way, and tells no content."""


@dataclass(frozen=True, slots=True)
class Seal:
    """What a file is. Another `format` is another layout or meaning of what is inside."""

    kind: str
    format: int

    @property
    def line(self) -> bytes:
        """The first line of such a file."""
        return f"cuadrante {self.kind} {self.format}".encode()


def write_sealed(path: Path, seal: Seal, parts: Sequence[bytes]) -> None:
    """Replace the file by `parts`, readable by its owner alone. One writer at a time.

    Blocks until it is on the disk. Raises OSError; the former file is then still there.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    new = path.with_name(f"{path.name}.new")
    with suppress(FileNotFoundError):
        new.unlink()  # left by a crash, and perhaps with another mode
    try:
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(b"%b\n%b\n" % (seal.line, digest.hexdigest().encode()))
            for part in parts:
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError:
        with suppress(OSError):
            new.unlink()
        raise
    _sync_folder(path.parent)


def read_sealed(path: Path, seal: Seal) -> bytes | None:
    """Return what was sealed, or None where there is no such file. Raises `Unusable`."""
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            if status.st_uid != os.geteuid() or status.st_mode & OTHERS_MAY_WRITE:
                raise Unusable("another user owns it or may write to it")
            first = file.readline(HEAD_BYTES_MAX).rstrip(b"\n")
            said = file.readline(HEAD_BYTES_MAX).rstrip(b"\n")
            content = file.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Unusable(error.strerror or "it cannot be read") from None
    if first != seal.line:
        raise Unusable(_other_format(first, seal))
    if hashlib.sha256(content).hexdigest().encode() != said:
        raise Unusable("it is torn or was altered: its checksum is another")
    return content


def _other_format(first: bytes, seal: Seal) -> str:
    word, _, number = first.decode(errors="replace").rpartition(" ")
    if word == f"cuadrante {seal.kind}" and number.isdigit():
        return f"it is of format {number}, this version reads format {seal.format}"
    return f"it is no {seal.kind} file"


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
