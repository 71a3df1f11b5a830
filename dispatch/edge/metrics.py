"""What Prometheus is told. Names and labels hold no personal data and are of closed sets."""

from functools import partial

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

from dispatch.core.dispatcher import Dispatcher
from dispatch.core.facts import Fact, FactKind
from dispatch.edge.bounds import METRICS_CACHE_S
from dispatch.edge.clock import read_clock
from dispatch.edge.pulse import Pulse
from dispatch.edge.tallies import Spread, Tally
from protocol.vocabulary import TroubleKind

_MS_BUCKETS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000)
_S_BUCKETS = (0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1.0)


class Metrics:
    """The counters of one core process."""

    def __init__(self, dispatcher: Dispatcher, pulse: Pulse) -> None:
        self.collector = CollectorRegistry()
        self._rendered: tuple[float, bytes] = (float("-inf"), b"")
        self.facts = Tally(
            "cuadrante_decisions",
            "Decisions of the core, by kind and named reason.",
            ("kind", "reason"),
        )
        self.frames_sent = Tally("cuadrante_frames_sent", "Frames written, one per recipient.")
        self.closed = Counter(
            "cuadrante_connections_closed",
            "Connections that the server closed, by close code.",
            ("code",),
            registry=self.collector,
        )
        self.bugs = Counter(
            "cuadrante_bugs", "Failures of our own code.", ("where",), registry=self.collector
        )
        self.logs_lost = Gauge(
            "cuadrante_log_lines_lost", "Log lines dropped.", registry=self.collector
        )
        self.journal_waiting = self._gauge(
            "cuadrante_journal_waiting", "Lines that the disk has not taken yet."
        )
        self.database_behind = self._gauge(
            "cuadrante_database_behind", "Lines of the journal that PostgreSQL does not have yet."
        )
        self.database_behind_s = self._gauge(
            "cuadrante_database_behind_seconds", "Age of the first line that PostgreSQL lacks."
        )
        self.database_refused = self._gauge(
            "cuadrante_database_refused", "Lines that PostgreSQL refused for good, since the start."
        )
        self.dispatch_s = Spread(
            "cuadrante_dispatch_seconds",
            "From the first byte read of a press to its frame handed to the network.",
            _S_BUCKETS,
        )
        self.delivered_ms = Spread(
            "cuadrante_delivered_milliseconds",
            "From sending an alert to the first handheld's confirmation.",
            _MS_BUCKETS,
        )
        for kept in (self.facts, self.frames_sent, self.dispatch_s, self.delivered_ms):
            self.collector.register(kept)
        self._gauge("cuadrante_open_alerts", "Alerts that are not closed.").set_function(
            lambda: dispatcher.city.board.open_count
        )
        self._gauge("cuadrante_devices_connected", "Greeted devices.").set_function(
            lambda: len(dispatcher.city.presence.session_of)
        )
        self._gauge("cuadrante_patrols_on_call", "Handhelds on duty, connected.").set_function(
            dispatcher.city.presence.patrols_on_call
        )
        self._watch_the_loop(pulse)
        self._watch_the_kit(dispatcher)

    def count(self, fact: Fact) -> None:
        """Count one decision."""
        self.facts.add(fact.kind, fact.reason)
        if fact.kind is FactKind.DELIVERED and fact.took_ms is not None:
            self.delivered_ms.add(fact.took_ms)

    def render(self, now_s: float) -> bytes:
        """Return the text format, at most `METRICS_CACHE_S` old: asking often costs nothing."""
        rendered_at_s, text = self._rendered
        if now_s - rendered_at_s >= METRICS_CACHE_S:
            text = generate_latest(self.collector)
            self._rendered = (now_s, text)
        return text

    def _gauge(self, name: str, meaning: str) -> Gauge:
        return Gauge(name, meaning, registry=self.collector)

    def _watch_the_loop(self, pulse: Pulse) -> None:
        self.collector.register(pulse.lag_s)
        worst = self._gauge("cuadrante_loop_lag_worst_seconds", "The longest lag in a minute.")
        worst.set_function(lambda: pulse.worst_s(read_clock().mono_s))

    def _watch_the_kit(self, dispatcher: Dispatcher) -> None:
        meaning = "What is wrong with the kit, by kind."
        troubles = Gauge("cuadrante_open_troubles", meaning, ("kind",), registry=self.collector)
        open_by_kind = dispatcher.city.kit.open_by_kind
        for kind in TroubleKind:
            troubles.labels(kind).set_function(partial(open_by_kind.__getitem__, kind))
