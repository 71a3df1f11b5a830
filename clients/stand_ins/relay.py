"""A relay with a siren on it: Shelly Gen2 RPC over HTTP, with digest authentication and a timer.

Source: Shelly API documentation, "Switch" component (`Set`, `GetStatus`, `toggle_after`).
"""

import json
import threading
import time
from typing import Final
from urllib.parse import parse_qs, urlsplit

from clients.stand_ins.digest import new_digest
from clients.stand_ins.web import Asked, Reply

_NEVER: Final = float("inf")
_JSON: Final = "application/json"


class Relay:
    """One switch. `stuck`: it says that it does, and does not."""

    def __init__(self, *, user: str = "", password: str = "", stuck: bool = False) -> None:
        self.digest = new_digest(user, password, "shellyplus1-a8032ab636ec", "SHA-256")
        self.stuck = stuck
        self.after_s = 0.0
        """How long it takes to answer."""
        self._lock = threading.Lock()
        self._is_on = False
        self._toggles_at_s = _NEVER

    @property
    def is_on(self) -> bool:
        """Whether the siren sounds now."""
        with self._lock:
            return self._on_now()

    def answer(self, asked: Asked) -> Reply:
        """Answer one call."""
        parts = urlsplit(asked.target)
        arguments = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        if arguments.get("id") != "0":
            return _refused(-105, f"Argument 'id', value {arguments.get('id')} not found!")
        if parts.path == "/rpc/Switch.Set" and arguments.get("on") in ("true", "false"):
            return self._set(arguments["on"] == "true", arguments.get("toggle_after"))
        if parts.path == "/rpc/Switch.GetStatus":
            return self._said({"id": 0, "source": "HTTP_in", "output": self.is_on})
        return _refused(404, f"No handler for {parts.path.removeprefix('/rpc/')}", status=404)

    def _set(self, on: bool, toggle_after: str | None) -> Reply:
        with self._lock:
            was_on = self._on_now()
            if not self.stuck:
                self._is_on = on
                for_s = float(toggle_after) if toggle_after else _NEVER
                self._toggles_at_s = time.monotonic() + for_s
        return self._said({"was_on": was_on})

    def _on_now(self) -> bool:
        if time.monotonic() >= self._toggles_at_s:
            self._is_on, self._toggles_at_s = not self._is_on, _NEVER
        return self._is_on

    def _said(self, what: dict[str, object]) -> Reply:
        return Reply(json.dumps(what).encode(), _JSON, after_s=self.after_s)


def _refused(code: int, message: str, status: int = 500) -> Reply:
    return Reply(json.dumps({"code": code, "message": message}).encode(), _JSON, status=status)
