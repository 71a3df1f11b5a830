"""Draws the model for a terminal: Spanish first, English beside it."""

from types import MappingProxyType
from typing import Final, Literal

from rich import box
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from clients.demo.model import Model, Summary, short
from clients.demo.view_kit import SIREN, kit_lines, pictures
from protocol.messages import Alert, Stages
from protocol.vocabulary import AlertState, Kind, Reach, Step, Urgency

KIND: Final = MappingProxyType(
    {
        Kind.PANIC: "pánico",
        Kind.SILENT: "silenciosa",
        Kind.MEDICAL: "médica",
        Kind.FIRE: "incendio",
        Kind.INTRUSION: "intrusión",
        Kind.TEST: "prueba",
    }
)
STATE: Final = MappingProxyType(
    {
        AlertState.RAISED: ("sin avisar · raised", "bold white on red"),
        AlertState.DISPATCHED: ("avisada · sent", "bold yellow"),
        AlertState.ACCEPTED: ("aceptada · accepted", "cyan"),
        AlertState.ON_SCENE: ("en el sitio · there", "green"),
        AlertState.CLOSED: ("cerrada · closed", "dim"),
    }
)
URGENCY: Final = MappingProxyType(
    {
        Urgency.LOW: ("baja", "dim"),
        Urgency.NORMAL: ("normal", ""),
        Urgency.HIGH: ("alta", "yellow"),
        Urgency.CRITICAL: ("crítica", "bold red"),
    }
)
STEP: Final = MappingProxyType(
    {
        Step.NONE: "",
        Step.REPEATED: "repetida · again",
        Step.WIDENED: "vecinos · neighbours",
        Step.SUPERVISORS: "supervisión",
        Step.INSISTED: "insistida · insisted",
    }
)
REACH: Final = MappingProxyType(
    {
        Reach.ON_DUTY: "",
        Reach.NONE_CONNECTED: "sin patrulla · none on duty",
        Reach.NO_QUADRANT: "sin cuadrante · no quadrant",
    }
)
LATE: Final = MappingProxyType(
    {
        "received": "red",
        "sent": "envío",
        "delivered": "entrega",
        "accepted": "acepta",
        "arrived": "llegada",
    }
)
"""The stages that may break their budget, as the last column names them."""
COLUMNS: Final = (
    ("alerta", "dim", 6, None),
    ("tipo", "", 10, None),
    ("cuadrante", "", 13, None),
    ("estado · state", "", None, 4),
    ("urgencia", "", 8, None),
    ("sale", "green", 6, None),
    ("a patrulla", "bold green", 10, None),
    ("acepta", "cyan", 6, None),
    ("llega", "green", 6, None),
    ("ETA, patrulla", "", None, 7),
    ("escala · raised", "", None, 4),
    ("tarde · late", "", None, 3),
)
"""Title, style, and either the width or the share of what the others leave."""
RIGHT: Final = frozenset({"sale", "a patrulla", "acepta", "llega"})
FEED_ROWS: Final = 8
ROWS_AROUND_TABLE: Final = 9 + 4 + FEED_ROWS + 2
"""Header with its frame, the table's head, the feed with its frame, one line to spare."""
GROUPS: Final = MappingProxyType(
    {
        "handhelds": "patrullas",
        "members": "vecinos",
        "buttons": "botones",
        "control": "sala",
        "wall": "pared",
    }
)


def screen(model: Model, url: str, health: str, height: int) -> RenderableType:
    """Draw everything, in `height` lines."""
    rows = max(1, height - ROWS_AROUND_TABLE)
    return Group(header(model, url, health), alert_table(model, rows), feed(model))


