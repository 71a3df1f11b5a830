"""Those who answer: handhelds of patrols and screens of the control room."""

from dataclasses import dataclass

from clients.action import Deed, shows
from clients.board import Board
from clients.troubles import Troubles
from protocol.messages import (
    Alert,
    AnyServerMessage,
    Delivered,
    Duty,
    Error,
    MessageFront,
    MessageReach,
    Notice,
    Trouble,
    Welcome,
)
from protocol.vocabulary import AlertState
from tests.simulation.clients import Client
from tests.simulation.kit import check_shown
from tests.simulation.rules import Broken
from tests.simulation.sleepers import address_of


@dataclass(slots=True)
class Act:
    """Something done to an alert; sent again until the alert shows it, or it is refused."""

    message: Deed
    is_done: bool = False


class Watcher(Client):
    """A handheld or a screen: shows the open alerts, and acts on them."""

    is_handheld: bool
    board: Board

    def begin(self, *, is_handheld: bool) -> None:
        """Start with nothing."""
        self.is_handheld = is_handheld
        self.board = Board()
        self.acts: dict[str, Act] = {}
        self.saying: dict[str, MessageFront] = {}
        """What it says to fronts, until it is stored or refused."""
        self.troubles = Troubles()
        self._told: set[tuple[str, bool]] = set()
        self._refs = 0
        self._resends = False
        self._versions: dict[str, int] = {}
        self._confirmed: set[str] = set()
        self._shown_closed: set[str] = set()

    def duty(self, on_duty: bool) -> None:
        """Go on or off duty."""
        self.on_duty = on_duty
        self.send(Duty(on_duty=on_duty))
        self._told.clear()
        if on_duty:
            self.troubles.greeted()
        else:
            self.troubles.clear()
        if not on_duty:
            self.board.clear()

    def act(self, message: Deed) -> None:
        """Do something to an alert."""
        self.acts[message.ref or ""] = Act(message)
        if self.is_synced:
            self._send_act(message)
        self._keep_at_it()

    def ref(self) -> str:
        """Return a fresh reference."""
        self._refs += 1
        return f"act-{self._refs}"

    def greeted(self, welcome: Welcome) -> None:
        if self.on_duty is not None and welcome.on_duty != self.on_duty:
            self.send(Duty(on_duty=self.on_duty))  # changed since `hello`
        elif welcome.on_duty:
            self.send(address_of(self.device_id))
        self._versions.clear()
        self._confirmed.clear()
        self._told.clear()
        self.troubles.greeted()
        self.board.begin()

    def synced(self) -> None:
        self.board.end()
        self.troubles.synced()
        self.resend()

    def heard(self, message: AnyServerMessage) -> None:
        match message:
            case Trouble() | Notice() if self.on_duty:
                self._hear_of_trouble(message)
            case Alert() if self.on_duty:  # else on its way when it went off duty
                self._see(message)
            case MessageReach():
                self.world.sayings.reached(self, message)
            case Error(ref=str(ref)) if ref in self.acts:
                self.acts[ref].is_done = True
            case Error(ref=str(ref)):
                self.saying.pop(ref, None)

    def resend(self) -> None:
        self._resends = False
        self.acts = {ref: act for ref, act in self.acts.items() if not act.is_done}
        if self.is_synced:
            for act in self.acts.values():
                self._send_act(act.message)
            for message in self.saying.values():
                self.send(message)
        self._keep_at_it()

    def _see(self, alert: Alert) -> None:
        alert_id = alert.alert_id
        if alert.version < self._versions.get(alert_id, 0):
            rule = "no version goes back within one connection"
            raise Broken(rule, f"{self.device_id} was shown the past of {alert_id[-4:]}")
        self._versions[alert_id] = alert.version
        check_shown(self.world, alert)
        self._check_shown_once(alert)
        self.board.take(alert)
        for act in self.acts.values():
            is_it = act.message.alert_id == alert_id
            act.is_done |= is_it and shows(alert, act.message, self.device_id)
        if self.is_handheld and alert.state is not AlertState.CLOSED:
            self.world.truth.shown(alert_id, self.device_id)
            if alert_id not in self._confirmed:
                self._confirmed.add(alert_id)
                self.send(Delivered(alert_id=alert_id, version=alert.version))

    def _hear_of_trouble(self, trouble: Trouble | Notice) -> None:
        self.troubles.heard(trouble)
        if isinstance(trouble, Notice):
            return
        told = (trouble.trouble_id, trouble.closed_at_ms is not None)
        if told in self._told:
            rule = "each trouble is told once a state"
            raise Broken(rule, f"{self.device_id} was told again of {trouble.trouble_id}")
        self._told.add(told)

    def _check_shown_once(self, alert: Alert) -> None:
        alert_id = alert.alert_id
        if alert.state is AlertState.CLOSED:
            self._shown_closed.add(alert_id)
        elif alert_id in self._shown_closed:
            truth = self.world.truth
            if alert_id not in truth.reopened | truth.forgotten:
                rule = "a handheld shows one emergency once"
                raise Broken(rule, f"{self.device_id} saw {alert_id[-4:]} closed, then open")
            self._shown_closed.discard(alert_id)

    def _send_act(self, message: Deed) -> None:
        if self.send(message):
            self.world.truth.acted(message, self.device_id)

    def _keep_at_it(self) -> None:
        if any(not act.is_done for act in self.acts.values()) and not self._resends:
            self._resends = True
            self.resend_later()
