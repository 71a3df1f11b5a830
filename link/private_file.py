"""Small files that only their owner may read, and that are never found half written."""

import contextlib
import os
import secrets
from pathlib import Path

OWNER_ONLY = 0o600
_OTHERS = 0o077


def write(path: Path, content: bytes) -> None:
    """Put `content` in the file's place at once; after a crash it holds the old or the new.

    Raises `OSError`.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise
    _keep_name(path.parent)


def is_private(path: Path) -> bool:
    """Say whether nobody but its owner may read the file. Windows keeps that elsewhere: true."""
    return os.name != "posix" or not path.stat().st_mode & _OTHERS


def _keep_name(directory: Path) -> None:
    # A rename outlives a power cut only when its directory is synchronised too.
    if os.name != "posix":
        return
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
