"""Draws what the kit of a front does: its siren, and what its cameras have seen."""

from datetime import datetime, timedelta, timezone
from types import MappingProxyType
from typing import Final

from rich.text import Text

from clients.demo.reports import Sirens
from protocol.messages import Alert
from protocol.vocabulary import SirenState

COLOMBIA: Final = timezone(timedelta(hours=-5))
SIREN: Final = MappingProxyType(
    {
        SirenState.ASKED: ("pedida · asked", "yellow"),
        SirenState.SOUNDING: ("SUENA · SOUNDS", "bold white on red"),
        SirenState.SILENT: ("callada · silent", "dim"),
        SirenState.FAILED: ("falló · failed", "bold red"),
        SirenState.UNREACHABLE: ("no responde · unreachable", "bold red"),
    }
)


def kit_lines(alert: Alert | None, short_id: str, heard: Sirens | None) -> list[Text]:
    """Say what sounds and why, what the front hears of it, and which camera saw when: three lines.

    An alert that has ended changes no more; its front hears that the siren is silent.
    """
    front_hears = Text("") if heard is None else heard_line(heard)
    if alert is None:
        return [Text("kit: sin novedad · nothing yet", "dim"), front_hears, Text("")]
    front = "" if alert.front is None else alert.front.name
    siren = Text.assemble((f"{short_id} ", "dim"), f"{front}   sirena · siren ")
    for each in alert.sirens:
        siren.append_text(Text.assemble((f" {SIREN[each.state][0]} ", SIREN[each.state][1]), " "))
    siren.append(f" por · by {alert.sender.name}")
    return [siren, front_hears, Text(f"fotos · pictures {len(alert.pictures)}: {pictures(alert)}")]


def heard_line(heard: Sirens) -> Text:
    """Say what a member's app was told."""
    style = SIREN[heard.state][1]
    return Text.assemble("el frente oye · the front hears   ", (heard.text.es, style))


def pictures(alert: Alert) -> str:
    """Name the cameras, each with when its pictures were taken, by the clock of Colombia."""
    taken: dict[str, list[str]] = {}
    for picture in alert.pictures:
        at = datetime.fromtimestamp(picture.taken_at_ms / 1000, COLOMBIA)
        taken.setdefault(picture.camera, []).append(f"{at:%H:%M:%S}")
    return " · ".join(f"{camera} {', '.join(times)}" for camera, times in sorted(taken.items()))