def header(model: Model, url: str, health: str) -> Panel:
    """Draw server, health, devices, the running figures, and what a front's kit does."""
    groups = " · ".join(
        f"{GROUPS.get(group, group)} {count}" for group, count in model.connected.items()
    )
    first = Text.assemble(
        ("Cuadrante ", "bold"), f"{url}   ", _health(health), f"   conectados · connected: {groups}"
    )
    counts = model.counts
    second = Text.assemble(
        f"señales · presses {counts['presses']:,}   alertas · alerts {counts['alerts']:,}   ",
        (f"abiertas · open {model.open_alerts:,}   ", "yellow"),
        (f"aceptadas · accepted {counts['accepted']:,}   ", "cyan"),
        f"entregas · delivered {counts['delivered']:,}",
    )
    third = Text.assemble(
        "señal → patrulla · press → handheld   ",
        (f"p50 {_ms(model.press_to_handheld_ms.percentile(0.5))}   ", "bold green"),
        (f"p99 {_ms(model.press_to_handheld_ms.percentile(0.99))}", "bold green"),
        f"   ({model.press_to_handheld_ms.count:,})   señal → recibo · press → receipt "
        f"p50 {_ms(model.press_to_receipt_ms.percentile(0.5))}",
    )
    alert = model.kit_alert()
    kit = kit_lines(alert, "" if alert is None else short(alert.alert_id), model.sirens)
    pages = [Text(page, "bold") for page in model.pages]
    lines = [first, second, third, *kit, *pages]
    if model.replaying is not None:
        lines.append(replay_line(model))
    for each in lines:
        each.no_wrap, each.overflow = True, "ellipsis"
    return Panel(Group(*lines), border_style="blue")


def replay_line(model: Model) -> Text:
    """Say how far the replay is, and whether every place was right."""
    replaying, counts = model.replaying, model.counts
    done, total = (replaying.done, replaying.total) if replaying else (0, 0)
    wrong = counts["wrong"]
    style = "bold white on red" if wrong else "green"
    return Text.assemble(
        f"incidentes · incidents {done:,}/{total:,}   ",
        f"verificados · checked {counts['checked']:,}  ",
        (f" mal ubicados · wrong {wrong:,} ", style),
        f"  al borde o sin dato · uncertain {counts['unchecked']:,}",
    )


def alert_table(model: Model, rows: int) -> Table:
    """Draw the newest alerts."""
    table = Table(
        box=box.SIMPLE_HEAD,
        expand=True,
        pad_edge=False,
        padding=(0, 1, 0, 0),
        collapse_padding=True,
    )
    for title, style, width, share in COLUMNS:
        side: Literal["left", "right"] = "right" if title in RIGHT else "left"
        table.add_column(title, style=style, width=width, ratio=share, no_wrap=True, justify=side)
    for alert in list(reversed(model.alerts.values()))[:rows]:
        table.add_row(*row(alert, model.first_shown_ms.get(alert.alert_id)))
    return table


def row(alert: Alert, first_shown_ms: float | None) -> tuple[str | Text, ...]:
    """Draw one alert; `first_shown_ms`: from the press to the first handheld, as measured here."""
    quadrant, stages, owner = alert.quadrant, alert.stages, alert.owner
    eta = f"{owner.eta_s} s, " if owner and owner.eta_s is not None else ""
    raised = STEP[alert.escalation.step] or REACH[alert.told.reach]
    return (
        short(alert.alert_id),
        KIND[alert.kind],
        "—" if quadrant is None else quadrant.name,
        Text(*STATE[alert.state]),
        Text(*URGENCY[alert.urgency]),
        _since(stages, stages.sent_at_ms),
        "" if first_shown_ms is None else f"{first_shown_ms:.1f} ms",
        _since(stages, stages.accepted_at_ms),
        _since(stages, stages.arrived_at_ms),
        "" if owner is None else f"{eta}{owner.name}",
        Text(raised, "red" if raised else ""),
        Text(", ".join(f"{LATE[late.stage]} {_span(late.took_ms)}" for late in alert.late), "red"),
    )


