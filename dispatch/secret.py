"""The installation's secret: one, kept apart from the database, from which every key is derived.

Set it (`secret`) where several hosts must know it; otherwise it is made once, in the data
directory. Whoever holds it can read how the kit is wired and sign paths of pictures.
"""

import os
import secrets
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from tempfile import mkstemp
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from dispatch.settings import SECRET_CHARS_MIN, Settings

SECRET_BYTES: Final = 32
OTHERS_MAY: Final = 0o077


class Use(StrEnum):
    """What a key is for. No two uses share a key."""

    WIRING = "wiring"
    PICTURE_PATHS = "picture paths"
    TOTP = "one-time passwords"
    CONSOLE_TOKEN = "console token"  # noqa: S105 - a name
    PUSH_TOKEN = "push token"  # noqa: S105 - a name
    VAPID = "push key pair"


KEY_BYTES: Final = {
    Use.WIRING: 64,
    Use.PICTURE_PATHS: 32,
    Use.TOTP: 64,
    Use.CONSOLE_TOKEN: 32,
    Use.PUSH_TOKEN: 32,
    Use.VAPID: 48,
}


class SecretUnusable(Exception):  # noqa: N818 - a state of the file, named as such
    """The secret is not there, or not secret. The message says what to do and holds none of it."""


def derived_key(secret: str, use: Use) -> bytes:
    """Derive the key for one use: HKDF with SHA-256 (RFC 5869), the use as its `info`."""
    info = f"cuadrante {use}".encode()
    return HKDF(SHA256(), KEY_BYTES[use], salt=None, info=info).derive(secret.encode())


def installation_secret(settings: Settings, *, make: bool = False) -> str:
    """Return the secret that is set, or the one in the data directory; `make` it if there is none.

    Only whoever has the data directory to itself makes one: elsewhere it would be another one.
    Raises `SecretUnusable`.
    """
    if settings.secret is not None:
        return settings.secret.get_secret_value()
    file = settings.secret_file
    try:
        if make and not file.exists():
            _make(file)
        return _read(file)
    except FileNotFoundError:
        raise SecretUnusable(
            f"there is no {file}: set `secret`, or start `server.py run` on this data_dir first"
        ) from None
    except OSError as error:
        raise SecretUnusable(f"{file}: {error.strerror}") from None


def _read(file: Path) -> str:
    status = file.stat()
    if status.st_mode & OTHERS_MAY:
        raise SecretUnusable(f"others may read or write {file}: chmod 600 {file}")
    text = file.read_text(encoding="ascii", errors="replace").strip()
    if len(text) < SECRET_CHARS_MIN:
        raise SecretUnusable(f"{file} is cut short: put it back from your backup")
    return text


def _make(file: Path) -> None:
    """Put a new secret there, whole or not at all. Where another process was first, its stays."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, part = mkstemp(prefix=f"{file.name}.", dir=file.parent)  # mode 0600
    try:
        with open(handle, "w", encoding="ascii") as written:
            written.write(secrets.token_urlsafe(SECRET_BYTES) + "\n")
            written.flush()
            os.fsync(written.fileno())
        with suppress(FileExistsError):
            os.link(part, file)
    finally:
        Path(part).unlink()
    folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
