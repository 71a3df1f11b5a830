"""What really happened at the clients' end, which no part of the server may outdo in its words."""

from collections import defaultdict

from clients.action import Deed
from protocol.messages import Accept, Arrive, Assign, Close, Receipt
from protocol.vocabulary import Kind, Outcome, Stage
from tests.simulation.rules import Broken

UNTRUE = "the sender is never told more than is true"


class Truth:
    """Kept by the clients, asked by the witness."""

    def __init__(self) -> None:
        self.reopened: set[str] = set()
        """Alerts that a crash took back to an earlier state, or away."""
        self.forgotten: set[str] = set()
        """Closed alerts that are old by the wall clock, which was set before a reboot."""
        self.told_stored: dict[str, str] = {}
        """signal id -> alert id, of every press that a sender was told is stored."""
        self.asked_to_cancel: set[str] = set()
        self.kinds: defaultdict[str, set[Kind]] = defaultdict(set)
        """signal id -> the kinds that were pressed under it."""
        self.pictures: defaultdict[str, set[str]] = defaultdict(set)
        """alert id -> the pictures that were taken of it."""
        self.sounded: set[str] = set()
        """The sirens that have said that they sound."""
        self._pressed: defaultdict[str, set[str]] = defaultdict(set)
        self._shown: defaultdict[str, set[str]] = defaultdict(set)
        self._acted: defaultdict[tuple[type, str], set[str]] = defaultdict(set)

    def pressed(self, device_id: str, signal_id: str, kind: Kind) -> None:
        """This device pressed, under this id."""
        self.kinds[signal_id].add(kind)
        self._pressed[signal_id].add(device_id)

    def shown(self, alert_id: str, device_id: str) -> None:
        """This handheld shows this alert."""
        self._shown[alert_id].add(device_id)

    def acted(self, message: Deed, device_id: str) -> None:
        """This device said so; what is said of another one is that one's."""
        of = message.device_id if isinstance(message, Assign) else device_id
        self._acted[type(message), message.alert_id].add(of)

    def check(self, receipt: Receipt) -> None:
        """Raise `Broken` where a receipt says what did not happen; `stored` is for the disk."""
        alert_id = receipt.alert_id
        if receipt.delivered_to > len(self._shown[alert_id]):
            raise Broken(UNTRUE, f"{alert_id[-4:]} delivered to {receipt.delivered_to}")
        if receipt.stage is Stage.DELIVERED and not self._shown[alert_id]:
            raise Broken(UNTRUE, f"{alert_id[-4:]} was delivered to nobody")
        arrived, given = self._acted[Arrive, alert_id], self._acted[Assign, alert_id]
        owner = receipt.patrol and receipt.patrol.lower()  # its name, or the id of one not enrolled
        if owner and owner not in self._acted[Accept, alert_id] | arrived | given:
            raise Broken(UNTRUE, f"{owner} never accepted {alert_id[-4:]}")
        if receipt.stage is Stage.ON_SCENE and not arrived:
            raise Broken(UNTRUE, f"nobody arrived at {alert_id[-4:]}")
        if receipt.stage is Stage.CLOSED:
            by_itself = receipt.outcome is Outcome.TEST
            if not by_itself and not self._acted[Close, alert_id]:
                raise Broken(UNTRUE, f"nobody closed {alert_id[-4:]}")
