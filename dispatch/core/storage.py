"""What a sender is told of its press's storage: that it is safe, or that it is not."""

from dispatch.core import message
from dispatch.core.city import City
from dispatch.core.effects import Effect, Send
from dispatch.core.entry import MESSAGE
from dispatch.core.events import Journaled, KeepAgain, NotStored, Stored
from dispatch.core.tell import listeners, receipt
from dispatch.core.words import ERROR
from protocol.messages import Error
from protocol.vocabulary import ErrorCode


def heard(city: City, event: Stored | Journaled | NotStored) -> list[Effect]:
    """Take what there is to say of the journal."""
    match event:
        case Stored():
            return stored(city, event)
        case Journaled():
            return journaled(city, event)
        case NotStored():
            return not_stored(city, event)


def stored(city: City, event: Stored) -> list[Effect]:
    """Say so to each sender: from now on the press survives whatever happens to us."""
    effects: list[Effect] = []
    for alert_id, signal_id in event.presses:
        if alert_id.startswith(MESSAGE):
            effects += message.stored(city, signal_id)
            continue
        alert = city.board.alerts.get(alert_id)
        if alert is None or signal_id not in alert.unstored:
            continue
        del alert.unstored[signal_id]
        alert.receipt_version += 1
        press = alert.press(signal_id)
        if press is not None:
            effects += receipt(city, alert, press)
        city.spoken_for.pop(signal_id, None)
    return effects


def journaled(city: City, event: Journaled) -> list[Effect]:
    """Say what is held, and so that more was asked for: the database does not answer."""
    effects: list[Effect] = []
    for alert_id, signal_id in event.presses:
        alert = city.board.alerts.get(alert_id)
        if alert is None or alert.unstored.get(signal_id) is not False:
            continue
        alert.unstored[signal_id] = True
        alert.receipt_version += 1
        press = alert.press(signal_id)
        if press is not None:
            effects += receipt(city, alert, press)
    return effects


def not_stored(city: City, event: NotStored) -> list[Effect]:
    """Say so to each sender, which keeps its press and sends it again; it was dispatched."""
    code = ErrorCode.UNABLE_TO_STORE
    return [
        Send(told, Error(code=code, text=ERROR[code], about="signal", alert_id=alert_id))
        for alert_id, signal_id in event.presses
        if (alert := city.board.alerts.get(alert_id)) is not None
        and (press := alert.press(signal_id)) is not None
        and (told := listeners(city, press))
    ]


def keep_again(city: City, event: KeepAgain) -> None:
    """Give the journal what the alerts have become. Without it a restart would undo what is done.

    A press among it is not told stored by this: its sender sends it again.
    """
    for alert_id in event.alert_ids:
        alert = city.board.alerts.get(alert_id)
        if alert is not None:
            city.changed[alert_id] = alert
