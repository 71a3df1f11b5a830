"""What of an event's effects must last: its facts, and what the alerts that it changed have become.

Added after everything else, so that nothing waits for it: the fan-out is on its way before.
"""

from typing import Final

from dispatch.core.alert import Alert
from dispatch.core.city import City
from dispatch.core.effects import Append, Effect, Record
from dispatch.core.entry import Entry
from dispatch.core.facts import Fact, FactKind
from dispatch.core.moment import Moment
from dispatch.core.snapshot import freeze

NOT_KEPT: Final = frozenset(
    {FactKind.GREETED, FactKind.REFUSED, FactKind.FAULT, FactKind.DISCONNECTED}
)
"""Facts about connections: logged and counted, but nothing is lost with them."""


def journalled(city: City, effects: list[Effect], now: Moment) -> list[Effect]:
    """Add the entry of the journal to the effects of one event, if there is anything to keep."""
    facts = [
        effect.fact
        for effect in effects
        if type(effect) is Record and effect.fact.kind not in NOT_KEPT
    ]
    changed, presses = city.changed, tuple(city.unkept)
    if not facts and not changed:
        return effects
    city.changed, city.unkept = {}, {}
    newest = {fact.alert_id: index for index, fact in enumerate(facts)}
    entries = [
        _entry(fact, changed.pop(fact.alert_id, None), now)
        if fact.alert_id is not None and newest[fact.alert_id] == index
        else _entry(fact, None, now)
        for index, fact in enumerate(facts)
    ]
    entries += [
        _entry(Fact(FactKind.TOLD, now.wall_ms, alert_id=alert.alert_id), alert, now)
        for alert in changed.values()
    ]
    effects.append(Append(tuple(entries), presses))
    return effects


def _entry(fact: Fact, alert: Alert | None, now: Moment) -> Entry:
    return Entry(
        kind=fact.kind,
        at_ms=fact.at_ms,
        reason=fact.reason,
        device_id=fact.device_id,
        alert_id=fact.alert_id,
        person_id=fact.person_id,
        took_ms=fact.took_ms,
        version=alert.version if alert else 0,
        is_open=alert.is_open if alert else True,
        state=freeze(alert, now) if alert else None,
    )
