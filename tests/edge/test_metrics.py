"""What Prometheus is told."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from dispatch.core.dispatcher import Dispatcher
from dispatch.core.events import Connected, Received
from dispatch.core.facts import Fact, FactKind
from dispatch.core.locate import Locator
from dispatch.core.moment import Moment
from dispatch.core.quadrants import Edition
from dispatch.core.registry import Device, Registry
from dispatch.edge.bounds import METRICS_CACHE_S
from dispatch.edge.clock import read_clock
from dispatch.edge.metrics import Metrics
from dispatch.edge.pulse import Pulse
from protocol.messages import Condition
from protocol.vocabulary import Role, TroubleKind


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(Dispatcher(Registry(Locator(Edition("", ())))), Pulse())


def read(metrics: Metrics, now_s: float) -> dict[str, float]:
    families = text_string_to_metric_families(metrics.render(now_s).decode())
    return {
        sample.name + "".join(f",{value}" for value in sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
    }


def test_each_decision_is_counted_by_kind_and_reason(metrics: Metrics) -> None:
    for reason in ("first", "first", "repeat_press"):
        metrics.count(Fact(FactKind.SIGNAL, 1, reason, device_id="app-ana"))
    counted = read(metrics, 1)
    assert counted["cuadrante_decisions_total,signal,first"] == 2
    assert counted["cuadrante_decisions_total,signal,repeat_press"] == 1


def test_only_the_first_confirmation_has_a_latency(metrics: Metrics) -> None:
    metrics.count(Fact(FactKind.DELIVERED, 1, took_ms=7))
    metrics.count(Fact(FactKind.DELIVERED, 1))
    counted = read(metrics, 1)
    assert counted["cuadrante_delivered_milliseconds_count"] == 1
    assert counted["cuadrante_delivered_milliseconds_bucket,5.0"] == 0
    assert counted["cuadrante_delivered_milliseconds_bucket,10.0"] == 1


def test_asking_often_costs_one_rendering(metrics: Metrics) -> None:
    before = metrics.render(1.0)
    metrics.count(Fact(FactKind.DUTY, 1, "on"))
    assert metrics.render(1.0 + METRICS_CACHE_S / 2) is before
    assert metrics.render(1.0 + METRICS_CACHE_S) != before


def test_how_late_the_loop_was_is_told() -> None:
    pulse = Pulse()
    metrics = Metrics(Dispatcher(Registry(Locator(Edition("", ())))), pulse)
    for lag_s in (0.02, 0.001):
        pulse.feel(lag_s, read_clock().mono_s)
    told = read(metrics, 1.0)
    assert told["cuadrante_loop_lag_worst_seconds"] == 0.02
    assert told["cuadrante_loop_lag_seconds_count"] == 2


def test_what_is_wrong_with_the_kit_is_counted_by_kind() -> None:
    dispatcher = Dispatcher(Registry(Locator(Edition("", ())), [Device("s", Role.SIREN, "S")]))
    metrics, now = Metrics(dispatcher, Pulse()), Moment(1.0, 1)
    dispatcher.handle(Connected(1, "s"), now)
    dispatcher.handle(Received("s", Condition(TroubleKind.TAMPER, present=True), 1), now)
    counted = read(metrics, 1)
    assert counted["cuadrante_open_troubles,tamper"] == 1
    assert counted["cuadrante_open_troubles,missing"] == 0


def test_no_label_holds_who_or_where(metrics: Metrics) -> None:
    alert_id = "01932f7a-5c00-7abc-8def-0123456789ab"
    fact = Fact(
        FactKind.DENIED, 1, "role", device_id="app-ana", alert_id=alert_id, person_id="p-ana"
    )
    metrics.count(fact)
    text = metrics.render(1).decode()
    assert "ana" not in text
    assert alert_id not in text
