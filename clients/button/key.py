"""What a hardware button holds in files of its own: who it is, and how often it was started."""

import logging
from pathlib import Path
from typing import Final

import msgspec

from link import private_file
from link.errors import CredentialsError
from protocol.button.message import KEY_BYTES
from protocol.messages import Text

_log = logging.getLogger("cuadrante.clients")

BOOT_SUFFIX: Final = ".boot"


class ButtonKey(msgspec.Struct, frozen=True):
    """Who a button is. Whoever has the key is the button, so it is never printed."""

    device_id: str
    key_hex: str

    def __post_init__(self) -> None:
        """Raise `ValueError` unless the key is 32 bytes in hexadecimal."""
        if len(self.key) != KEY_BYTES:
            raise ValueError(f"key_hex must be {KEY_BYTES} bytes in hexadecimal")

    def __repr__(self) -> str:
        return f"ButtonKey({self.device_id!r})"

    @property
    def key(self) -> bytes:
        """The key itself."""
        return bytes.fromhex(self.key_hex)

    def save(self, path: Path) -> None:
        """Keep it in a file that only its owner may read. Raises `OSError`."""
        private_file.write(path, msgspec.json.encode(self))


def load_key(path: Path) -> ButtonKey:
    """Read a key's file. Raises `CredentialsError`, which says what to do."""
    try:
        if not private_file.is_private(path):
            raise CredentialsError(
                Text(f"Otras personas pueden leer {path}.", f"Others can read {path}."),
                Text(f"Protéjalo: chmod 600 {path}", f"Protect it: chmod 600 {path}"),
            )
        return msgspec.json.decode(path.read_bytes(), type=ButtonKey)
    except (OSError, msgspec.DecodeError) as error:
        raise CredentialsError(
            Text(f"{path} no se puede leer.", f"{path} cannot be read: {error}."),
            Text(
                'Escriba en él {"device_id": "…", "key_hex": "64 dígitos"}.',
                'Write into it {"device_id": "…", "key_hex": "64 digits"}.',
            ),
        ) from error


class BootCount:
    """How often a button was started, in a file beside its key."""

    def __init__(self, key_path: Path) -> None:
        self._path = key_path.with_name(key_path.name + BOOT_SUFFIX)

    def load(self) -> int:
        """Return the count that was kept; 0: none was, or it cannot be read."""
        try:
            return int(self._path.read_text())
        except (OSError, ValueError):
            return 0

    def save(self, boot: int) -> None:
        """Keep a count. If that fails, the gateway will challenge the next start: nothing worse."""
        try:
            private_file.write(self._path, str(boot).encode())
        except OSError as error:
            _log.warning("the count of starts could not be kept: %s", error)
