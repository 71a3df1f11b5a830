"""The easier job that every peer does: who must be shown a press, in memory, trusting everybody.

Dedupe by the press's id, point to quadrant by a table of cells, an acknowledgement, the alert for
the quadrant's handhelds, and a receipt for each confirmation. What the server knows of a device and
of a quadrant comes with the script, so that alerts are as large as the real ones.
"""

import math
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import orjson


class PeerScript(msgspec.Struct, frozen=True):
    """What a peer is told of the city."""

    port: int
    beats: dict[str, str]
    """Of each handheld: its quadrant."""
    cells: dict[str, str]
    """Of each cell of a thousandth of a degree, `row:column`: its quadrant."""
    alert: dict[str, Any]
    """What an alert holds besides its id."""
    receipt: dict[str, Any]


class Raised(NamedTuple):
    """What a press comes to."""

    quadrant: str
    alert: dict[str, Any]
    receipt: dict[str, Any]


def read_script(path: str) -> PeerScript:
    """Read it."""
    return msgspec.json.decode(Path(path).read_bytes(), type=PeerScript)


class Rule:
    """The presses so far, by id."""

    def __init__(self, script: PeerScript) -> None:
        self._script = script
        self._sender_of: dict[str, str] = {}

    def press(self, device_id: str, message: dict[str, Any]) -> Raised | None:
        """Take one; None if it came before."""
        signal_id = message["signal_id"]
        if signal_id in self._sender_of:
            return None
        self._sender_of[signal_id] = device_id
        position = message["position"]
        quadrant = self._script.cells[cell(position["lat"], position["lon"])]
        alert = {"type": "alert", "alert_id": signal_id, "version": 1, **self._script.alert}
        return Raised(quadrant, alert, self._receipt(signal_id, 0))

    def delivered(self, message: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Take a confirmation: whom to tell, and what."""
        alert_id = message["alert_id"]
        return self._sender_of[alert_id], self._receipt(alert_id, 1)

    def _receipt(self, signal_id: str, delivered_to: int) -> dict[str, Any]:
        return {
            "type": "receipt",
            "signal_id": signal_id,
            **self._script.receipt,
            "delivered_to": delivered_to,
        }


def cell(lat: float, lon: float) -> str:
    """The cell of a place."""
    return f"{math.floor(lat * 1_000)}:{math.floor(lon * 1_000)}"


def dumps(message: dict[str, Any]) -> str:
    """Write a message as fast as Python can."""
    return orjson.dumps(message).decode()
