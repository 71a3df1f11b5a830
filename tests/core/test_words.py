from types import MappingProxyType

import pytest
from msgspec.structs import replace

from dispatch.core import words
from dispatch.core.words import ERROR, NOTICE, OUTCOME, RECEIVED, TRIED, receipt_text
from protocol.vocabulary import ErrorCode, Kind, NoticeCode, Outcome, Reach, Stage
from tests.core.town import MIDDLE, Town


@pytest.mark.parametrize(
    ("said", "words"),
    [(OUTCOME, Outcome), (RECEIVED, Reach), (TRIED, Reach), (NOTICE, NoticeCode)],
)
def test_there_are_words_for_everything(said, words):
    assert set(said) == set(words)


def test_there_are_words_for_every_error():
    assert set(ERROR) == set(ErrorCode)


def test_spanish_and_english_are_both_said_and_are_not_the_same():
    tables = [table for table in vars(words).values() if isinstance(table, MappingProxyType)]
    texts = [text for table in tables for text in table.values() if isinstance(text, words.Text)]
    assert len(texts) > 25
    for text in (*texts, words.NOBODY):
        assert text.es
        assert text.en
        assert text.es != text.en


def alert_of(kind=Kind.PANIC, eta_s=None, **changed):
    town = Town()
    town.connect("patrol-1", "ana")
    alert = town.alert(town.press("ana", at=MIDDLE, kind=kind))
    town.accept("patrol-1", alert.alert_id, eta_s)
    alert.owner = replace(alert.owner, **changed)
    return alert


def said(alert, stage, *, reached_anyone=True):
    return receipt_text(alert, stage, "Patrulla 7", reached_anyone)


def test_what_is_said_is_what_happened():
    alert = alert_of()
    assert "cuadrante" in said(alert, Stage.RECEIVED).es
    assert said(alert, Stage.RECEIVED, reached_anyone=False) == words.NOBODY
    alert.delivered = {"a": None}
    assert said(alert, Stage.DELIVERED).en == (
        "Delivered: 1 handheld shows it. Wait for a confirmation."
    )
    alert.delivered = {"a": None, "b": None}
    assert said(alert, Stage.DELIVERED).es == (
        "Entregada: 2 patrullas la vieron. Espere confirmación."
    )
    assert said(alert, Stage.ON_SCENE).es == "Patrulla 7 llegó al sitio."
    alert.outcome = Outcome.UNFOUNDED
    assert said(alert, Stage.CLOSED).es == "Cerrada: sin novedad."


@pytest.mark.parametrize(
    ("eta_s", "minutes"), [(0, "1 min"), (45, "1 min"), (240, "4 min"), (14_400, "240 min")]
)
def test_an_eta_is_said_in_whole_minutes(eta_s, minutes):
    assert minutes in said(alert_of(eta_s=eta_s), Stage.ACCEPTED).es


def test_a_patrol_that_says_no_eta_or_is_late_is_not_said_to_come_soon():
    assert "va en camino" in said(alert_of(), Stage.ACCEPTED).es
    assert "demorada" in said(alert_of(eta_s=60, overdue=True), Stage.ACCEPTED).es


@pytest.mark.parametrize("reach", Reach)
def test_a_drill_claims_no_call_that_was_not_made(reach):
    alert = alert_of(Kind.TEST)
    alert.reach = reach
    for reached_anyone in (False, True):
        text = said(alert, Stage.RECEIVED, reached_anyone=reached_anyone)
        assert "Prueba" in text.es
        assert "123" not in text.es
        assert "sala de control" not in text.es
