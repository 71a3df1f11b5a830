import pytest

from clients.demo.model import Model, short
from clients.demo.reports import (
    Checked,
    Connected,
    Failed,
    Heard,
    Pressed,
    Replaying,
    Shown,
    Unstored,
)
from protocol.vocabulary import AlertState, FoundBy, Kind, Stage, Verdict
from tests.clients.demo.samples import ALERT_ID, alert

MS = 1_000_000


def pressed(at_ns: int = 0) -> Pressed:
    return Pressed(ALERT_ID, "app-1", Kind.PANIC, at_ns)


def shown(at_ns: int, version: int = 1) -> Shown:
    return Shown(ALERT_ID, "patrulla-1", version, at_ns)


@pytest.mark.parametrize("shown_first", [False, True])
def test_latency_is_measured_whichever_report_comes_first(shown_first: bool) -> None:
    model = Model()
    reports = [pressed(10 * MS), shown(13 * MS), shown(14 * MS)]
    for report in reversed(reports) if shown_first else reports:
        model.take(report)
    summary = model.summary()
    assert (summary.p50_ms, summary.p99_ms) == (3.0, 4.0)
    assert summary.delivered == 2


def test_those_called_in_later_are_delivered_but_not_measured() -> None:
    model = Model()
    for report in (pressed(), shown(20_000 * MS, version=3)):
        model.take(report)
    assert model.summary().delivered == 1
    assert model.press_to_handheld_ms.count == 0


def test_each_stage_of_an_alert_is_counted_once() -> None:
    model = Model()
    assert model.see(alert(version=1)) == ["alerts"]
    assert model.see(alert(version=2, accepted_at_ms=5)) == ["accepted"]
    assert model.see(alert(version=3, accepted_at_ms=5)) == []
    assert model.open_alerts == 1
    closed = alert(version=4, state=AlertState.CLOSED, accepted_at_ms=5, arrived_at_ms=6)
    assert model.see(closed) == ["arrived", "closed"]
    summary = model.summary()
    assert (summary.alerts, summary.accepted, summary.closed) == (1, 1, 1)
    assert model.open_alerts == 0


def test_an_older_version_never_replaces_a_newer_one() -> None:
    model = Model()
    model.see(alert(version=4, state=AlertState.CLOSED))
    assert model.see(alert(version=3)) == []
    assert model.alerts[ALERT_ID].version == 4


def test_only_the_first_receipt_is_measured() -> None:
    model = Model()
    model.take(pressed(0))
    for at_ms, stage in ((2, Stage.RECEIVED), (900, Stage.ACCEPTED)):
        model.take(Heard(ALERT_ID, ALERT_ID, stage, Verdict.FIRST, "Q1", at_ms * MS))
    assert model.press_to_receipt_ms.percentile(1.0) == 2.0
    assert model.verdicts == {Verdict.FIRST: 1}


def test_a_wrong_quadrant_and_a_lost_press_spoil_a_run() -> None:
    good = Model()
    good.see(alert(version=2, accepted_at_ms=5))
    assert good.summary().is_good
    for spoiler in (
        Checked("i1", "Q1", "Q2", FoundBy.INSIDE, False),
        Unstored(1),
        Failed("members", "why"),
        Replaying(1, 2, 0, 1),
    ):
        model = Model()
        model.see(alert(version=2, accepted_at_ms=5))
        model.take(spoiler)
        assert not model.summary().is_good, spoiler


def test_a_run_without_an_answer_is_not_good() -> None:
    model = Model()
    model.see(alert(version=1))
    assert not model.summary().is_good


def test_uncertain_incidents_are_told_apart() -> None:
    model = Model()
    model.take(Checked("i1", "Q1", "Q1", FoundBy.INSIDE, True))
    model.take(Checked("i2", "Q1", "Q2", FoundBy.INSIDE, None))
    assert (model.counts["checked"], model.counts["unchecked"], model.counts["wrong"]) == (1, 1, 0)


def test_devices_come_and_go() -> None:
    model = Model()
    for device_id, up in (("a", True), ("b", True), ("a", False), ("a", False)):
        model.take(Connected("members", device_id, up))
    assert model.connected == {"members": 1}


def test_short_ids_differ_within_one_second() -> None:
    assert short("01932f7a-5c00-7abc-8def-0123456789ab") == "789ab"
