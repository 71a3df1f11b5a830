"""What of an event's effects must last: its facts, and what the alerts that it changed have become.

Added after everything else, so that nothing waits for it: the fan-out is on its way before.
"""

from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

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


def journalled(city: City, effects: list[Effect], now: Moment) -> list[Effect]:
    """Add the lines of the journal to the effects of one event, if there is anything to keep."""
    facts = [effect.fact for effect in effects if type(effect) is Record and is_kept(effect.fact)]
    changed, presses = city.changed, tuple(city.unkept)
    if not facts and not changed:
        return effects
    city.changed, city.unkept = {}, {}
    views = {
        effect.message.alert_id: effect.message
        for effect in effects
        if type(effect) is Send and type(effect.message) is messages.Alert
    }
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
    return fact.kind not in OF_CONNECTIONS or (
        fact.kind is FactKind.REFUSED and fact.device_id is not None
    )


def _entry(
    city: City, fact: Fact, alert: Alert | None, views: Mapping[str, messages.Alert], now: Moment
) -> Entry:
    """Make one line; the last one of an alert holds its state, and how it is shown."""
    line = Entry(
        kind=fact.kind,
        at_ms=fact.at_ms,
        reason=fact.reason,
        device_id=fact.device_id,
        alert_id=fact.alert_id,
        person_id=fact.person_id,
        took_ms=fact.took_ms,
    )
    if alert is None:
        return line
    view = views.get(alert.alert_id)
    if view is None:
        view = alert_view(alert, city.registry, now)
    return replace(
        line,
        version=alert.version,
        is_open=alert.is_open,
        state=freeze(alert, now, city.boot),
        view=to_json(view),
    )
