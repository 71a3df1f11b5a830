"""The devices behind this gateway: who they are and how to speak with them, as the core says.

Until the core has said once who is behind it, the gateway knows of nobody, and says so to nobody:
a panel that it may know in a second must not be told that it is unknown.
"""

from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog

from dispatch.wiring import Button, CannotOpen, SiaDc09, Wiring, open_sealed
from protocol.messages import Kit, KitDevice
from protocol.sia_dc09.decode import Account
from protocol.sia_dc09.timestamp import Window

log = structlog.get_logger()
_UNUSABLE: Final = (CannotOpen, ValueError)


@dataclass(frozen=True, slots=True)
class Behind:
    """One device behind the gateway."""

    device: KitDevice
    wiring: Wiring | None
    """None: not wired yet, or sealed with another secret."""

    @property
    def device_id(self) -> str:
        """Its id."""
        return self.device.device_id


class Roster:
    """Follows `kit` frames. `watchers` hear of each device that is new, changed (after) or gone."""

    def __init__(self, wiring_key: bytes) -> None:
        self.is_known = False
        """Whether all have been named once."""
        self.devices: dict[str, Behind] = {}
        self.accounts: dict[str, Account] = {}
        """Panels, by account in capitals: what the decoder must know of them."""
        self.panels: dict[str, str] = {}
        """Panels' device ids, by account."""
        self.unreadable = 0
        """Devices whose wiring does not open."""
        self.watchers: list[Callable[[str, Behind | None], None]] = []
        self._wiring_key = wiring_key
        self._unnamed: set[str] | None = None
        """Since the welcome, until all are named: those that were known and not named again."""

    def greeted(self) -> None:
        """All will be named anew; until they are, those that were known are served."""
        self._unnamed = set(self.devices)

    def take(self, kit: Kit) -> None:
        """Put what the core says in force."""
        for device in kit.devices:
            if self._unnamed is not None:
                self._unnamed.discard(device.device_id)
            known = self.devices.get(device.device_id)
            if known is None or known.device != device:
                self._put(device)
        for device_id in kit.removed:
            self._drop(device_id)
        if kit.complete and self._unnamed is not None:
            for device_id in self._unnamed:
                self._drop(device_id)
            self._unnamed = None
            self.is_known = True
            log.info("roster_known", devices=len(self.devices), unreadable=self.unreadable)

    def _put(self, device: KitDevice) -> None:
        self._unwire(device.device_id)
        behind = Behind(device, self._open(device))
        self.devices[device.device_id] = behind
        if isinstance(behind.wiring, SiaDc09):
            self._put_panel(device.device_id, behind.wiring)
        self._tell(device.device_id, behind)

    def _put_panel(self, device_id: str, wiring: SiaDc09) -> None:
        account = wiring.account.upper()
        if account in self.panels:
            log.warning("account_twice", device=device_id, other=self.panels[account])
        key = None if wiring.key_hex is None else bytes.fromhex(wiring.key_hex)
        window = Window(clock_offset_s=wiring.clock_offset_s)
        self.accounts[account] = Account(key, window)
        self.panels[account] = device_id

    def _open(self, device: KitDevice) -> Wiring | None:
        if device.wiring is None:
            return None
        try:
            return open_sealed(b64decode(device.wiring), self._wiring_key, device.device_id)
        except _UNUSABLE as error:
            self.unreadable += 1
            log.error("wiring_unreadable", device=device.device_id, why=str(error))
            return None

    def _drop(self, device_id: str) -> None:
        if device_id in self.devices:
            self._unwire(device_id)
            del self.devices[device_id]
            self._tell(device_id, None)

    def _unwire(self, device_id: str) -> None:
        behind = self.devices.get(device_id)
        if behind is None:
            return
        if behind.wiring is None and behind.device.wiring is not None:
            self.unreadable -= 1
        if isinstance(behind.wiring, SiaDc09):
            account = behind.wiring.account.upper()
            if self.panels.get(account) == device_id:
                del self.panels[account], self.accounts[account]

    def _tell(self, device_id: str, behind: Behind | None) -> None:
        for watcher in self.watchers:
            watcher(device_id, behind)


def button_key(behind: Behind | None) -> bytes | None:
    """Return the key of a home-made button, if that is what it is."""
    if behind is None or not isinstance(behind.wiring, Button):
        return None
    return bytes.fromhex(behind.wiring.key_hex)
