from io import StringIO

import pytest
from rich.console import Console, RenderableType

from clients.demo.model import Model
from clients.demo.reports import Answered, Checked, Connected, Failed, Pressed, Replaying, Shown
from clients.demo.view import KIND, LATE, REACH, STATE, STEP, URGENCY, line, screen, summary_lines
from dispatch.core.limits import BUDGET_MS
from protocol.messages import LateStage, Text
from protocol.vocabulary import AlertState, FoundBy, Kind, Reach, Step, Urgency
from tests.clients.demo.samples import ALERT_ID, OWNER, alert

URL = "ws://127.0.0.1:7310/v1"


def drawn(renderable: RenderableType, height: int = 40, width: int = 240) -> str:
    console = Console(width=width, height=height, record=True, force_terminal=True, file=StringIO())
    console.print(renderable)
    return console.export_text()


@pytest.mark.parametrize(
    ("words", "table"),
    [(Kind, KIND), (AlertState, STATE), (Urgency, URGENCY), (Step, STEP), (Reach, REACH)],
)
def test_there_is_a_word_for_everything(words: type, table: dict[object, object]) -> None:
    assert set(words) == set(table)  # type: ignore[call-overload]


def test_every_stage_that_may_be_late_has_its_word() -> None:
    assert set(BUDGET_MS) == set(LATE)


def test_an_accepted_alert_shows_who_comes_when_and_how_quick_it_was() -> None:
    model = Model()
    model.see(
        alert(
            version=3,
            state=AlertState.ACCEPTED,
            urgency=Urgency.HIGH,
            owner=OWNER,
            accepted_at_ms=12_502,
            step=Step.REPEATED,
            late=(LateStage("accepted", 12_500, 10_000),),
        )
    )
    text = drawn(screen(model, URL, "green", 40))
    for word in (
        "789ab",
        "pánico",
        "Cuadrante 007",
        "aceptada",
        "alta",
        "90 s, Patrullera Lozadal",
        "repetida",
        "1 ms",
        "acepta 12.5 s",
    ):
        assert word in text, word


def test_the_header_shows_server_health_devices_and_figures() -> None:
    model = Model()
    for report in (
        Connected("handhelds", "p", True),
        Pressed("s", "d", Kind.PANIC, 0),
        Shown("s", "p", 1, 2_500_000),
    ):
        model.take(report)
    text = drawn(screen(model, URL, "nobody_on_duty", 40))
    for word in (URL, "nobody_on_duty", "patrullas 1", "p50 2.5 ms", "p99 2.5 ms"):
        assert word in text, word


def test_the_header_says_where_a_browser_can_take_part() -> None:
    model = Model()
    model.pages = ["botón: http://127.0.0.1:7311/boton#code=AAAA-BBBB-CCCC"]
    assert model.pages[0] in drawn(screen(model, URL, "green", 40))


def test_answers_failures_and_wrong_places_are_seen() -> None:
    model = Model()
    for report in (
        Answered(ALERT_ID, "Intendente Olivarte", "Cuadrante 007", Text("llega", "arrives")),
        Failed("members", "app-1: no"),
        Replaying(3, 10, 2, 0),
        Checked("4401", "Q1", "Q2", FoundBy.INSIDE, False),
    ):
        model.take(report)
    text = drawn(screen(model, URL, "green", 40))
    for word in ("Intendente Olivarte: llega", "app-1: no", "3/10", "wrong 1", "4401: Q2"):
        assert word in text, word


@pytest.mark.parametrize("width", [80, 150, 240])
@pytest.mark.parametrize("height", [24, 40, 60])
def test_it_fits_the_terminal(height: int, width: int) -> None:
    model = Model()
    for number in range(100):
        model.alerts[str(number)] = alert()
        said = Text("acepta, llega en 80 s", "accepts")
        model.take(Answered(ALERT_ID, f"Patrulla {number}", None, said))
    model.take(Replaying(3, 10, 2, 0))
    model.pages = ["botón: http://127.0.0.1:7311/boton#code=AAAA", "patrulla: …"]
    lines = drawn(screen(model, URL, "green", height), height, width).splitlines()
    assert len(lines) <= height


def test_where_there_is_no_terminal_each_event_is_a_line() -> None:
    text = line(alert(version=2, owner=OWNER, accepted_at_ms=1_502), "accepted")
    assert text == (
        "789ab aceptada · accepted: pánico, Cuadrante 007 Patrullera Lozadal "
        "[enviada 1 ms, entregada 7 ms, aceptada 1.5 s]"
    )


def test_the_summary_names_every_figure() -> None:
    model = Model()
    model.see(alert(version=2, accepted_at_ms=5))
    model.take(Checked("i", "Q1", "Q1", FoundBy.INSIDE, True))
    text = "\n".join(summary_lines(model.summary()))
    for word in ("presses: 0", "accepted 1", "lost: 0", "p50 —", "checked: 1", "wrong 0"):
        assert word in text, word
