"""What a front's kit does is said in two lines: what sounds and why, and who saw when."""

import pytest
from msgspec.structs import replace

from clients.demo.model import Model
from clients.demo.reports import Sirens
from clients.demo.view import line, screen
from clients.demo.view_kit import SIREN, kit_lines, pictures
from protocol.messages import Alert, PictureView, SirenView, Text
from protocol.vocabulary import SirenState
from tests.clients.demo.samples import alert
from tests.clients.demo.test_view import URL, drawn

TAKEN_MS = 1_800_000_000_000  # 03:00:00 in Colombia


def seen(state: SirenState, *taken_ms: int, version: int = 1) -> Alert:
    return replace(
        alert(version=version),
        sirens=(SirenView("s-1", "Sirena Manga", state, None),),
        pictures=tuple(
            PictureView(f"p{at}", f"c{at % 2}", f"Cámara {at % 2 + 1}", TAKEN_MS + ms, "/p")
            for at, ms in enumerate(taken_ms)
        ),
    )


def test_every_state_of_a_siren_has_its_words() -> None:
    assert set(SIREN) == set(SirenState)


def test_cameras_are_named_with_their_times_by_the_clock_of_colombia() -> None:
    shown = pictures(seen(SirenState.SOUNDING, 0, 500, 10_000, 10_500))
    assert shown == "Cámara 1 03:00:00, 03:00:10 · Cámara 2 03:00:00, 03:00:10"


def test_there_are_always_three_lines() -> None:
    assert len(kit_lines(None, "", None)) == 3
    siren, _, cameras = kit_lines(seen(SirenState.SOUNDING, 0), "789ab", None)
    assert "SUENA · SOUNDS" in siren.plain
    assert "Olga Iriarteche" in siren.plain, "who set it off is named"
    assert "pictures 1: Cámara 1 03:00:00" in cameras.plain


def test_the_screen_shows_it_and_the_summary_counts_it() -> None:
    model = Model()
    assert "sin novedad" in drawn(screen(model, URL, "green", 40))
    model.see(seen(SirenState.ASKED))
    assert model.see(seen(SirenState.SOUNDING, 0, 0, version=2)) == ["sounding", "seen"]
    model.see(seen(SirenState.SILENT, 0, 0, 0, version=3))
    text = drawn(screen(model, URL, "green", 40))
    for word in ("callada · silent", "pictures 3", "Cámara 2"):
        assert word in text, word
    assert (model.summary().sounded, model.summary().pictures) == (1, 3)


def test_what_the_front_hears_is_shown_to_the_end() -> None:
    model = Model()
    model.see(seen(SirenState.SOUNDING, 0))
    for state, words in ((SirenState.SOUNDING, "Suena por Olga"), (SirenState.SILENT, "Se calló")):
        model.take(Sirens("Sirena Manga", state, Text(words, "")))
        assert words in drawn(screen(model, URL, "green", 40))


@pytest.mark.parametrize(
    ("reached", "words"),
    [("sounding", "Sirena Manga: SUENA"), ("silent", "Sirena Manga"), ("seen", "Cámara 1 03:00")],
)
def test_it_is_a_line_where_there_is_no_screen(reached: str, words: str) -> None:
    assert words in line(seen(SirenState.SOUNDING, 0), reached)
