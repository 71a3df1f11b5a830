"""What is counted here is what Prometheus reads."""

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from dispatch.edge.tallies import Spread, Tally

BOUNDS = (1, 2, 5, 10)


def samples(collector: Collector) -> dict[tuple[str, ...], float]:
    registry = CollectorRegistry()
    registry.register(collector)
    return _samples(registry)


def _samples(registry: CollectorRegistry) -> dict[tuple[str, ...], float]:
    text = generate_latest(registry).decode()
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if not sample.name.endswith("_created")
    }


@given(st.lists(st.sampled_from(["first", "repeat"])))
def test_a_tally_reads_like_a_counter_of_the_library(reasons: list[str]) -> None:
    registry = CollectorRegistry()
    theirs = Counter("decisions", "What was decided.", ("kind", "reason"), registry=registry)
    ours = Tally("decisions", "What was decided.", ("kind", "reason"))
    for reason in reasons:
        theirs.labels("signal", reason).inc()
        ours.add("signal", reason)
    assert samples(ours) == _samples(registry)


def test_a_tally_without_labels_begins_at_nothing() -> None:
    assert samples(Tally("frames", "Frames.")) == {("frames_total",): 0.0}


@given(st.lists(st.floats(0, 20)))
def test_a_spread_reads_like_a_histogram_of_the_library(values: list[float]) -> None:
    registry = CollectorRegistry()
    theirs = Histogram("took_ms", "How long.", buckets=BOUNDS, registry=registry)
    ours = Spread("took_ms", "How long.", BOUNDS)
    for value in values:
        theirs.observe(value)
        ours.add(value)
    assert samples(ours) == _samples(registry)
