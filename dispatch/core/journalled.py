"""What of an event's effects must last: its facts, and what the alerts that it changed have become.

Added after everything else, so that nothing waits for it: the fan-out is on its way before.
"""

from collections.abc import Mapping
from typing import Final

from dispatch.core.alert import Alert
from dispatch.core.city import City
from dispatch.core.effects import Append, Effect, Record, Send
from dispatch.core.entry import Entry
from dispatch.core.facts import Fact, FactKind
from dispatch.core.moment import Moment
from dispatch.core.snapshot import freeze
from dispatch.core.view import alert_view
from protocol import messages
from protocol.codec import to_json

OF_CONNECTIONS: Final = frozenset(
    {FactKind.GREETED, FactKind.REFUSED, FactKind.FAULT, FactKind.DISCONNECTED}
)
"""Logged and counted, but nothing is lost with them; a known device that is refused is a denial."""

OF_THE_KIT: Final = frozenset(
    {
        FactKind.INSTALLED,
        FactKind.SEEN,
        FactKind.SELF_TESTED,
        FactKind.TROUBLE_OPENED,
        FactKind.TROUBLE_CLOSED,
        FactKind.UNINSTALLED,
    }
)
"""Appended where they happen, with the state of their device."""
OF_MESSAGES: Final = frozenset({FactKind.MESSAGE_SHOWN, FactKind.MESSAGE_ENDED})
"""Kept with their message; that something was said is a fact of its alert as well."""
_NOT_APPENDED_HERE: Final = OF_CONNECTIONS | OF_THE_KIT | OF_MESSAGES


def journalled(city: City, effects: list[Effect], now: Moment) -> list[Effect]:
    """Add the lines of the journal to the effects of one event, if there is anything to keep."""
    facts, views = _of_note(effects)
    changed, presses = city.changed, tuple(city.unkept)
    if not facts and not changed:
        return effects
    city.changed, city.unkept = {}, {}
    last = {fact.alert_id: index for index, fact in enumerate(facts)}
    entries = []
    for index, fact in enumerate(facts):
        is_last = last[fact.alert_id] == index
        alert = changed.pop(fact.alert_id, None) if is_last and fact.alert_id else None
        entries.append(_entry(city, fact, alert, views, now))
    for alert in changed.values():
        told = Fact(FactKind.TOLD, now.wall_ms, alert_id=alert.alert_id)
        entries.append(_entry(city, told, alert, views, now))
    effects.append(Append(tuple(entries), presses))
    return effects


def is_kept(fact: Fact) -> bool:
    """Say whether a fact is for the journal, or only logged and counted."""
    return fact.kind not in _NOT_APPENDED_HERE or (
        fact.kind is FactKind.REFUSED and fact.device_id is not None
    )


def _of_note(effects: list[Effect]) -> tuple[list[Fact], dict[str, bytes]]:
    """The facts to keep, and each alert as it is shown: written once, for the network as well."""
    facts: list[Fact] = []
    views: dict[str, bytes] = {}
    for index, effect in enumerate(effects):
        if type(effect) is Record:
            if is_kept(effect.fact):
                facts.append(effect.fact)
        elif type(effect) is Send and type(effect.message) is messages.Alert:
            json = views[effect.message.alert_id] = to_json(effect.message)
            effects[index] = Send(effect.devices, effect.message, effect.first_of, json)
    return facts, views


def _entry(
    city: City, fact: Fact, alert: Alert | None, views: Mapping[str, bytes], now: Moment
) -> Entry:
    """Make one line; the last one of an alert holds its state, and how it is shown."""
    version, is_open, state, view = 0, True, None, None
    if alert is not None:
        alert.keep_at_s = None
        # Without the key: what is kept must not open the pictures, not even for a while.
        shown = None if alert.pictures else views.get(alert.alert_id)
        view = shown or to_json(alert_view(alert, city.registry, now))
        version, is_open, state = alert.version, alert.is_open, freeze(alert, now, city.boot)
    return Entry(
        fact.kind,
        fact.at_ms,
        fact.reason,
        fact.device_id,
        fact.alert_id,
        fact.person_id,
        fact.took_ms,
        version,
        is_open,
        state,
        view,
    )
