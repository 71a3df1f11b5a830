import pytest
import trio

from clients.commands.screen import Screen, Stopwatch, printable
from link.connection import UP, LinkState
from link.errors import ClientError
from link.feed import Feed
from protocol.messages import Text
from tests.clients.samples import alert, an_id, receipt


def test_names_cannot_steer_the_terminal() -> None:
    assert printable("Ana\x1b[2J\nMaría\r") == "Ana�[2J�María�"
    assert printable("ñandú · 123") == "ñandú · 123"


def test_markup_in_a_name_is_only_a_name(capsys: pytest.CaptureFixture[str]) -> None:
    Screen().say(Text("[bold]Ana[/bold]", "[link=x]"))
    assert capsys.readouterr().out == "[bold]Ana[/bold] · [link=x]\n"


def test_long_lines_stay_whole_for_other_programs(capsys: pytest.CaptureFixture[str]) -> None:
    Screen().say(Text("palabra " * 100, "word"))
    assert capsys.readouterr().out.count("\n") == 1


def test_a_failure_says_what_to_do_on_the_standard_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Screen().fail(ClientError(Text("Mal.", "Bad."), Text("Haga esto.", "Do this.")))
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == "Mal. · Bad.\nHaga esto. · Do this.\n"


def test_a_discreet_receipt_shows_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    Screen().receipt(receipt(an_id(), discreet=True), 0.1)
    Screen().stored(receipt(an_id(), discreet=True), 0.1)
    assert capsys.readouterr() == ("", "")
    Screen().receipt(receipt(an_id()), 0.1234)
    assert "+0.123 s  es received · en received" in capsys.readouterr().out
    Screen().stored(receipt(an_id()), 0.125)
    assert "+0.125 s  Guardada. · Stored." in capsys.readouterr().out


def test_an_alert_is_shown_whole_at_first_sight_only(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen()
    screen.alert(alert(), is_new=True)
    assert "Llama Ana" in capsys.readouterr().out
    screen.alert(alert(version=2), is_new=False)
    again = capsys.readouterr().out
    assert an_id() in again
    assert "Llama Ana" not in again


def test_no_bell_sounds_in_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    Screen().bell()
    assert capsys.readouterr().out == ""


async def test_the_link_is_told_of_when_it_breaks_and_when_it_is_back(
    capsys: pytest.CaptureFixture[str],
) -> None:
    states: Feed[LinkState] = Feed()
    down = LinkState(False, Text("Se cayó.", "It fell."))
    reader = states.reader([(0, UP), (1, down), (2, UP)])
    states.end()
    await Screen().follow_link(reader)
    assert capsys.readouterr().err == (
        "Se cayó. Reintentando… · It fell. Trying again…\nConectado. · Connected.\n"
    )


async def test_a_stopwatch_counts(autojump_clock: trio.testing.MockClock) -> None:
    watch = Stopwatch()
    await trio.sleep(3)
    assert watch.since_s == pytest.approx(3)