def times(stages: Stages) -> str:
    """Write the stage times since the press was received."""
    named = (
        ("enviada", stages.sent_at_ms),
        ("entregada", stages.delivered_at_ms),
        ("aceptada", stages.accepted_at_ms),
        ("llega", stages.arrived_at_ms),
    )
    return ", ".join(f"{name} {since}" for name, at_ms in named if (since := _since(stages, at_ms)))


def _since(stages: Stages, at_ms: int | None) -> str:
    if at_ms is None or stages.received_at_ms is None:
        return ""
    return _span(at_ms - stages.received_at_ms)


def feed(model: Model) -> RenderableType:
    """Draw what patrols answered lately, and what failed."""
    lines = [Text(f"✗ {each.group} {each.why}", "bold red") for each in model.failures][-3:]
    lines += [
        Text(
            f"✗ {each.incident_id}: {each.quadrant or '—'} ({each.found_by}), "
            f"no es · is not {each.expected or '—'}",
            "bold white on red",
        )
        for each in list(model.wrong)[-3:]
    ]
    room = FEED_ROWS - len(model.pages) - len(lines)  # the header grows by a line for each page
    for alert, said in list(model.feed)[-room:] if room > 0 else []:
        lines.append(
            Text.assemble(
                (f"{alert} ", "dim"), f"{said.who}: {said.what.es} ", (f"· {said.what.en}", "dim")
            )
        )
    title = "respuestas · answers"
    for each in lines:
        each.no_wrap, each.overflow = True, "ellipsis"
    return Panel(Group(*lines), title=title, border_style="blue")


def line(alert: Alert, reached: str) -> str:
    """Write one event for where there is no terminal."""
    quadrant = "—" if alert.quadrant is None else alert.quadrant.name
    owner = f" {alert.owner.name}" if alert.owner is not None else ""
    if reached in ("sounding", "silent"):
        states = ", ".join(f"{each.name}: {SIREN[each.state][0]}" for each in alert.sirens)
        return f"{short(alert.alert_id)} sirena · siren: {states} (por · by {alert.sender.name})"
    if reached == "seen":
        return f"{short(alert.alert_id)} fotos · pictures: {pictures(alert)}"
    said = {
        "alerts": "alerta · alert",
        "accepted": "aceptada · accepted",
        "arrived": "en el sitio · on the scene",
        "closed": "cerrada · closed",
    }[reached]
    return (
        f"{short(alert.alert_id)} {said}: {KIND[alert.kind]}, {quadrant}{owner} "
        f"[{times(alert.stages)}]"
    )


def summary_lines(summary: Summary) -> list[str]:
    """Write what a run came to."""
    lines = [
        f"señales · presses: {summary.presses:,}",
        f"alertas · alerts: {summary.alerts:,}, aceptadas · accepted {summary.accepted:,}, "
        f"cerradas · closed {summary.closed:,}",
        f"entregas a patrullas · shown on handhelds: {summary.delivered:,}",
        f"perdidas · lost: {summary.lost:,}",
        f"sirenas · sirens sounded: {summary.sounded:,}, fotos · pictures: {summary.pictures:,}",
        f"señal → patrulla · press → handheld: p50 {_ms(summary.p50_ms)}, "
        f"p99 {_ms(summary.p99_ms)}",
    ]
    if summary.checked or summary.wrong:
        lines.append(
            f"cuadrante verificado · quadrant checked: {summary.checked:,}, "
            f"mal ubicados · wrong {summary.wrong:,}, sin ubicar · given up {summary.given_up:,}"
        )
    if summary.failed:
        lines.append(f"fallas · failures: {summary.failed:,}")
    return lines


def _health(health: str) -> tuple[str, str]:
    return (f" {health} ", "black on green" if health == "green" else "white on red")


def _ms(value: float | None) -> str:
    return "—" if value is None else f"{value:.1f} ms"


def _span(ms: int) -> str:
    return f"{ms} ms" if ms < 1_000 else f"{ms / 1_000:.1f} s"
