"""Presses that the server has not stored, kept in a file so that a killed app sends them again.

The file holds where and when someone called for help: only its owner may read it, and a press is
gone from it as soon as the server has it on its disk, or has ended it.
"""

import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec
import trio

from clients.errors import OutboxError
from link import private_file
from protocol.messages import Position, Text
from protocol.vocabulary import Kind

_log = logging.getLogger("cuadrante.clients")

SPOILT_SUFFIX: Final = ".spoilt"


class Kept(msgspec.Struct, frozen=True):
    """What it takes to send a press again just as it was."""

    signal_id: str
    kind: Kind
    pressed_at_ms: int
    position: Position | None = None
    cancel: bool = False


class _File(msgspec.Struct, frozen=True):
    device_id: str
    presses: tuple[Kept, ...]


class Outbox:
    """One device's outbox file. One process at a time uses it."""

    def __init__(self, path: Path, device_id: str) -> None:
        self._path = path
        self._device_id = device_id
        self._saving = trio.Lock()
        self._saved: tuple[Kept, ...] = ()

    def load(self) -> tuple[Kept, ...]:
        """Read what an earlier process left. A file that cannot be read is put aside.

        Raises `OutboxError` if the file is another device's.
        """
        try:
            kept = msgspec.json.decode(self._path.read_bytes(), type=_File)
        except FileNotFoundError:
            return ()
        except (OSError, msgspec.DecodeError) as error:
            self._put_aside(error)
            return ()
        if kept.device_id != self._device_id:
            raise OutboxError(
                Text(
                    f"{self._path} guarda señales de otro dispositivo.",
                    f"{self._path} keeps another device's presses.",
                ),
                Text("Use otro archivo para este dispositivo.", "Use another file for this one."),
            )
        self._saved = kept.presses
        return kept.presses

    async def save(self, presses: Iterable[Kept]) -> None:
        """Keep these presses and no others.

        A disk that fails must not stop a press, so that is only logged.
        """
        async with self._saving:
            wanted = tuple(presses)
            if wanted == self._saved:
                return
            content = msgspec.json.encode(_File(self._device_id, wanted))
            try:
                await trio.to_thread.run_sync(private_file.write, self._path, content)
                self._saved = wanted
            except OSError as error:
                _log.warning("the outbox could not be written: %s", error.strerror)

    def _put_aside(self, error: Exception) -> None:
        _log.warning("the outbox could not be read and was put aside: %s", type(error).__name__)
        try:
            self._path.replace(self._path.with_name(self._path.name + SPOILT_SUFFIX))
        except OSError as failure:
            _log.warning("the outbox could not be put aside: %s", failure.strerror)
