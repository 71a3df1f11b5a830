"""Alerts for other systems: CAP 1.2 messages, and an Atom feed (RFC 4287) of them.

Common Alerting Protocol 1.2, OASIS Standard, 1 July 2010; element by element its section 3.2. The
messages are restricted: who called, and what was noted, is in none.
"""

# Written, not read: what could be a bomb is never parsed here.
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final

from protocol.vocabulary import AlertState, Kind, Outcome

CAP: Final = "urn:oasis:names:tc:emergency:cap:1.2"
ATOM: Final = "http://www.w3.org/2005/Atom"
CAP_TYPE: Final = "application/cap+xml"
ATOM_TYPE: Final = "application/atom+xml"
SENDER: Final = "cuadrante"
RADIUS_MIN_KM: Final = 0.02

EVENTS: Final[Mapping[str, tuple[str, str, str]]] = MappingProxyType(
    {
        Kind.PANIC: ("Llamada de pánico", "Security", "Extreme"),
        Kind.SILENT: ("Llamada de pánico", "Security", "Extreme"),
        Kind.MEDICAL: ("Emergencia médica", "Health", "Severe"),
        Kind.FIRE: ("Incendio", "Fire", "Extreme"),
        Kind.INTRUSION: ("Intrusión", "Security", "Severe"),
        Kind.TEST: ("Simulacro", "Security", "Minor"),
    }
)
"""kind -> event, category, severity. A silent call is not told from a loud one."""

NOTHING_HAPPENED: Final = frozenset({Outcome.FALSE_ALARM, Outcome.UNFOUNDED, Outcome.CANCELLED})
WITHDRAWN: Final = NOTHING_HAPPENED | {Outcome.DUPLICATE, Outcome.TEST}
"""How an alert may end that others need not have heard of."""


def cap_message(view: Mapping[str, Any]) -> bytes:
    """Return an alert as it is now, as a CAP message."""
    alert = ET.Element("alert", xmlns=CAP)
    first_ms = view["stages"]["received_at_ms"]
    _put(alert, "identifier", f"{view['alert_id']}.{view['version']}")
    _put(alert, "sender", SENDER)
    _put(alert, "sent", cap_time(changed_ms(view)))
    _put(alert, "status", "Exercise" if view["kind"] == Kind.TEST else "Actual")
    _put(alert, "msgType", _message_type(view))
    _put(alert, "scope", "Restricted")
    _put(alert, "restriction", "Organismos de seguridad y emergencias")
    if view["version"] > 1:
        _put(alert, "references", f"{SENDER},{view['alert_id']}.1,{cap_time(first_ms)}")
    alert.append(_info(view))
    return _written(alert)


def atom_feed(views: Iterable[Mapping[str, Any]], base_url: str, now_ms: int) -> bytes:
    """Return a feed that links to the message of each alert."""
    feed = ET.Element("feed", xmlns=ATOM)
    _put(feed, "id", f"{base_url}v1/cap")
    _put(feed, "title", "Cuadrante")
    _put(feed, "updated", cap_time(now_ms))
    author = ET.SubElement(feed, "author")
    _put(author, "name", SENDER)
    for view in views:
        entry = ET.SubElement(feed, "entry")
        _put(entry, "id", f"urn:uuid:{view['alert_id']}")
        _put(entry, "title", EVENTS[view["kind"]][0])
        _put(entry, "updated", cap_time(changed_ms(view)))
        href = f"{base_url}v1/alerts/{view['alert_id']}/cap"
        ET.SubElement(entry, "link", rel="alternate", type=CAP_TYPE, href=href)
    return _written(feed)


def changed_ms(view: Mapping[str, Any]) -> int:
    """Return when the newest stage of an alert was reached."""
    stages: Mapping[str, int | None] = view["stages"]
    return max(at for name, at in stages.items() if name != "pressed_at_ms" and at is not None)


def cap_time(at_ms: int) -> str:
    """Return a time as CAP writes it: whole seconds, and never `Z` (3.3.2)."""
    return datetime.fromtimestamp(at_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S-00:00")


def _message_type(view: Mapping[str, Any]) -> str:
    if view["outcome"] in WITHDRAWN and view["version"] > 1:
        return "Cancel"
    return "Alert" if view["version"] == 1 else "Update"


def _info(view: Mapping[str, Any]) -> ET.Element:
    event, category, severity = EVENTS[view["kind"]]
    is_over = view["state"] == AlertState.CLOSED
    info = ET.Element("info")
    _put(info, "language", "es-CO")
    _put(info, "category", category)
    _put(info, "event", event)
    _put(info, "responseType", "AllClear" if is_over else "Monitor")
    _put(info, "urgency", "Past" if is_over else "Immediate")
    _put(info, "severity", severity)
    _put(info, "certainty", "Unlikely" if view["outcome"] in NOTHING_HAPPENED else "Observed")
    _put(info, "effective", cap_time(view["stages"]["received_at_ms"]))
    _put(info, "senderName", "Cuadrante")
    quadrant, place = view["quadrant"], view["place"]
    area = ET.SubElement(info, "area")
    _put(area, "areaDesc", "Sin cuadrante" if quadrant is None else quadrant["name"])
    if place["lat"] is not None:
        radius_km = max((place["accuracy_m"] or 0) / 1000, RADIUS_MIN_KM)
        _put(area, "circle", f"{place['lat']:.6f},{place['lon']:.6f} {radius_km:.3f}")
    if quadrant is not None:
        geocode = ET.SubElement(area, "geocode")
        _put(geocode, "valueName", "cuadrante")
        _put(geocode, "value", quadrant["code"])
    return info


def _put(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = text


def _written(root: ET.Element) -> bytes:
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written
